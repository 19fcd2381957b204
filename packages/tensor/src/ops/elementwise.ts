/** Element by element: arithmetic with broadcasting, and activations. Formulas stand in kernels/elementwise.ts. */
import type { BinaryName, UnaryName } from '../kernels/elementwise.js';
import { broadcastShapes, broadcastStrides, collapseAxes } from '../shape.js';
import { allocate, checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, elementsFrom, kernelsFor } from './dispatch.js';

/** out[i] = f(x[i]), same shape as x. */
export function unary(name: UnaryName, x: Tensor): Tensor {
  checkTensor(name, 'x', x);
  const out = allocateLike(x.shape, x);
  if (out.isMeta || out.size === 0) return out;
  const { shape, strides } = collapseAxes(x.shape, [x.strides]);
  kernelsFor(x).unaryKernel(name, shape, elementsFrom(x), strides[0], elements(out));
  return out;
}

/** out[i] = f(a[i], b[i]) over the broadcast shape; a number stands for a tensor filled with it. */
export function binary(name: BinaryName, a: Tensor | number, b: Tensor | number): Tensor {
  const [x, y] = operands(name, a, b);
  const full = broadcastShapes(name, x.shape, y.shape);
  const out = allocateLike(full, x, y);
  if (out.isMeta || out.size === 0) return out;
  const { shape, strides } = collapseAxes(full, [x, y].map((t) => broadcastStrides(t.shape, t.strides, full)));
  kernelsFor(x).binaryKernel(name, shape, elementsFrom(x), strides[0], elementsFrom(y), strides[1], elements(out));
  return out;
}

function operands(op: string, a: Tensor | number, b: Tensor | number): [Tensor, Tensor] {
  if (typeof a === 'number') {
    checkTensor(op, 'b', b);
    return [scalarLike(a, b), b];
  }
  checkTensor(op, 'a', a);
  if (typeof b === 'number') return [a, scalarLike(b, a)];
  checkTensor(op, 'b', b);
  checkSameDType(op, a, b);
  return [a, b];
}

/** A number as a tensor without axes, of the element type of `like`. */
export function scalarLike(value: number, like: Tensor): Tensor {
  const scalar = allocate([], like.dtype, like.isMeta);
  if (!scalar.isMeta) scalar.storage.data[0] = value;
  return scalar;
}

export const neg = (x: Tensor): Tensor => unary('neg', x);
export const abs = (x: Tensor): Tensor => unary('abs', x);
export const square = (x: Tensor): Tensor => unary('square', x);
export const sqrt = (x: Tensor): Tensor => unary('sqrt', x);
/** 1/√x. */
export const rsqrt = (x: Tensor): Tensor => unary('rsqrt', x);
/** 1/x. */
export const reciprocal = (x: Tensor): Tensor => unary('reciprocal', x);
export const exp = (x: Tensor): Tensor => unary('exp', x);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => unary('log', x);
/** σ(x) = 1/(1 + e⁻ˣ). */
export const sigmoid = (x: Tensor): Tensor => unary('sigmoid', x);
export const tanh = (x: Tensor): Tensor => unary('tanh', x);
/** max(x, 0). */
export const relu = (x: Tensor): Tensor => unary('relu', x);
/** x·σ(x), also called swish: EfficientNet's activation. Source: Ramachandran et al. 2017. */
export const silu = (x: Tensor): Tensor => unary('silu', x);

export const add = (a: Tensor | number, b: Tensor | number): Tensor => binary('add', a, b);
export const sub = (a: Tensor | number, b: Tensor | number): Tensor => binary('sub', a, b);
export const mul = (a: Tensor | number, b: Tensor | number): Tensor => binary('mul', a, b);
export const div = (a: Tensor | number, b: Tensor | number): Tensor => binary('div', a, b);
export const pow = (a: Tensor | number, b: Tensor | number): Tensor => binary('pow', a, b);
/** The larger of two; NaN if either is. */
export const maximum = (a: Tensor | number, b: Tensor | number): Tensor => binary('maximum', a, b);
/** The smaller of two; NaN if either is. */
export const minimum = (a: Tensor | number, b: Tensor | number): Tensor => binary('minimum', a, b);
/** 1 where a = b, else 0. */
export const equal = (a: Tensor | number, b: Tensor | number): Tensor => binary('equal', a, b);
/** 1 where a > b, else 0. */
export const greater = (a: Tensor | number, b: Tensor | number): Tensor => binary('greater', a, b);
/** 1 where a ≠ b, else 0: NaN differs from everything. */
export const notEqual = (a: Tensor | number, b: Tensor | number): Tensor => binary('notEqual', a, b);
/** 1 where a ≥ b, else 0. */
export const greaterEqual = (a: Tensor | number, b: Tensor | number): Tensor => binary('greaterEqual', a, b);
/** 1 where a < b, else 0. */
export const less = (a: Tensor | number, b: Tensor | number): Tensor => binary('less', a, b);
/** 1 where a ≤ b, else 0. */
export const lessEqual = (a: Tensor | number, b: Tensor | number): Tensor => binary('lessEqual', a, b);
/** 1 where both are true, else 0. True is all but 0, NaN too. */
export const logicalAnd = (a: Tensor | number, b: Tensor | number): Tensor => binary('logicalAnd', a, b);
/** 1 where at least one is true, else 0. */
export const logicalOr = (a: Tensor | number, b: Tensor | number): Tensor => binary('logicalOr', a, b);
/** 1 where x is 0, else 0. */
export const logicalNot = (x: Tensor): Tensor => unary('logicalNot', x);
/** 1 where x is neither infinite nor NaN, else 0. */
export const isFinite = (x: Tensor): Tensor => unary('isFinite', x);
/** 1 where x is NaN, else 0. */
export const isNaN = (x: Tensor): Tensor => unary('isNaN', x);
/** sign(x): −1, 0 or 1. */
export const sign = (x: Tensor): Tensor => unary('sign', x);
/** x in radians. */
export const sin = (x: Tensor): Tensor => unary('sin', x);
/** x in radians. */
export const cos = (x: Tensor): Tensor => unary('cos', x);
/** log(1 + x), accurate for small x. */
export const log1p = (x: Tensor): Tensor => unary('log1p', x);
/** eˣ − 1, accurate for small x. */
export const expm1 = (x: Tensor): Tensor => unary('expm1', x);
/** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = (x: Tensor): Tensor => unary('erf', x);
/** The largest whole number ≤ x. */
export const floor = (x: Tensor): Tensor => unary('floor', x);
/** The smallest whole number ≥ x. */
export const ceil = (x: Tensor): Tensor => unary('ceil', x);
/** The nearest whole number; of two, the even one: 0.5 gives 0, 1.5 gives 2. */
export const round = (x: Tensor): Tensor => unary('round', x);

/**
 * a where the condition is true, else b, over the shape all three broadcast to. True is all but 0, NaN too; a number
 * stands for a tensor filled with it. All tensors have the same element type.
 */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  checkTensor('where', 'condition', condition);
  const tensorOf = (name: string, x: Tensor | number): Tensor => {
    if (typeof x === 'number') return scalarLike(x, condition);
    checkTensor('where', name, x);
    return x;
  };
  const all = [condition, tensorOf('a', a), tensorOf('b', b)];
  checkSameDType('where', ...all);
  const full = all.map((x) => x.shape).reduce((shape, next) => broadcastShapes('where', shape, next));
  const out = allocateLike(full, ...all);
  if (out.isMeta || out.size === 0) return out;
  const { shape, strides } = collapseAxes(full, all.map((x) => broadcastStrides(x.shape, x.strides, full)));
  const [c, x, y] = all.map(elementsFrom);
  kernelsFor(condition).whereKernel(shape, c, strides[0], x, strides[1], y, strides[2], elements(out));
  return out;
}

/** g·silu′(x) = g·σ(x)·(1 + x·(1 − σ(x))). One pass: written out, it would be five. */
export const siluGrad = (g: Tensor, x: Tensor): Tensor => binary('siluGrad', g, x);
/** g·y·(1 − y) with y = σ(x). */
export const sigmoidGrad = (g: Tensor, y: Tensor): Tensor => binary('sigmoidGrad', g, y);
/** g·(1 − y²) with y = tanh(x). */
export const tanhGrad = (g: Tensor, y: Tensor): Tensor => binary('tanhGrad', g, y);
/** g where y > 0, else 0. */
export const reluGrad = (g: Tensor, y: Tensor): Tensor => binary('reluGrad', g, y);
