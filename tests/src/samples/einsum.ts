/** Rows for Einstein's summation: a loop over all values of all indices. */
import * as t from '@vitrine/tensor';
import { at, indices, sizeOf } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Layout, Sample } from './sample.js';

/** `terms`: the letters of every operand, then of the result. A length of 1 is read for every value of its index. */
function sumOfProducts(terms: readonly string[], operands: readonly Dense[]): Dense {
  const lengths = new Map<string, number>();
  operands.forEach(({ shape }, i) => [...terms[i]].forEach((letter, axis) =>
    lengths.set(letter, (lengths.get(letter) ?? 1) === 1 ? shape[axis] : lengths.get(letter)!)));
  const letters = [...lengths.keys()];
  const shape = [...terms.at(-1)!].map((letter) => lengths.get(letter)!);
  const data = new Float64Array(sizeOf(shape));
  for (const values of indices([...lengths.values()])) {
    const value = (letter: string): number => values[letters.indexOf(letter)];
    const product = operands.reduce((all, x, i) =>
      all * at(x, ...[...terms[i]].map((letter, axis) => (x.shape[axis] === 1 ? 0 : value(letter)))), 1);
    data[[...terms.at(-1)!].reduce((flat, letter) => flat * lengths.get(letter)! + value(letter), 0)] += product;
  }
  return { shape, data };
}

/**
 * The equation, the operands' shapes, and the equation in full where it is not: with an arrow, without dots and blanks.
 */
type Row = readonly [equation: string, shapes: readonly (readonly number[])[], full?: string];

const ROWS: readonly Row[] = [
  // One operand.
  ['ij->ji', [[3, 4]]], ['ij->', [[3, 4]]], ['ij->i', [[3, 4]]], ['ij->j', [[3, 4]]], ['ijk->kij', [[2, 3, 4]]],
  ['ii->', [[4, 4]]], ['ii->i', [[4, 4]]], ['iij->ji', [[3, 3, 2]]], ['iji->j', [[3, 2, 3]]], ['iii->i', [[3, 3, 3]]],
  ['ijij->ij', [[2, 3, 2, 3]]], ['ijij->', [[2, 3, 2, 3]]], ['i->i', [[5]]], ['->', [[]]], ['ba', [[2, 3]], 'ba->ab'],
  ['ii', [[3, 3]], 'ii->'], ['aB', [[2, 3]], 'aB->Ba'], [' i j -> j i ', [[2, 3]], 'ij->ji'],
  ['...ij->...ji', [[2, 3, 4]], 'aij->aji'], ['...->...', [[2, 3]], 'ab->ab'], ['...', [[2, 3]], 'ab->ab'],
  ['i...', [[2, 3, 4]], 'iab->abi'], ['...ii->...i', [[2, 3, 3]], 'aii->ai'], ['...i->i', [[2, 3, 4]], 'abi->i'],
  ['i...j->j...i', [[2, 3, 4, 5]], 'iabj->jabi'], ['...ij->...ji', [[3, 4]], 'ij->ji'],
  // Two.
  ['ij,jk->ik', [[3, 4], [4, 5]]], ['ij,jk', [[3, 4], [4, 5]], 'ij,jk->ik'], ['ij,kj->ik', [[3, 4], [5, 4]]],
  ['ji,jk->ki', [[4, 3], [4, 5]]], ['bij,bjk->bik', [[2, 3, 4], [2, 4, 5]]], ['bij,jk->bik', [[2, 3, 4], [4, 5]]],
  ['ij,bjk->bik', [[3, 4], [2, 4, 5]]], ['bhwc,cd->bhwd', [[2, 3, 2, 4], [4, 5]]],
  ['bqhd,bkhd->bhqk', [[2, 3, 2, 4], [2, 5, 2, 4]]], ['bhqk,bkhd->bqhd', [[2, 2, 3, 5], [2, 5, 2, 4]]],
  ['i,j->ij', [[3], [4]]], ['i,i->', [[5], [5]]], ['i,i->i', [[5], [5]]], ['ij,ij->ij', [[3, 4], [3, 4]]],
  ['ij,ji->ij', [[3, 4], [4, 3]]], ['ij,ij->', [[3, 4], [3, 4]]], ['bi,bi->b', [[3, 4], [3, 4]]],
  ['bij,bj->bi', [[2, 3, 4], [2, 4]]], ['ij,j->i', [[3, 4], [4]]], ['i,ij->j', [[3], [3, 4]]],
  ['ij,i->ij', [[3, 4], [3]]], ['bi,bj->bij', [[2, 3], [2, 4]]], ['ijk,jkl->il', [[2, 3, 4], [3, 4, 5]]],
  ['ijk,kjl->il', [[2, 3, 4], [4, 3, 5]]], ['ijkl,klm->mij', [[2, 3, 2, 3], [2, 3, 4]]],
  ['ij,kl->jl', [[2, 3], [4, 5]]], ['ij,k->', [[2, 3], [4]]], ['ii,ij->j', [[3, 3], [3, 4]]],
  ['iij,jk->ik', [[3, 3, 2], [2, 4]]], [',ij->ij', [[], [2, 3]]], ['i,->i', [[3], []]],
  ['...ij,...jk->...ik', [[2, 3, 4], [2, 4, 5]], 'aij,ajk->aik'],
  ['...ij,...jk', [[2, 3, 4], [2, 4, 5]], 'aij,ajk->aik'],
  ['...ij,...jk->...ik', [[6, 1, 3, 4], [2, 4, 5]], 'abij,bjk->abik'],
  ['...ij,...jk->...ik', [[1, 3, 4], [2, 4, 5]], 'aij,ajk->aik'],
  ['...ij,...jk->...ik', [[3, 4], [2, 4, 5]], 'ij,ajk->aik'], ['...i,...i->...', [[2, 3, 4], [3, 4]], 'abi,bi->ab'],
  ['...,...->...', [[2, 1], [3]], 'ab,b->ab'], ['...i,...i->i', [[1, 4], [3, 4]], 'ai,ai->i'],
  ['...i,ij->...j', [[2, 3, 4], [4, 5]], 'abi,ij->abj'], ['a...,a...->...', [[4, 2], [4, 1]], 'ab,ab->b'],
  // Three and four.
  ['ij,jk,kl->il', [[2, 3], [3, 4], [4, 5]]], ['i,j,k->ijk', [[2], [3], [4]]], ['i,i,i->', [[4], [4], [4]]],
  ['ij,ik,il->jkl', [[2, 3], [2, 4], [2, 2]]], ['bi,ijk,bk->bj', [[2, 3], [3, 4, 5], [2, 5]]],
  ['ij,jk,ki->', [[2, 3], [3, 4], [4, 2]]], ['...i,ij,...j->...', [[2, 3], [3, 4], [2, 4]], 'ai,ij,aj->a'],
  ['...i,...i,...i->', [[1, 3], [2, 3], [2, 3]], 'ai,ai,ai->'], ['ij,jk,kl,lm->im', [[2, 3], [3, 2], [2, 4], [4, 3]]],
  ['a,b,ab,c->', [[2], [3], [2, 3], [2]]],
  // Empty axes: sums over nothing, and nothing.
  ['ij,jk->ik', [[3, 0], [0, 5]]], ['ij,jk->ik', [[0, 4], [4, 5]]], ['bij,bjk->bik', [[2, 3, 0], [2, 0, 5]]],
  ['i,i->', [[0], [0]]], ['ii->', [[0, 0]]], ['...i,...j->...ij', [[1, 2], [0, 3]], 'ai,aj->aij'],
  ['i,j->ij', [[0], [3]]],
];

const row = ([equation, shapes, full = equation]: Row, layout: Layout = 'dense'): Sample => ({
  op: 'einsum', name: equation, inputs: shapes.map((shape) => normal(shape, layout)),
  run: (operands) => t.einsum(equation, ...operands), want: (operands) => sumOfProducts(full.split(/,|->/), operands),
});

export const einsumSamples: readonly Sample[] = [
  ...ROWS.map((each) => row(each)),
  ...layouts.filter((layout) => layout !== 'dense').flatMap((layout) => [
    row(['bqhd,bkhd->bhqk', [[2, 3, 2, 4], [2, 5, 2, 4]]], layout), row(['ij,ij->i', [[3, 4], [3, 4]]], layout),
    row(['iij,jk->ki', [[3, 3, 2], [2, 4]]], layout), row(['bij,jk,bk->b', [[2, 3, 4], [4, 5], [2, 5]]], layout),
  ]),
  { op: 'einsum', name: 'NaN reaches only its row', inputs: [given([1, NaN, 2, 3], [2, 2]), given([1, 2], [2])],
    run: ([x, y]) => t.einsum('ij,j->i', x, y), want: () => ({ shape: [2], data: [NaN, 8] }) },
];
