/** Reductions. */
import * as t from '@vitrine/tensor';
import { noTensor, z } from './row.js';
import type { Row } from './row.js';

export const reduce: readonly Row[] = [
  ...([
    'sum', 'prod', 'mean', 'max', 'min', 'logSumExp', 'norm', 'variance', 'std', 'any', 'all',
  ] as const).flatMap((op): Row[] => [
    [op, () => t[op](z(2, 3), { axes: 2 }), `${op}: axis 2 is out of range; axes of [2,3] are -2..1`],
    [op, () => t[op](z(2, 3), { axes: [0, -2] }), `${op}: axis 0 of [2,3] is named twice`],
  ]),
  ['max', () => t.max(z(0, 3), { axes: 0 }), 'max: [0,3] has no elements along axes [0]'],
  ['min', () => t.min(z(0)), 'min: [0] has no elements along axes [0]'],
  ['argmax', () => t.argmax(z(2, 3), -3), 'argmax: axis -3 is out of range'],
  ['argmax', () => t.argmax(z(2, 0), 1), 'argmax: [2,0] has no elements along axis 1'],
  ['sumTo', () => t.sumTo(z(2, 3), [2]), 'sumTo: [2,3] is no broadcast of [2]'],
  ['sumTo', () => t.sumTo(z(3), [2, 3]), 'sumTo: [3] is no broadcast of [2,3]'],
  ['argmin', () => t.argmin(noTensor, 0), 'argmin: x should be a Tensor'],
  ['argmin', () => t.argmin(z(2, 3), 2), 'argmin: axis 2 is out of range'],
  ['argmin', () => t.argmin(z(2, 0), 1), 'argmin: [2,0] has no elements along axis 1'],
  ['norm', () => t.norm(z(2), { p: 0 }), 'norm: p is a number > 0, or Infinity; got 0'],
  ['norm', () => t.norm(z(2), { p: NaN }), 'norm: p is a number > 0, or Infinity; got NaN'],
  ['norm', () => t.norm(z(2, 0), { p: Infinity, axes: 1 }), 'norm: [2,0] has no elements along axes [1]'],
  ['variance', () => t.variance(z(2), { correction: -1 }), 'variance: correction is a number >= 0; got -1'],
  ['std', () => t.std(z(2), { correction: NaN }), 'std: correction is a number >= 0; got NaN'],
  ['softmax', () => t.softmax(z()), 'softmax: axis -1 is out of range; a scalar has no axes'],
  ['softmax', () => t.softmax(z(2, 3), 2), 'softmax: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['logSoftmax', () => t.logSoftmax(z()), 'logSoftmax: axis -1 is out of range; a scalar has no axes'],
];
