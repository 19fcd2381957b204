/** Rows for activations and their gradients. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import { erf, erfc } from '../support/erf.js';
import { rowsOfOne, rowsOfTwo, sigma } from './elementwise.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

type UnaryOp = Parameters<typeof rowsOfOne>[1];
type BinaryOp = Parameters<typeof rowsOfTwo>[1];

const TANH = { approximate: 'tanh' } as const;
const density = (x: number): number => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
/** ½(1 + erf(x/√2)), which cancels for x ≪ 0: there by erfc. */
const normalCdf = (x: number): number => (x > -2 ? (1 + erf(x / Math.SQRT2)) / 2 : erfc(-x / Math.SQRT2) / 2);
/** ½(1 + tanh(u)) and its derivative, as in the paper. */
const u = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const tanhCdf = (x: number): number => (1 + Math.tanh(u(x))) / 2;
const tanhDensity = (x: number): number =>
  ((1 - Math.tanh(u(x)) ** 2) / 2) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);

const held = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

const plain: readonly (readonly [op: string, functions: UnaryOp, title?: string])[] = [
  ['relu6', [t.relu6, (x) => held(x, 0, 6)]],
  ['hardsigmoid', [t.hardsigmoid, (x) => held(x / 6 + 0.5, 0, 1)]],
  ['hardswish', [t.hardswish, (x) => x * held(x / 6 + 0.5, 0, 1)]],
  ['gelu', [t.gelu, (x) => x * normalCdf(x)]],
  ['gelu', [(x) => t.gelu(x, TANH), (x) => x * tanhCdf(x)], 'tanh'],
  ['clamp', [(x) => t.clamp(x, { min: -0.375, max: 0.875 }), (x) => held(x, -0.375, 0.875)]],
  ['clamp', [(x) => t.clamp(x, { min: 0.25 }), (x) => held(x, 0.25, Infinity)], 'min'],
  ['clamp', [(x) => t.clamp(x, { max: 0.25 }), (x) => held(x, -Infinity, 0.25)], 'max'],
  ['clamp', [(x) => t.clamp(x, { min: 2, max: 1 }), (x) => (x === x ? 1 : NaN)], 'min above max'],
  ['leakyRelu', [(x) => t.leakyRelu(x), (x) => (x > 0 ? x : x / 100)]],
  ['leakyRelu', [(x) => t.leakyRelu(x, -0.25), (x) => (x > 0 ? x : -x / 4)], 'slope -0.25'],
  ['elu', [(x) => t.elu(x), elu]],
  ['elu', [(x) => t.elu(x, 1.5), (x) => (x > 0 ? x : 1.5 * elu(x))], 'alpha 1.5'],
  ['softplus', [(x) => t.softplus(x), (x) => softplus(x, 1, 20)]],
  ['softplus', [(x) => t.softplus(x, { beta: 2.5, threshold: 3 }), (x) => softplus(x, 2.5, 3)],
    'beta 2.5, threshold 3'],
  ['softplus', [(x) => t.softplus(x, { beta: -0.5, threshold: Infinity }), (x) => softplus(x, -0.5, Infinity)],
    'beta -0.5'],
];

function elu(x: number): number {
  return x > 0 ? x : Math.abs(x) < 1 ? 2 * Math.sinh(x / 2) * Math.exp(x / 2) : Math.exp(x) - 1;
}

/** The logarithm of 1 + e^|βx|, smaller than 1 + e^−|βx| by |βx|. */
function softplus(x: number, beta: number, threshold: number): number {
  const z = beta * x;
  if (z > threshold) return x;
  return (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z))) / beta;
}

const plainGrads: readonly (readonly [op: string, functions: BinaryOp, title?: string])[] = [
  ['relu6Grad', [t.relu6Grad, (g, y) => (y <= 0 ? 0 : y >= 6 ? 0 : g)]],
  ['hardsigmoidGrad', [t.hardsigmoidGrad, (g, x) => (Math.abs(x) < 3 ? g / 6 : 0)]],
  ['hardswishGrad', [t.hardswishGrad, (g, x) => (x < -3 ? 0 : x >= 3 || x !== x ? g : g * (2 * x + 3) / 6)]],
  ['geluGrad', [t.geluGrad, (g, x) => g * (normalCdf(x) + x * density(x))]],
  ['geluGrad', [(g, x) => t.geluGrad(g, x, TANH), (g, x) => g * (tanhCdf(x) + x * tanhDensity(x))], 'tanh'],
];

type ParametricGrad =
  readonly [op: string, run: (g: Tensor, x: Tensor) => Tensor, want: (g: number, x: number) => number];

const parametricGrads: readonly ParametricGrad[] = [
  ['clampGrad', (g, x) => t.clampGrad(g, x, { min: -1, max: 0.5 }), (g, x) => (x < -1 || x > 0.5 || x !== x ? 0 : g)],
  ['clampGrad', (g, x) => t.clampGrad(g, x, { min: 1 }), (g, x) => (x < 1 || x !== x ? 0 : g)],
  ['clampGrad', (g, x) => t.clampGrad(g, x, { min: 1, max: -1 }), () => 0],
  ['leakyReluGrad', (g, x) => t.leakyReluGrad(g, x), (g, x) => (x > 0 ? g : g / 100)],
  ['leakyReluGrad', (g, x) => t.leakyReluGrad(g, x, 1.5), (g, x) => (x > 0 ? g : g * 1.5)],
  ['eluGrad', (g, x) => t.eluGrad(g, x, 2), (g, x) => (x <= 0 ? 2 * g * Math.E ** x : g)],
  ['softplusGrad', (g, x) => t.softplusGrad(g, x), (g, x) => (x > 20 ? g : g * sigma(x))],
  ['softplusGrad', (g, x) => t.softplusGrad(g, x, { beta: 2, threshold: 3 }),
    (g, x) => (x > 1.5 ? g : g * sigma(2 * x))],
];

/** Kinks, saturation, NaN and infinities, against cotangents of their own. */
const ENDS = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 3, -3, 6, 1.5, 20, 100, -100, 1e-40, 0.9, -0.3];
const COTANGENTS = ENDS.map((_, i) => (i % 5) - 1.5);

const parametricRows = parametricGrads.flatMap(([op, run, want]): Sample[] => {
  const row = (name: string, g: Operand, x: Operand): Sample => ({ op, name, inputs: [g, x], run: ([a, b]) => run(a, b),
    want: ([a, b]) => build(a.shape, (i) => want(at(a, ...i), at(b, ...i))) });
  return [
    ...[1, 2, 3, 4, 5, 9, 67].map((n) => row('', normal([n]), normal([n]))),
    ...layouts.flatMap((layout) => [row('', normal([3, 4, 5], layout), normal([3, 4, 5])),
      row('', normal([3, 4, 5]), normal([3, 4, 5], layout))]),
    ...[[], [0], [3, 0, 2], [2, 1, 3, 1, 5]].map((shape) => row('', normal(shape), normal(shape))),
    row('', normal([2, 3, 2, 3], 'sliced'), normal([2, 3, 2, 3], 'permuted')),
    row('special', given(COTANGENTS), given(ENDS)),
  ];
});

/** An element that equals its bound once both are float32: 0.7 is more than its rounding. */
const atBound: readonly Sample[] = [
  { op: 'clampGrad', name: 'at a bound that is no float32', inputs: [given([1, 1, 1]), given([0.7, 0.1, 0.4])],
    run: ([g, x]) => t.clampGrad(g, x, { min: Math.fround(0.1), max: x.dtype === 'float32' ? 0.7 : Math.fround(0.7) }),
    want: () => build([3], () => 1) },
];

export const activationSamples: readonly Sample[] = [
  ...plain.flatMap(([op, functions, title]) => rowsOfOne(op, functions, title)),
  ...plainGrads.flatMap(([op, functions, title]) => rowsOfTwo(op, functions, title)),
  ...parametricRows,
  ...atBound,
];
