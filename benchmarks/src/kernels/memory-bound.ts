/** Kernels that move more than they compute: activations, sums, normalisation, softmax, scaling, copying. */
import type { Kernels } from '@vitrine/tensor/internal';
import type { Arrays, Floats } from '../harness/arrays.js';
import type { Case, Prepared } from '../harness/case.js';
import type { Layers } from './layers.js';

const MILLION = 1 << 20;

interface Streaming {
  readonly family: string;
  readonly name: string;
  /** Elements read and written, each counted once. */
  readonly elements: number;
  readonly tolerance?: number;
  readonly prepare: (arrays: Arrays) => Prepared;
}

const streaming = ({ elements, tolerance = 1e-5, ...rest }: Streaming): Case => ({
  rate: 'GB/s',
  flops: 0,
  bytes: 4 * elements,
  tolerance,
  ...rest,
});

const elementwiseCases: readonly Case[] = [
  streaming({
    family: 'elementwise',
    name: 'silu, 1 M',
    elements: 2 * MILLION,
    prepare(arrays) {
      const [x, out] = [arrays.uniform(MILLION, -6, 6), arrays.empty(MILLION)];
      return { plan: (kernels) => () => kernels.unaryKernel('silu', [MILLION], x, [1], out), outputs: () => [out] };
    },
  }),
  streaming({
    family: 'elementwise',
    name: 'silu gradient, 1 M',
    elements: 3 * MILLION,
    prepare(arrays) {
      const [g, x, out] = [arrays.uniform(MILLION), arrays.uniform(MILLION, -6, 6), arrays.empty(MILLION)];
      return {
        plan: (kernels) => () => kernels.binaryKernel('siluGrad', [MILLION], g, [1], x, [1], out),
        outputs: () => [out],
      };
    },
  }),
  streaming({
    family: 'elementwise',
    name: 'add, 1 M',
    elements: 3 * MILLION,
    prepare(arrays) {
      const [a, b, out] = [arrays.uniform(MILLION), arrays.uniform(MILLION), arrays.empty(MILLION)];
      return {
        plan: (kernels) => () => kernels.binaryKernel('add', [MILLION], a, [1], b, [1], out),
        outputs: () => [out],
      };
    },
  }),
  streaming({
    family: 'elementwise',
    name: 'copy, 4 M',
    elements: 8 * MILLION,
    prepare(arrays) {
      const [x, out] = [arrays.uniform(4 * MILLION), arrays.empty(4 * MILLION)];
      return { plan: (kernels) => () => kernels.copy([4 * MILLION], x, [1], out), outputs: () => [out] };
    },
  }),
  streaming({
    family: 'elementwise',
    name: 'copy, 2048×2048 transposed',
    elements: 8 * MILLION,
    prepare(arrays) {
      const [x, out] = [arrays.uniform(4 * MILLION), arrays.empty(4 * MILLION)];
      return { plan: (kernels) => () => kernels.copy([2048, 2048], x, [1, 2048], out), outputs: () => [out] };
    },
  }),
];

const reduceCases: readonly Case[] = [
  streaming({
    family: 'reduce',
    name: 'sum, 1 M to one',
    elements: MILLION,
    prepare(arrays) {
      const [x, out] = [arrays.uniform(MILLION, 0, 1), arrays.empty(1)];
      return { plan: (kernels) => () => kernels.sum(1, MILLION, 1, x, out), outputs: () => [out] };
    },
  }),
  ...(['softmax', 'logSoftmax'] as const).map((name) =>
    streaming({
      family: 'reduce',
      name: `${name}, 256×1000`,
      elements: 2 * 256_000,
      prepare(arrays) {
        const [x, out] = [arrays.uniform(256_000, -8, 8), arrays.empty(256_000)];
        return { plan: (kernels) => () => kernels[name](256, 1000, x, out), outputs: () => [out] };
      },
    }),
  ),
];

/** Batch norm as training meets it in B0: a batch of 8 at 56 × 56, 96 channels. */
const [ROWS, CHANNELS, EPS] = [8 * 56 * 56, 96, 1e-3];

interface NormOperands extends Readonly<
  Record<'x' | 'dout' | 'gamma' | 'beta' | 'mean' | 'variance' | 'out' | 'dgamma' | 'dbeta', Floats>
> {
  readonly results: readonly Floats[];
}

const normCase = (
  name: string,
  elements: number,
  results: readonly ('mean' | 'variance' | 'out' | 'dgamma' | 'dbeta')[],
  run: (kernels: Kernels, operands: NormOperands) => void,
): Case =>
  streaming({
    family: 'norm',
    name: `${name}, 8×56×56×96`,
    elements: elements * ROWS * CHANNELS,
    prepare(arrays) {
      const vectors = { gamma: arrays.uniform(CHANNELS, 0.5, 1.5), beta: arrays.uniform(CHANNELS) };
      const moments = { mean: arrays.uniform(CHANNELS, -0.01, 0.01), variance: arrays.uniform(CHANNELS, 0.33, 0.34) };
      const wide = {
        x: arrays.uniform(ROWS * CHANNELS),
        dout: arrays.uniform(ROWS * CHANNELS),
        out: arrays.empty(ROWS * CHANNELS),
      };
      const all = { ...vectors, ...moments, ...wide, dgamma: arrays.empty(CHANNELS), dbeta: arrays.empty(CHANNELS) };
      const operands: NormOperands = { ...all, results: results.map((result) => all[result]) };
      return { plan: (kernels) => () => run(kernels, operands), outputs: () => operands.results };
    },
  });

const normCases: readonly Case[] = [
  normCase('moments', 1, ['mean', 'variance'], (k, { x, mean, variance }) =>
    k.moments(ROWS, CHANNELS, x, mean, variance),
  ),
  normCase('moments and batchNorm', 3, ['mean', 'variance', 'out'], (k, { x, mean, variance, gamma, beta, out }) => {
    k.moments(ROWS, CHANNELS, x, mean, variance);
    k.batchNorm(ROWS, CHANNELS, x, mean, variance, gamma, beta, EPS, out);
  }),
  normCase(
    'moments and batchNormSilu',
    3,
    ['mean', 'variance', 'out'],
    (k, { x, mean, variance, gamma, beta, out }) => {
      k.moments(ROWS, CHANNELS, x, mean, variance);
      k.batchNormSilu(ROWS, CHANNELS, x, mean, variance, gamma, beta, EPS, out);
    },
  ),
  normCase(
    'batchNormGrad',
    3,
    ['out', 'dgamma', 'dbeta'],
    (k, { x, dout, mean, variance, gamma, out, dgamma, dbeta }) =>
      k.batchNormGrad(ROWS, CHANNELS, x, dout, mean, variance, gamma, EPS, out, dgamma, dbeta),
  ),
  normCase(
    'batchNormSiluGrad',
    3,
    ['out', 'dgamma', 'dbeta'],
    (k, { x, dout, mean, variance, gamma, beta, out, dgamma, dbeta }) =>
      k.batchNormSiluGrad(ROWS, CHANNELS, x, dout, mean, variance, gamma, beta, EPS, out, dgamma, dbeta),
  ),
];

/** What squeeze-excitation does to every pixel: the mean of a channel over the image, and the scaling. */
export function excitationCases({ label, excitations }: Layers): Case[] {
  const size = ([N, H, W, C]: readonly number[]): number => N * H * W * C;
  const elements = excitations.reduce((sum, shape) => sum + size(shape), 0);
  return [
    streaming({
      family: 'squeeze-excitation',
      name: `${label}: all ${excitations.length}, sums over pixels`,
      elements,
      prepare(arrays) {
        const layers = excitations.map((shape) => ({
          shape,
          x: arrays.uniform(size(shape), 0, 1),
          out: arrays.empty(shape[0] * shape[3]),
        }));
        return {
          plan: (kernels) => () => {
            for (const {
              shape: [N, H, W, C],
              x,
              out,
            } of layers)
              kernels.sum(N, H * W, C, x, out);
          },
          outputs: () => layers.map(({ out }) => out),
        };
      },
    }),
    streaming({
      family: 'squeeze-excitation',
      name: `${label}: all ${excitations.length}, scaling`,
      elements: 2 * elements,
      prepare(arrays) {
        const layers = excitations.map((shape) => ({
          shape,
          x: arrays.uniform(size(shape)),
          scale: arrays.uniform(shape[0] * shape[3], 0, 1),
          out: arrays.empty(size(shape)),
        }));
        return {
          plan: (kernels) => () => {
            for (const {
              shape: [N, H, W, C],
              x,
              scale,
              out,
            } of layers) {
              kernels.binaryKernel('mul', [N, H * W, C], x, [H * W * C, C, 1], scale, [C, 0, 1], out);
            }
          },
          outputs: () => layers.map(({ out }) => out),
        };
      },
    }),
  ];
}

export const memoryBoundCases: readonly Case[] = [...elementwiseCases, ...reduceCases, ...normCases];
