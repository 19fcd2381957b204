/** Rows for arithmetic with broadcasting, and for activations. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { atBroadcast, broadcastShape, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { erf } from '../support/erf.js';
import { given, layouts, normal, positive } from './sample.js';
import type { Operand, Sample } from './sample.js';

export const sigma = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

type UnaryOp = readonly [run: (x: Tensor) => Tensor, want: (x: number) => number];

const unaryOps: Readonly<Record<string, UnaryOp>> = {
  neg: [t.neg, (x) => 0 - x],
  abs: [t.abs, (x) => (x < 0 ? -x : x)],
  square: [t.square, (x) => x ** 2],
  sqrt: [t.sqrt, Math.sqrt],
  rsqrt: [t.rsqrt, (x) => 1 / Math.sqrt(x)],
  reciprocal: [t.reciprocal, (x) => x ** -1],
  exp: [t.exp, (x) => Math.E ** x],
  log: [t.log, (x) => Math.LN10 * Math.log10(x)],
  sigmoid: [t.sigmoid, sigma],
  tanh: [t.tanh, (x) => (Math.abs(x) > 20 ? Math.sign(x) : Math.expm1(2 * x) / (Math.expm1(2 * x) + 2))],
  relu: [t.relu, (x) => (x < 0 ? 0 : x)],
  silu: [t.silu, (x) => x * sigma(x)], // −∞ times 0 is NaN, as in PyTorch
  sign: [t.sign, (x) => (x > 0 ? 1 : x < 0 ? -1 : x)],
  sin: [t.sin, (x) => 2 * Math.sin(x / 2) * Math.cos(x / 2)],
  cos: [t.cos, (x) => 1 - 2 * Math.sin(x / 2) ** 2],
  log1p: [t.log1p, log1p],
  expm1: [t.expm1, (x) => (Math.abs(x) < 1 ? 2 * Math.sinh(x / 2) * Math.exp(x / 2) : Math.exp(x) - 1)],
  erf: [t.erf, erf],
  floor: [t.floor, (x) => (x < Math.trunc(x) ? Math.trunc(x) - 1 : Math.trunc(x))],
  ceil: [t.ceil, (x) => (x > Math.trunc(x) ? Math.trunc(x) + 1 : Math.trunc(x))],
  round: [t.round, (x) => (Number.isFinite(x) ? x + 1.5 * 2 ** 52 - 1.5 * 2 ** 52 : x)], // IEEE 754 rounds sums to even
  isFinite: [t.isFinite, (x) => (x - x === 0 ? 1 : 0)],
  isNaN: [t.isNaN, (x) => (x === x ? 0 : 1)],
  logicalNot: [t.logicalNot, (x) => (x > 0 || x < 0 || x !== x ? 0 : 1)],
};

/** By the logarithm of the rounded sum, times what the rounding did to it. Source: Kahan; Higham 2002, problem 1.5. */
function log1p(x: number): number {
  const sum = 1 + x;
  return sum === 1 || sum === Infinity ? x : (Math.log(sum) * x) / (sum - 1);
}

/** NaN, infinities, both zeros, and values whose exponential overflows or vanishes. */
const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 100, -100, 800, -800, 1e-40, 0.5];
const smooth = (op: string): boolean => !['sqrt', 'rsqrt', 'log'].includes(op);

/** The rows of a function of one number. */
export const rowsOfOne = (op: string, [run, want]: UnaryOp, title = ''): Sample[] => {
  const row = (name: string, input: Operand): Sample =>
    ({ op, name: `${title} ${name}`.trim(), inputs: [input], run: ([x]) => run(x), want: ([x]) =>
      build(x.shape, (index) => want(atBroadcast(x, index))) });
  const random = smooth(op) ? normal : positive;
  return [
    ...[1, 2, 3, 4, 5, 9, 67].map((n) => row('', random([n]))),
    ...layouts.map((layout) => row('', random([3, 4, 5], layout))),
    ...[[], [0], [3, 0, 2], [1, 1], [2, 1, 3, 1, 5]].map((shape) => row('', random(shape))),
    row('', random([2, 3, 2, 3], 'sliced')),
    row('special', given(SPECIAL)),
  ];
};

const unaryRows = Object.entries(unaryOps).flatMap(([op, pair]) => rowsOfOne(op, pair));

/** Halfway between whole numbers, and next to it. */
const HALVES = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 0.50000006, 4194304.5, 4194305.5, 8388609];
const wholeRows = ['floor', 'ceil', 'round'].map((op): Sample => ({ op, name: 'halves', inputs: [given(HALVES)],
  run: ([x]) => unaryOps[op][0](x), want: ([x]) => build(x.shape, (i) => unaryOps[op][1](atBroadcast(x, i))) }));

type BinaryOp = readonly [run: (a: Tensor, b: Tensor) => Tensor, want: (a: number, b: number) => number];

const binaryOps: Readonly<Record<string, BinaryOp>> = {
  add: [t.add, (a, b) => a + b],
  sub: [t.sub, (a, b) => a - b],
  mul: [t.mul, (a, b) => a * b],
  div: [t.div, (a, b) => a / b],
  pow: [t.pow, cPow],
  maximum: [t.maximum, (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : a > b ? a : b)],
  minimum: [t.minimum, (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : a < b ? a : b)],
  equal: [t.equal, (a, b) => Number(a === b)],
  greater: [t.greater, (a, b) => Number(a > b)],
  notEqual: [t.notEqual, (a, b) => Number(!(a === b))],
  greaterEqual: [t.greaterEqual, (a, b) => Number(b < a || a === b)],
  less: [t.less, (a, b) => Number(b > a)],
  lessEqual: [t.lessEqual, (a, b) => Number(b > a || a === b)],
  logicalAnd: [t.logicalAnd, (a, b) => (a === 0 ? 0 : b === 0 ? 0 : 1)],
  logicalOr: [t.logicalOr, (a, b) => (a !== 0 ? 1 : b !== 0 ? 1 : 0)],
  siluGrad: [t.siluGrad, (g, x) => g * sigma(x) * (1 + x * (1 - sigma(x)))],
  sigmoidGrad: [t.sigmoidGrad, (g, y) => g * y * (1 - y)],
  tanhGrad: [t.tanhGrad, (g, y) => g * (1 - y ** 2)],
  reluGrad: [t.reluGrad, (g, y) => (y > 0 ? g : 0)],
};

/** pow of C99: in JavaScript 1 to the power of NaN or ±∞, and −1 to that of ±∞, are NaN. */
function cPow(a: number, b: number): number {
  if (a === 1 || b === 0) return 1;
  if (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) return 1;
  return Math.pow(a, b);
}

/** Every special value of SPECIAL against every other, as a column and a row. */
const specialPairs: readonly Operand[] = [given(SPECIAL, [SPECIAL.length, 1]), given(SPECIAL, [1, SPECIAL.length])];
/** d silu at huge |x| is 0·∞ in the formula and not asked for. */
const gentle: readonly Operand[] = [given([NaN, Infinity, 0, 2, -3], [5, 1]), given([NaN, 0, -1, 1, 30], [1, 5])];

/** The rows of a function of two numbers. */
export const rowsOfTwo = (op: string, [run, want]: BinaryOp, title = '', atEnds = specialPairs): Sample[] => {
  const apply = ([a, b]: readonly Dense[]): Dense =>
    build(broadcastShape(a.shape, b.shape), (index) => want(atBroadcast(a, index), atBroadcast(b, index)));
  const row = (name: string, a: Operand, b: Operand): Sample =>
    ({ op, name: `${title} ${name}`.trim(), inputs: [a, b], run: ([x, y]) => run(x, y), want: apply });
  const left = op === 'pow' ? positive : normal;
  return [
    ...[1, 2, 3, 4, 5, 9].map((n) => row('', left([n]), normal([n]))),
    ...layouts.flatMap((layout) => [row('', left([3, 4, 5], layout), normal([3, 4, 5])),
      row('', left([3, 4, 5]), normal([5], layout))]),
    row('', left([3, 4, 5], 'permuted'), normal([3, 4, 5], 'sliced')),
    row('', left([2, 1, 3]), normal([4, 1])),
    row('', left([4, 1], 'sliced'), normal([2, 1, 3], 'permuted')),
    row('', left([2, 3, 4]), normal([])),
    row('', left([]), normal([2, 3, 4])),
    row('', left([]), normal([])),
    row('', left([0, 3]), normal([3])),
    row('', left([1]), normal([0])),
    row('', left([6, 7, 5]), normal([1, 7, 1])),
    row('', given([1, 2, 2, -1, 3]), given([2, 2, 1, -1, 3])),
    row('special', atEnds[0], atEnds[1]),
  ];
};

const binaryRows = Object.entries(binaryOps).flatMap(([op, pair]) =>
  rowsOfTwo(op, pair, '', op === 'siluGrad' ? gentle : specialPairs));

/** A number in the place of one operand. */
const arithmetic = { add: t.add, sub: t.sub, mul: t.mul, div: t.div, pow: t.pow, maximum: t.maximum, minimum: t.minimum,
  equal: t.equal, greater: t.greater, notEqual: t.notEqual, greaterEqual: t.greaterEqual, less: t.less,
  lessEqual: t.lessEqual, logicalAnd: t.logicalAnd, logicalOr: t.logicalOr };
const numberRows = Object.entries(arithmetic).flatMap(([op, run]): Sample[] => {
  const want = binaryOps[op][1];
  const left: Sample = { op, name: 'number left', inputs: [normal([2, 3], 'permuted')], run: ([x]) => run(2.5, x),
    want: ([x]) => build(x.shape, (i) => want(2.5, atBroadcast(x, i))) };
  const right: Sample = { op, name: 'number right', inputs: [positive([2, 3], 'sliced')], run: ([x]) => run(x, -0.75),
    want: ([x]) => build(x.shape, (i) => want(atBroadcast(x, i), -0.75)) };
  return [left, right];
});

const twice: Sample = { op: 'mul', name: 'by itself', inputs: [normal([3, 4], 'permuted')], run: ([x]) => t.mul(x, x),
  want: ([x]) => build(x.shape, (i) => atBroadcast(x, i) ** 2) };
const byName: readonly Sample[] = [
  { op: 'unary', name: 'relu by its name', inputs: [normal([4])], run: ([x]) => t.unary('relu', x), want: ([x]) =>
    build(x.shape, (i) => Math.max(0, atBroadcast(x, i))) },
  { op: 'binary', name: 'sub by its name', inputs: [normal([4]), normal([4])], run: ([a, b]) => t.binary('sub', a, b),
    want: ([a, b]) => build(a.shape, (i) => atBroadcast(a, i) - atBroadcast(b, i)) },
  { op: 'scalarLike', name: '', inputs: [normal([4])], run: ([x]) => t.scalarLike(0.5, x), want: () =>
    build([], () => 0.5) },
];

export const unarySamples: readonly Sample[] = [...unaryRows, ...wholeRows];
export const binarySamples: readonly Sample[] = [...binaryRows, ...numberRows, twice, ...byName];
