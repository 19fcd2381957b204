/** Derivatives of max pooling. */
import * as ag from '@vitrine/autograd';
import type { MaxPoolArgs } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { normal } from '../samples/sample.js';
import { apart } from './case.js';
import type { Cases } from './case.js';

/** Two of them overlap. */
const indices = t.keep(t.tensor([[[[0, 3], [5, 3]], [[2, 0], [5, 4]]]], 'float64'));

export const maxPool: Cases<MaxPoolArgs> = {
  maxPool2d: [[(x) => ag.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }), apart([1, 5, 4, 2])],
    [(x) => ag.maxPool2d(x, { kernel: 2, dilation: [1, 2], ceilMode: true }), apart([2, 4, 5, 1], 0, 'permuted')],
    [(x) => ag.maxPool2dWithIndices(x, { kernel: [2, 3], stride: 1 }).values, apart([1, 4, 4, 2])]],
  adaptiveMaxPool2d: [[(x) => ag.adaptiveMaxPool2d(x, [3, 2]), apart([1, 5, 4, 2])],
    [(x) => ag.adaptiveMaxPool2dWithIndices(x, [2, 3]).values, apart([1, 3, 4, 2], 0, 'sliced')]],
  gatherPixels: [[(x) => ag.gatherPixels(x, indices), normal([1, 2, 3, 2])]],
  scatterPixels: [[(g) => ag.scatterPixels(g, indices, [1, 2, 3, 2]), normal([1, 2, 2, 2])]],
};
