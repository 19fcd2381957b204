/** Derivatives of reductions. */
import * as ag from '@vitrine/autograd';
import type { ReduceArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import { apart } from './case.js';
import type { Cases } from './case.js';

export const reduce: Cases<ReduceArgs> = {
  sum: [[(x) => ag.sum(x), normal([2, 3])], [(x) => ag.sum(x, { axes: 1 }), normal([2, 3, 2])],
    [(x) => ag.sum(x, { axes: [0, -1], keepDims: true }), normal([2, 3, 2], 'sliced')],
    [(x) => ag.sum(x, { axes: [] }), normal([2])]],
  max: [[(x) => ag.max(x), apart([2, 5])], [(x) => ag.max(x, { axes: 0 }), apart([3, 4])],
    [(x) => ag.max(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'permuted')]],
  min: [[(x) => ag.min(x), apart([2, 5])], [(x) => ag.min(x, { axes: -1 }), apart([3, 4])],
    [(x) => ag.min(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'sliced')]],
  softmax: [[ag.softmax, normal([2, 5])], [ag.softmax, normal([2, 3, 2], 'permuted')], [ag.softmax, normal([1])]],
  logSoftmax: [[ag.logSoftmax, normal([2, 5])], [ag.logSoftmax, normal([2, 3, 2], 'permuted')]],
};
