/** Batched products, einsum, diagonals. */
import * as ag from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { double, noTensor, sent, z } from './row.js';
import type { Row } from './row.js';

const of = (equation: string, ...operands: t.Tensor[]) => (): t.Tensor => t.einsum(equation, ...operands);

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

  ['einsum', of('ij,jk->ik', z(2, 3), z(4, 5)),
    "einsum: 'j' has lengths 3 and 4; equation 'ij,jk->ik', operands [2,3], [4,5]"],
  ['einsum', of('ii->', z(2, 3)), "einsum: 'i' has lengths 2 and 3; equation 'ii->', operands [2,3]"],
  ['einsum', of('ij,jk->ik', z(2, 1), z(4, 5)), "einsum: 'j' has lengths 1 and 4"],
  ['einsum', of('...i,...i', z(2, 3), z(4, 3)), "einsum: axes under '...' have lengths 2 and 4, which do not broadcast"],
  ['einsum', of('ij->ik', z(2, 3)), "einsum: 'k' of the result is in no operand; equation 'ij->ik', operands [2,3]"],
  ['einsum', of('ij->ii', z(2, 3)), "einsum: 'i' stands twice in the result"],
  ['einsum', of('ij,jk->ik', z(2, 3)), "einsum: the equation has 2 operands, 1 was given"],
  ['einsum', of('ij', z(2, 3), z(2, 3)), 'einsum: the equation has 1 operands, 2 were given'],
  ['einsum', of('ij->', z(2, 3, 4)), "einsum: operand 1 has 3 axes, 'ij' names 2"],
  ['einsum', of('i,...jk->', z(3), z(2)), "einsum: operand 2 has 1 axes, '...jk' names 2"],
  ['einsum', of('i->i->i', z(2)), "einsum: an equation has at most one '->'"],
  ['einsum', of('i1->i', z(2, 3)), "einsum: an index is a letter or '...'; got '1' in 'i1'"],
  ['einsum', of('i..->i', z(2, 3)), "einsum: an index is a letter or '...'; got '.' in 'i..'"],
  ['einsum', of('...i...->i', z(2, 3)), "einsum: '...' stands twice in '...i...'"],
  ['einsum', of('->'), 'einsum: takes at least one operand'],
  ['einsum', () => t.einsum(sent('7'), z(2)), "einsum: the equation is a string such as 'ij,jk->ik', and comes first; got number"],
  ['einsum', () => t.einsum('i,i->', z(2), noTensor), 'einsum: operand 2 should be a Tensor; got a Object'],
  ['einsum', of('i,i->', z(2), double(2)), 'einsum: operands are float32 and float64'],
  ['einsum of variables', () => ag.einsum('ij,jk->ik', z(2, 3), z(4, 5)), "einsum: 'j' has lengths 3 and 4"],

  ['diagonal', () => t.diagonal(noTensor, 0, 1), 'diagonal: x should be a Tensor'],
  ['diagonal', () => t.diagonal(z(2, 3), 0, 2), 'diagonal: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['diagonal', () => t.diagonal(z(2, 3), 1, -1), 'diagonal: a diagonal runs along two axes; got 1 and -1 of [2,3]'],
  ['padDiagonal', () => t.padDiagonal(noTensor, [2, 2], 0, 1), 'padDiagonal: x should be a Tensor'],
  ['padDiagonal', () => t.padDiagonal(z(3), [2, 3], 0, 1),
    'padDiagonal: the diagonal of [2,3] along axes 0 and 1 is [2]; got [3]'],
  ['padDiagonal', () => t.padDiagonal(z(3), [3, -3], 0, 1), 'padDiagonal: axis lengths are whole numbers >= 0; got -3'],
];
