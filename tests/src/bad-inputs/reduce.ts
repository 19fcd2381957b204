/** Reductions. */
import * as t from '@vitrine/tensor';
import { z } from './row.js';
import type { Row } from './row.js';

export const reduce: readonly Row[] = [
  ...(['sum', 'mean', 'max', 'min'] as const).flatMap((op): Row[] => [
    [op, () => t[op](z(2, 3), { axes: 2 }), `${op}: axis 2 is out of range; axes of [2,3] are -2..1`],
    [op, () => t[op](z(2, 3), { axes: [0, -2] }), `${op}: axis 0 of [2,3] is named twice`],
  ]),
  ['max', () => t.max(z(0, 3), { axes: 0 }), 'max: [0,3] has no elements along axes [0]'],
  ['min', () => t.min(z(0)), 'min: [0] has no elements along axes [0]'],
  ['argmax', () => t.argmax(z(2, 3), -3), 'argmax: axis -3 is out of range'],
  ['argmax', () => t.argmax(z(2, 0), 1), 'argmax: [2,0] has no elements along axis 1'],
  ['sumTo', () => t.sumTo(z(2, 3), [2]), 'sumTo: [2,3] is no broadcast of [2]'],
  ['sumTo', () => t.sumTo(z(3), [2, 3]), 'sumTo: [3] is no broadcast of [2,3]'],
  ['softmax', () => t.softmax(z()), 'softmax: works along the last axis; got a scalar'],
  ['logSoftmax', () => t.logSoftmax(z()), 'logSoftmax: works along the last axis; got a scalar'],
];
