/** Running totals and order. */
import * as t from '@vitrine/tensor';
import { putAlong, takeAlong } from '@vitrine/tensor/internal';
import { double, noTensor, z } from './row.js';
import type { Row } from './row.js';

export const order: readonly Row[] = [
  ['cumsum', () => t.cumsum(noTensor, 0), 'cumsum: x should be a Tensor; got a Object'],
  ['cumsum', () => t.cumsum(z(2, 3), 2), 'cumsum: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['argsort', () => t.argsort(noTensor), 'argsort: x should be a Tensor'],
  ['argsort', () => t.argsort(z()), 'argsort: axis -1 is out of range; a scalar has no axes'],
  ['argsort', () => t.meta(() => t.argsort(z(2, 2 ** 24 + 1))),
    'argsort: float32 indices are exact up to 2^24; [2,16777217] is longer along axis -1'],
  ['sort', () => t.sort(noTensor), 'x should be a Tensor'],
  ['sort', () => t.sort(z(2, 3), { axis: -3 }), 'axis -3 is out of range'],
  ['topK', () => t.topK(noTensor, 1), 'topK: x should be a Tensor'],
  ['topK', () => t.topK(z(2, 3), 4), 'topK: k is a whole number from 0 to 3, the length of axis -1 of [2,3]; got 4'],
  ['topK', () => t.topK(z(2, 3), 0.5, { axis: 0 }), 'topK: k is a whole number from 0 to 2'],
  ['topK', () => t.topK(z(2, 3), 1, { axis: 2 }), 'topK: axis 2 is out of range'],
  ['takeAlong', () => takeAlong(z(2, 3), noTensor, 1), 'takeAlong: indices should be a Tensor'],
  ['takeAlong', () => takeAlong(z(2, 3), z(3, 1), 1),
    'takeAlong: indices have the shape of x, [2,3], but for axis 1; got [3,1]'],
  ['takeAlong', () => takeAlong(z(2, 3), double(2, 1), 1), 'takeAlong: operands are float32 and float64'],
  ['putAlong', () => putAlong(z(2, 3), z(2, 1, 1), 1, 4),
    'putAlong: indices have the shape of g, [2,3], but for axis 1; got [2,1,1]'],
];
