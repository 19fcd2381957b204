/** Products of vectors and of batches. */
import * as ag from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { double, z } from './row.js';
import type { Row } from './row.js';

export const contractions: readonly Row[] = [
  ['matmul', () => t.matmul(z(2, 3), z(4)), 'matmul: takes [M,K] and [K] with the same K; got [2,3] and [4]'],
  ['matmul', () => t.matmul(z(4), z(2, 3)), 'matmul: takes [K] and [K,N] with the same K; got [4] and [2,3]'],
  ['matmul', () => t.matmul(z(4), z(3)), 'matmul: takes [K] and [K] with the same K; got [4] and [3]'],
  ['matmul', () => t.matmul(z(5, 2, 3), z(5, 4, 3)),
    'matmul: takes […,M,K] and […,K,N] with the same K; got [5,2,3] and [5,4,3]'],
  ['matmul', () => t.matmul(z(), z(3)), 'matmul: takes vectors and matrices, not scalars (mul does); got [] and [3]'],
  ['matmul', () => t.matmul(z(2, 4, 3), z(5, 3, 4)),
    'matmul: [2,4,3] and [5,3,4]: axes before the matrices: shapes [2] and [5] do not broadcast'],
  ['matmul of variables', () => ag.matmul(z(2, 3), z(4)),
    'matmul: takes [M,K] and [K] with the same K; got [2,3] and [4]'],
  ['matmul of variables', () => ag.matmul(z(2, 3), double(3)), 'matmul: operands are float32 and float64'],
];
