/** What is fuzzed: a family is a list of operations and a way to make operands for them. One line adds an operation. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Dice } from './random-tensor.js';
import { broadcastable, randomLength, randomShape, randomTensor } from './random-tensor.js';

/** One random call. */
export interface Call {
  /** With its options, for the message. */
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly run: () => Tensor;
  /**
   * How large the terms are that the result is a sum of: rounding is relative to these, and the result may be much
   * smaller. Default: the result itself.
   */
  readonly magnitude?: () => Tensor;
}

export type Family = (dice: Dice) => Call;

const UNARY: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  neg: t.neg, abs: t.abs, square: t.square, sqrt: t.sqrt, rsqrt: t.rsqrt, reciprocal: t.reciprocal, exp: t.exp,
  log: t.log, sigmoid: t.sigmoid, tanh: t.tanh, relu: t.relu, silu: t.silu, sign: t.sign, clone: t.clone,
  relu6: t.relu6, hardswish: t.hardswish, hardsigmoid: t.hardsigmoid,
  leakyRelu: (x) => t.leakyRelu(x, 0.1), clamp: (x) => t.clamp(x, { min: -1, max: 0.5 }),
  gelu: t.gelu, elu: t.elu, softplus: t.softplus, erf: t.erf, log1p: t.log1p, expm1: t.expm1,
  sin: t.sin, cos: t.cos, floor: t.floor, ceil: t.ceil, round: t.round,
};

const BINARY: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  add: t.add, sub: t.sub, mul: t.mul, div: t.div, maximum: t.maximum, minimum: t.minimum, pow: t.pow,
  equal: t.equal, greater: t.greater,
  siluGrad: t.siluGrad, sigmoidGrad: t.sigmoidGrad, tanhGrad: t.tanhGrad, reluGrad: t.reluGrad,
  notEqual: t.notEqual, greaterEqual: t.greaterEqual, less: t.less, lessEqual: t.lessEqual,
  relu6Grad: t.relu6Grad, hardswishGrad: t.hardswishGrad, hardsigmoidGrad: t.hardsigmoidGrad,
  where: (a, b) => t.where(t.greater(a, b), a, b),
};

/** Two operands that must have one shape. */
const ALIKE: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  leakyReluGrad: (g, x) => t.leakyReluGrad(g, x, 0.1), clampGrad: (g, x) => t.clampGrad(g, x, { min: -1, max: 0.5 }),
};

/** Gradients change sign where their two factors do: they are measured against the cotangent. */
const GRADIENTS = ['siluGrad', 'sigmoidGrad', 'tanhGrad'];

interface Reduction {
  readonly run: (x: Tensor, options: t.ReduceOptions) => Tensor;
  /** There must be something to choose from. */
  readonly extreme?: boolean;
  /** Default: the result itself. */
  readonly magnitude?: (x: Tensor, options: t.ReduceOptions) => Tensor;
}

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  sum: { run: t.sum, magnitude: (x, options) => t.sum(t.abs(x), options) },
  mean: { run: t.mean, magnitude: (x, options) => t.mean(t.abs(x), options) },
  max: { run: t.max, extreme: true }, min: { run: t.min, extreme: true },
  prod: { run: t.prod }, norm: { run: t.norm }, any: { run: t.any }, all: { run: t.all },
  logSumExp: { run: t.logSumExp, magnitude: (x) => t.maximum(t.abs(x), 1) },
  variance: { run: t.variance, magnitude: (x) => t.square(x) },
  std: { run: t.std, magnitude: (x) => t.abs(x) },
};

const ALONG_LAST: Readonly<Record<string, (x: Tensor) => Tensor>> = { softmax: t.softmax, logSoftmax: t.logSoftmax };

const ALONG_AXIS: Readonly<Record<string, (x: Tensor, axis: number) => Tensor>> =
  { argmax: t.argmax, argmin: t.argmin, cumsum: t.cumsum, argsort: (x, axis) => t.argsort(x, { axis }) };

const unary: Family = (dice) => {
  const op = dice.pick(Object.keys(UNARY));
  const x = randomTensor(dice, randomShape(dice));
  return { op, inputs: [x], run: () => UNARY[op](x) };
};

const binary: Family = (dice) => {
  const op = dice.pick([...Object.keys(BINARY), ...Object.keys(ALIKE)]);
  const shape = randomShape(dice);
  const whole = randomTensor(dice, shape);
  const part = randomTensor(dice, op in ALIKE || dice.oneIn(2) ? shape : broadcastable(dice, shape));
  const [a, b] = dice.oneIn(2) ? [whole, part] : [part, whole];
  const call: Call = { op, inputs: [a, b], run: () => (BINARY[op] ?? ALIKE[op])(a, b) };
  return GRADIENTS.includes(op) ? { ...call, magnitude: () => t.mul(a, t.maximum(t.abs(b), 1)) } : call;
};

const reduction: Family = (dice) => {
  const shape = randomShape(dice);
  const x = randomTensor(dice, shape);
  const kind = dice.below(4);
  if (kind === 0 && shape.length > 0) {
    const op = dice.pick(Object.keys(ALONG_LAST));
    return { op, inputs: [x], run: () => ALONG_LAST[op](x), magnitude: () => t.maximum(t.abs(x), 1) };
  }
  if (kind === 1 && shape.length > 0 && !shape.includes(0)) {
    const axis = dice.below(shape.length);
    const op = dice.pick(Object.keys(ALONG_AXIS));
    return { op: `${op} axis ${axis}`, inputs: [x], run: () => ALONG_AXIS[op](x, axis) };
  }
  const allowed = Object.keys(REDUCTIONS).filter((name) => REDUCTIONS[name].extreme !== true || !shape.includes(0));
  const op = dice.pick(allowed);
  const axes = dice.oneIn(4) ? undefined : shape.map((_, axis) => axis).filter(() => dice.oneIn(2));
  const options = { axes, keepDims: dice.oneIn(2) };
  const { run, magnitude = run } = REDUCTIONS[op];
  return {
    op: `${op} ${JSON.stringify(options)}`, inputs: [x],
    run: () => run(x, options), magnitude: () => magnitude(x, options),
  };
};

/** Vectors, matrices, batches of them, and batches that broadcast. */
const matmul: Family = (dice) => {
  const [M, K, N] = [randomLength(dice), randomLength(dice), randomLength(dice)];
  const batch = dice.oneIn(2) ? [] : Array.from({ length: 1 + dice.below(2) }, () => 1 + dice.below(3));
  const left = dice.oneIn(12) ? [K] : [...broadcastable(dice, batch), M, K];
  const right = dice.oneIn(12) ? [K] : [...(dice.oneIn(2) ? batch : broadcastable(dice, batch)), K, N];
  const [a, b] = [randomTensor(dice, left), randomTensor(dice, right)];
  return { op: 'matmul', inputs: [a, b], run: () => t.matmul(a, b), magnitude: () => t.matmul(t.abs(a), t.abs(b)) };
};

export const families: Readonly<Record<string, Family>> = { unary, binary, reduction, matmul };
