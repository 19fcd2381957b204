/** Max and average pooling, over a grid of windows and over cells. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { AveragePoolOptions, MaxPoolOptions } from '@vitrine/tensor';
import type { Family } from './family.js';

interface PoolingOptions extends MaxPoolOptions, AveragePoolOptions {
  /** Of the adaptive ones: rows and columns of the output. */
  readonly size: readonly [number, number];
}

export const pooling: Family<PoolingOptions> = {
  file: 'pooling.safetensors',
  title: 'Pooling',
  about: 'Every window rule; the first of equal maxima gets the gradient.',
  runs: {
    maxPool2d: ([x], options) => ag.maxPool2d(x, options),
    maxPool2dIndices: ([x], options) => new Variable(t.maxPool2dWithIndices(x.value, options).indices),
    averagePool2d: ([x], options) => ag.averagePool2d(x, options),
    adaptiveMaxPool2d: ([x], { size }) => ag.adaptiveMaxPool2d(x, size),
    adaptiveMaxPool2dIndices: ([x], { size }) => new Variable(t.adaptiveMaxPool2dWithIndices(x.value, size).indices),
    adaptiveAveragePool2d: ([x], { size }) => ag.adaptiveAveragePool2d(x, size),
  },
};
