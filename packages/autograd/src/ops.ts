/**
 * The operations on variables: each runs its tensor operation and leaves a node.
 *
 * This file and the tables of vjps use each other: a gradient is made of operations, and every operation has a
 * gradient. Operands may be plain tensors, or numbers where two are combined: those are constants.
 */
import * as t from '@vitrine/tensor';
import type { Conv2dOptions, PoolOptions, ReduceOptions, Shape } from '@vitrine/tensor';
import { checkTensor, repeatedAxes, runtime } from '@vitrine/tensor/internal';
import type { Args } from './args.js';
import type { Row } from './node.js';
import { record } from './record.js';
import { Variable } from './variable.js';
import { vjps } from './vjps/index.js';

export type Input = Variable | t.Tensor;
export type Operand = Input | number;

/** Arguments with tensors in the place of variables. */
type Values<A extends readonly unknown[]> = { [I in keyof A]: A[I] extends Variable ? t.Tensor : A[I] };

/** The value of each operation. */
const forward: { readonly [K in keyof Args]: (...args: Values<Args[K]>) => t.Tensor } = {
  neg: t.neg, abs: t.abs, square: t.square, sqrt: t.sqrt, rsqrt: t.rsqrt, reciprocal: t.reciprocal, exp: t.exp, log: t.log,
  sigmoid: t.sigmoid, tanh: t.tanh, relu: t.relu, silu: t.silu,
  add: t.add, sub: t.sub, mul: t.mul, div: t.div, pow: t.pow, maximum: t.maximum, minimum: t.minimum,
  siluGrad: t.siluGrad, sigmoidGrad: t.sigmoidGrad, tanhGrad: t.tanhGrad, reluGrad: t.reluGrad,
  sum: t.sum, max: t.max, min: t.min, softmax: t.softmax, logSoftmax: t.logSoftmax,
  reshape: t.reshape, permute: t.permute, broadcastTo: t.broadcastTo, slice: t.slice, padSlice: t.padSlice,
  matmul: t.matmul, conv2d: t.conv2d, conv2dInputGrad: t.conv2dInputGrad, conv2dWeightGrad: t.conv2dWeightGrad,
  averagePool2d: t.averagePool2d, averagePool2dGrad: t.averagePool2dGrad,
  batchNormTrain: t.batchNorm, batchNormSiluTrain: t.batchNormSilu, batchNormEval: t.batchNorm,
};

function apply<K extends keyof Args>(op: K, ...args: Args[K]): Variable {
  const values = args.map((arg) => (arg instanceof Variable ? arg.value : arg)) as Values<Args[K]>;
  return record(op, vjps[op] as Row<Args[K]>, args, forward[op](...values));
}

/** A plain tensor as a constant variable; a variable as it is. */
export function variable(op: string, x: Input): Variable {
  if (x instanceof Variable) return x;
  checkTensor(op, 'x', x);
  return new Variable(x);
}

function pair(op: string, a: Operand, b: Operand): [Variable, Variable] {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new TypeError(`${op}: at least one operand is a variable or tensor; got ${a} and ${b}`);
    const right = variable(op, b);
    return [new Variable(t.scalarLike(a, right.value)), right];
  }
  const left = variable(op, a);
  return [left, typeof b === 'number' ? new Variable(t.scalarLike(b, left.value)) : variable(op, b)];
}

export const neg = (x: Input): Variable => apply('neg', variable('neg', x));
export const abs = (x: Input): Variable => apply('abs', variable('abs', x));
export const square = (x: Input): Variable => apply('square', variable('square', x));
export const sqrt = (x: Input): Variable => apply('sqrt', variable('sqrt', x));
/** 1/√x. */
export const rsqrt = (x: Input): Variable => apply('rsqrt', variable('rsqrt', x));
/** 1/x. */
export const reciprocal = (x: Input): Variable => apply('reciprocal', variable('reciprocal', x));
export const exp = (x: Input): Variable => apply('exp', variable('exp', x));
/** Natural logarithm. */
export const log = (x: Input): Variable => apply('log', variable('log', x));
/** 1/(1 + e⁻ˣ). */
export const sigmoid = (x: Input): Variable => apply('sigmoid', variable('sigmoid', x));
export const tanh = (x: Input): Variable => apply('tanh', variable('tanh', x));
export const relu = (x: Input): Variable => apply('relu', variable('relu', x));
/** x·σ(x). */
export const silu = (x: Input): Variable => apply('silu', variable('silu', x));

export const add = (a: Operand, b: Operand): Variable => apply('add', ...pair('add', a, b));
export const sub = (a: Operand, b: Operand): Variable => apply('sub', ...pair('sub', a, b));
export const mul = (a: Operand, b: Operand): Variable => apply('mul', ...pair('mul', a, b));
export const div = (a: Operand, b: Operand): Variable => apply('div', ...pair('div', a, b));
/** aᵇ. The gradient for b takes log a, and is NaN where a < 0. */
export const pow = (a: Operand, b: Operand): Variable => apply('pow', ...pair('pow', a, b));
/** The larger of two; of equals, each gets half the gradient. */
export const maximum = (a: Operand, b: Operand): Variable => apply('maximum', ...pair('maximum', a, b));
/** The smaller of two; of equals, each gets half the gradient. */
export const minimum = (a: Operand, b: Operand): Variable => apply('minimum', ...pair('minimum', a, b));
export const siluGrad = (g: Input, x: Input): Variable => apply('siluGrad', ...pair('siluGrad', g, x));
export const sigmoidGrad = (g: Input, y: Input): Variable => apply('sigmoidGrad', ...pair('sigmoidGrad', g, y));
export const tanhGrad = (g: Input, y: Input): Variable => apply('tanhGrad', ...pair('tanhGrad', g, y));
export const reluGrad = (g: Input, y: Input): Variable => apply('reluGrad', ...pair('reluGrad', g, y));

/** Σ x over the axes (all, if none are given). */
export const sum = (x: Input, options: ReduceOptions = {}): Variable => apply('sum', variable('sum', x), options);
/** The largest element; several that are equal share the gradient. */
export const max = (x: Input, options: ReduceOptions = {}): Variable => apply('max', variable('max', x), options);
/** The smallest element; several that are equal share the gradient. */
export const min = (x: Input, options: ReduceOptions = {}): Variable => apply('min', variable('min', x), options);

/** Σ x / n over the axes. */
export function mean(x: Input, options: ReduceOptions = {}): Variable {
  const total = sum(x, options);
  const n = variable('mean', x).value.size / total.value.size;
  return mul(total, 1 / n);
}

export const softmax = (x: Input): Variable => apply('softmax', variable('softmax', x));
export const logSoftmax = (x: Input): Variable => apply('logSoftmax', variable('logSoftmax', x));

export const reshape = (x: Input, shape: Shape): Variable => apply('reshape', variable('reshape', x), shape);
export const permute = (x: Input, axes: readonly number[]): Variable => apply('permute', variable('permute', x), axes);
export const broadcastTo = (x: Input, shape: Shape): Variable => apply('broadcastTo', variable('broadcastTo', x), shape);
export const slice = (x: Input, axis: number, start: number, end?: number): Variable => apply('slice', variable('slice', x), axis, start, end);
/** Zeros of `shape` with g from `start` along `axis`: the gradient of `slice`. */
export const padSlice = (g: Input, shape: Shape, axis: number, start: number): Variable => apply('padSlice', variable('padSlice', g), shape, axis, start);

/** The last two axes swapped. */
export function mT(x: Input): Variable {
  const v = variable('mT', x);
  const axes = v.shape.map((_, axis) => axis);
  return permute(v, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Undoes broadcasting: sums over the axes that broadcasting `shape` to x.shape repeated. */
export function sumTo(x: Input, shape: Shape): Variable {
  const v = variable('sumTo', x);
  if (t.sameShape(v.shape, shape)) return v;
  return reshape(sum(v, { axes: repeatedAxes('sumTo', shape, v.shape) }), shape);
}

export const matmul = (a: Input, b: Input): Variable => apply('matmul', variable('matmul', a), variable('matmul', b));

/** x `[N,H,W,C]` with w `[kH,kW,C/groups,O]` → `[N,outH,outW,O]`. */
export const conv2d = (x: Input, w: Input, options: Conv2dOptions = {}): Variable =>
  apply('conv2d', variable('conv2d', x), variable('conv2d', w), options);
export const conv2dInputGrad = (dout: Input, w: Input, inputShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dInputGrad', variable('conv2dInputGrad', dout), variable('conv2dInputGrad', w), inputShape, options);
export const conv2dWeightGrad = (x: Input, dout: Input, weightShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dWeightGrad', variable('conv2dWeightGrad', x), variable('conv2dWeightGrad', dout), weightShape, options);

export const averagePool2d = (x: Input, options: PoolOptions): Variable => apply('averagePool2d', variable('averagePool2d', x), options);
export const averagePool2dGrad = (dout: Input, inputShape: Shape, options: PoolOptions): Variable =>
  apply('averagePool2dGrad', variable('averagePool2dGrad', dout), inputShape, options);

/** Mean of every channel over the image: `[N,H,W,C]` → `[N,C]`, or `[N,1,1,C]` with `keepDims`. */
export function globalAveragePool(x: Input, { keepDims = false } = {}): Variable {
  const v = variable('globalAveragePool', x);
  if (v.shape.length !== 4) throw new RangeError(`globalAveragePool: input is [N,H,W,C]; got ${t.formatShape(v.shape)}`);
  return mean(v, { axes: [1, 2], keepDims });
}

/** Normalises by the batch's own moments, which come from `moments(x)`; the gradient for x knows that they do. */
export const batchNormTrain = (x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number): Variable =>
  apply('batchNormTrain', variable('batchNorm', x), variable('batchNorm', gamma), variable('batchNorm', beta), mean, variance, eps);
/** Normalises by given moments: constants. */
export const batchNormEval = (x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number): Variable =>
  apply('batchNormEval', variable('batchNorm', x), variable('batchNorm', gamma), variable('batchNorm', beta), mean, variance, eps);

/** `silu(batchNormTrain(…))` as one operation: only x and the vectors are kept for the way back, not what silu was applied to. */
export const batchNormSiluTrain = (x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number): Variable =>
  apply(
    'batchNormSiluTrain',
    variable('batchNormSilu', x), variable('batchNormSilu', gamma), variable('batchNormSilu', beta), mean, variance, eps,
  );
/** `silu(batchNormEval(…))`: in one pass where no gradients are asked for. */
export function batchNormSiluEval(x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number): Variable {
  const operands = [variable('batchNormSilu', x), variable('batchNormSilu', gamma), variable('batchNormSilu', beta)] as const;
  if (runtime.gradientMode && operands.some((operand) => operand.requiresGrad)) return silu(batchNormEval(...operands, mean, variance, eps));
  const [source, scale, shift] = operands.map((operand) => operand.value);
  return new Variable(t.batchNormSilu(source, scale, shift, mean, variance, eps));
}
