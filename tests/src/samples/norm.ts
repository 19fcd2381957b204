/** Rows for batch normalisation, its moments and its gradient. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal, positive } from './sample.js';
import type { Operand, Sample } from './sample.js';

const EPS = 1e-3;
const SHAPES: readonly (readonly number[])[] = [[2, 3, 4, 5], [7, 1], [7, 2], [7, 3], [7, 4], [6, 9], [1, 4], [1, 1],
  [3, 2, 17], [5]];

/** Column c of x seen as rows × C. */
const column = ({ shape, data }: Dense, c: number): number[] =>
  Array.from(data).filter((_, i) => i % shape.at(-1)! === c);
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const varianceOf = (values: readonly number[]): number => average(values.map((v) => (v - average(values)) ** 2));
const perChannel = (x: Dense, f: (values: number[], c: number) => number): Dense =>
  build([x.shape.at(-1)!], ([c]) => f(column(x, c), c));
/** Element by element, f getting the element's flat index and channel. */
const perElement = (x: Dense, f: (i: number, c: number) => number): Dense =>
  ({ shape: x.shape, data: Array.from(x.data, (_, i) => f(i, i % x.shape.at(-1)!)) });

const momentRows = [...SHAPES.map((shape) => normal(shape)), ...layouts.map((layout) => normal([2, 3, 4, 5], layout)),
  normal([4, 0]),
  given(Array.from({ length: 64 }, (_, i) => 4096 + (i % 7) / 8), [32, 2]), // a mean that dwarfs the deviation
  given([1, NaN, 2, 3, Infinity, 1], [2, 3]),
].flatMap((input): Sample[] => [
  { op: 'moments', name: 'mean', inputs: [input], run: ([x]) => t.moments(x).mean, want: ([x]) =>
    perChannel(x, average) },
  { op: 'moments', name: 'variance', inputs: [input], run: ([x]) => t.moments(x).variance, want: ([x]) =>
    perChannel(x, varianceOf) },
]);

const normRow = (inputs: readonly Operand[]): Sample => ({
  op: 'batchNorm', name: '', inputs,
  run: ([x, gamma, beta, mean, variance]) => t.batchNorm(x, gamma, beta, mean, variance, EPS),
  want: ([x, gamma, beta, mean, variance]) =>
    perElement(x, (i, c) => (x.data[i] - mean.data[c]) / Math.sqrt(variance.data[c] + EPS) * gamma.data[c]
      + beta.data[c]),
});
const logistic = (v: number): number => 1 / (1 + Math.exp(-v));
const siluRow = (inputs: readonly Operand[]): Sample => {
  const { want } = normRow(inputs);
  return {
    op: 'batchNormSilu', name: '', inputs,
    run: ([x, gamma, beta, mean, variance]) => t.batchNormSilu(x, gamma, beta, mean, variance, EPS),
    want: (operands) => {
      const y = want(operands);
      return perElement(y, (i) => y.data[i] * logistic(y.data[i]));
    },
  };
};
const vectors = (C: number): Operand[] => [normal([C]), normal([C]), normal([C]), positive([C])];
const normRows = [normRow, siluRow].flatMap((row) => [
  ...SHAPES.map((shape) => row([normal(shape), ...vectors(shape.at(-1)!)])),
  ...layouts.map((layout) => row([normal([2, 3, 4, 5], layout), normal([5], layout), normal([5], layout),
    normal([5], layout), positive([5], layout)])),
  row([normal([0, 3]), ...vectors(3)]),
  row([normal([3, 0]), ...vectors(0)]),
  row([given([1, NaN, Infinity, 2, 3, 4], [2, 3]), ...vectors(3)]),
]);

/**
 * The gradient by the chain rule in three separate steps (Ioffe & Szegedy 2015, section 3): by x̂, by the variance and
 * by the mean, not by the shortened formula that the kernel uses.
 */
function gradOf(dout: Dense, x: Dense, gamma: Dense): { dx: Dense; dgamma: Dense; dbeta: Dense } {
  const C = x.shape.at(-1)!;
  const means = perChannel(x, average).data;
  const variances = perChannel(x, varianceOf).data;
  const n = x.data.length / C;
  const sums = (f: (g: number, v: number, c: number) => number): number[] =>
    Array.from({ length: C }, (_, c) => column(dout, c).reduce((total, g, i) => total + f(g, column(x, c)[i], c), 0));
  const std = (c: number): number => Math.sqrt(variances[c] + EPS);
  const dVariance = sums((g, v, c) => g * gamma.data[c] * (v - means[c]) * -0.5 * std(c) ** -3);
  const dMean = sums((g, v, c) => -g * gamma.data[c] / std(c) + dVariance[c] * -2 * (v - means[c]) / n);
  return {
    dx: perElement(x, (i, c) => dout.data[i] * gamma.data[c] / std(c) + dVariance[c] * 2 * (x.data[i] - means[c]) / n
      + dMean[c] / n),
    dgamma: { shape: [C], data: sums((g, v, c) => g * (v - means[c]) / std(c)) },
    dbeta: { shape: [C], data: sums((g) => g) },
  };
}

const parts = ['dx', 'dgamma', 'dbeta'] as const;
function run([dout, x, gamma]: readonly Tensor[]): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const { mean, variance } = t.moments(x);
  return t.batchNormGrad(dout, x, gamma, mean, variance, EPS);
}
const gradShapes = [
  ...SHAPES.filter((shape) => shape.length > 1).map((shape) => ({ shape, layout: 'dense' as const })),
  ...layouts.map((layout) => ({ shape: [2, 3, 4, 5], layout })),
];
const gradRows = gradShapes.flatMap(({ shape, layout }) => parts.map((part): Sample => ({
  op: 'batchNormGrad', name: part, inputs: [normal(shape, layout),
    normal(shape, layout === 'broadcast' ? 'sliced' : layout), normal([shape.at(-1)!], layout)],
  run: (inputs) => run(inputs)[part],
  want: ([dout, x, gamma]) => gradOf(dout, x, gamma)[part],
})));

/** The chain rule once more: through silu, then through the normalisation. */
function siluGradOf(dout: Dense, x: Dense, gamma: Dense, beta: Dense): ReturnType<typeof gradOf> {
  const means = perChannel(x, average).data;
  const variances = perChannel(x, varianceOf).data;
  const dy = perElement(x, (i, c) => {
    const y = (x.data[i] - means[c]) / Math.sqrt(variances[c] + EPS) * gamma.data[c] + beta.data[c];
    return dout.data[i] * (logistic(y) + y * logistic(y) * logistic(-y));
  });
  return gradOf(dy, x, gamma);
}

function runSilu([dout, x, gamma, beta]: readonly Tensor[]): t.BatchNormGradients {
  const { mean, variance } = t.moments(x);
  return t.batchNormSiluGrad(dout, x, gamma, beta, mean, variance, EPS);
}
const siluGradRows = gradShapes.flatMap(({ shape, layout }) => parts.map((part): Sample => ({
  op: 'batchNormSiluGrad', name: part,
  inputs: [normal(shape, layout), normal(shape, layout === 'broadcast' ? 'sliced' : layout),
    normal([shape.at(-1)!], layout), normal([shape.at(-1)!], layout)],
  run: (inputs) => runSilu(inputs)[part],
  want: ([dout, x, gamma, beta]) => siluGradOf(dout, x, gamma, beta)[part],
})));

export const normSamples: readonly Sample[] = [...momentRows, ...normRows, ...gradRows, ...siluGradRows];
