/** Derivatives of diagonals. */
import * as ag from '@vitrine/autograd';
import type { DiagonalArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

export const diagonal: Cases<DiagonalArgs> = {
  diagonal: [[(x) => ag.diagonal(x, 0, 1), normal([3, 3])],
    [(x) => ag.diagonal(x, -1, 0), normal([2, 3, 4], 'permuted')]],
  padDiagonal: [[(g) => ag.padDiagonal(g, [3, 3], 0, 1), normal([3])],
    [(g) => ag.padDiagonal(g, [4, 3, 2], 2, 0), normal([3, 2], 'sliced')]],
};
