/** Derivatives of what is made of other operations: einsum, transposed convolution. */
import * as ag from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Case } from './case.js';

const of = (equation: string) => (...operands: ag.Variable[]): ag.Variable => ag.einsum(equation, ...operands);

export const contractions: Readonly<Record<string, readonly Case[]>> = {
  einsum: [
    [of('iij->ji'), normal([3, 3, 2])], [of('ii->'), normal([3, 3])], [of('ij->'), normal([2, 3])],
    [of('ij,jk->ki'), normal([2, 3]), normal([3, 4])],
    [of('bqhd,bkhd->bhqk'), normal([2, 3, 2, 2]), normal([2, 2, 2, 2])],
    [of('bhwc,cd->bhwd'), normal([2, 2, 1, 3]), normal([3, 2])], [of('i,j->ij'), normal([2]), normal([3])],
    [of('bi,bi->b'), normal([2, 3], 'permuted'), normal([2, 3])],
    [of('...ij,...jk->...ik'), normal([3, 1, 2, 3]), normal([2, 3, 2])],
    [of('...i,...i->i'), normal([1, 3]), normal([2, 3])],
    [of('bi,ijk,bk->bj'), normal([2, 2]), normal([2, 3, 2]), normal([2, 2])],
    [(x) => ag.einsum('ij,kj,ki->', x, x, x), normal([3, 3])],
  ],
  convTranspose2d: [
    [(x, w) => ag.convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
      normal([2, 2, 3, 2]), normal([3, 3, 3, 2])],
    [(x, w) => ag.convTranspose2d(x, w, { stride: 2, dilation: 2, groups: 2 }),
      normal([1, 2, 2, 4]), normal([2, 3, 3, 4])],
    [(x, w) => ag.convTranspose2d(x, w, { stride: 2, padding: 'same', groups: 3 }),
      normal([1, 2, 3, 3]), normal([3, 3, 1, 3])],
  ],
};
