/** Derivatives of reductions. */
import * as ag from '@vitrine/autograd';
import type { ReduceArgs } from '@vitrine/autograd';
import { given, normal } from '../samples/sample.js';
import { apart } from './case.js';
import type { Case, Cases } from './case.js';

export const reduce: Cases<ReduceArgs> = {
  sum: [[(x) => ag.sum(x), normal([2, 3])], [(x) => ag.sum(x, { axes: 1 }), normal([2, 3, 2])],
    [(x) => ag.sum(x, { axes: [0, -1], keepDims: true }), normal([2, 3, 2], 'sliced')],
    [(x) => ag.sum(x, { axes: [] }), normal([2])]],
  max: [[(x) => ag.max(x), apart([2, 5])], [(x) => ag.max(x, { axes: 0 }), apart([3, 4])],
    [(x) => ag.max(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'permuted')]],
  min: [[(x) => ag.min(x), apart([2, 5])], [(x) => ag.min(x, { axes: -1 }), apart([3, 4])],
    [(x) => ag.min(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'sliced')]],
  logSumExp: [[(x) => ag.logSumExp(x), normal([2, 5])],
    [(x) => ag.logSumExp(x, { axes: [0, -1], keepDims: true }), normal([2, 3, 2], 'sliced')],
    [(x) => ag.logSumExp(x, { axes: 1 }), given([1, 2, -Infinity, 3, -Infinity, -Infinity], [2, 3])]],
  norm: [[(x) => ag.norm(x), normal([2, 5])], [(x) => ag.norm(x, { axes: 1 }), given([1, -2, 0, 0, 0.5, 3], [2, 3])],
    ...[1, 3, 2.5, Infinity].flatMap((p): Case[] => [[(x) => ag.norm(x, { p }), apart([2, 5])],
      [(x) => ag.norm(x, { p, axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'permuted')]]),
    [(x) => ag.norm(x, { p: 0.5, axes: 0 }), apart([3, 2])]],
  softmax: [[(x) => ag.softmax(x), normal([2, 5])], [(x) => ag.softmax(x), normal([2, 3, 2], 'permuted')],
    [(x) => ag.softmax(x), normal([1])], [(x) => ag.softmax(x, 0), normal([3, 2])],
    [(x) => ag.softmax(x, -2), normal([2, 3, 2])]],
  logSoftmax: [[(x) => ag.logSoftmax(x), normal([2, 5])], [(x) => ag.logSoftmax(x), normal([2, 3, 2], 'permuted')],
    [(x) => ag.logSoftmax(x, 1), normal([2, 3, 2], 'sliced')]],
};

/** Made of the others; checked to the second order like them. */
export const reduceComposites: Readonly<Record<string, readonly Case[]>> = {
  prod: [[(x) => ag.prod(x), normal([7])], [(x) => ag.prod(x, { axes: [0, 2] }), normal([2, 3, 2], 'permuted')],
    [(x) => ag.prod(x, { axes: 1, keepDims: true }), normal([3, 4], 'sliced')],
    // No zero, one, two, and three of them in a row.
    [(x) => ag.prod(x, { axes: 1 }), given([2, 3, -1, 4, 5, 0, 2, 3, 0, 3, 0, 2, 0, 0, 3, 0], [4, 4])]],
  variance: [[(x) => ag.variance(x), normal([2, 5])], [(x) => ag.variance(x, { correction: 0 }), normal([3])],
    [(x) => ag.variance(x, { axes: [0, -1], keepDims: true }), normal([2, 3, 2], 'permuted')]],
  std: [[(x) => ag.std(x), normal([2, 5])],
    [(x) => ag.std(x, { axes: [0, -1], correction: 0, keepDims: true }), normal([2, 3, 2], 'permuted')]],
};
