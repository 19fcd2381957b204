/** Derivatives of resampling, and of what is made of it. */
import * as ag from '@vitrine/autograd';
import type { ResizeArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

/** Element 2 is not read. */
const table = {
  length: 4,
  rows: [
    { first: 0, weights: Float64Array.of(1, -2) },
    { first: 0, weights: Float64Array.of(0.5) },
    { first: 3, weights: Float64Array.of(3) },
  ],
};

export const resize: Cases<ResizeArgs> = {
  resample: [
    [(x) => ag.resample(x, 1, table), normal([2, 4, 3])],
    [(x) => ag.resample(x, -1, table), normal([2, 4], 'permuted')],
    [(x) => ag.resize(x, [5, 2]), normal([1, 3, 4, 2])],
    [(x) => ag.resize(x, [5, 3], { mode: 'bilinear' }), normal([2, 3, 4, 1])],
    [(x) => ag.resize(x, [2, 7], { mode: 'bicubic' }), normal([1, 4, 4, 2], 'sliced')],
    [(x) => ag.resize(x, [5, 4], { mode: 'bicubic', alignCorners: true }), normal([1, 3, 4, 2])],
    [(x) => ag.resize(x, [2, 3], { mode: 'bilinear', antialias: true }), normal([1, 5, 4, 2])],
    [(x) => ag.adaptiveAveragePool2d(x, [3, 2]), normal([1, 5, 3, 2])],
  ],
};
