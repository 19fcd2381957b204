/** Derivatives of group and layer normalisation. */
import * as ag from '@vitrine/autograd';
import type { GroupNormArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

const eps = 1e-2;

export const groupNorm: Cases<GroupNormArgs> = {
  groupNorm: [
    [(x, gamma, beta) => ag.groupNorm(x, 2, { gamma, beta, eps }), normal([2, 3, 2, 4]), normal([4]), normal([4])],
    [(x, gamma, beta) => ag.groupNorm(x, 3, { gamma, beta, eps }),
      normal([2, 3, 3], 'permuted'), normal([3]), normal([3], 'strided')],
    [(x) => ag.groupNorm(x, 1), normal([2, 5])],
    [(x, gamma, beta) => ag.layerNorm(x, [4], { gamma, beta, eps }), normal([2, 3, 4]), normal([4]), normal([4])],
    [(x, gamma) => ag.layerNorm(x, [3, 2], { gamma, eps }), normal([2, 3, 2], 'sliced'), normal([3, 2], 'permuted')],
  ],
};
