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
/** sign(x): −1, 0 or 1. */
export const sign = (x: Tensor): Tensor => unary('sign', x);

/** g·silu′(x) = g·σ(x)·(1 + x·(1 − σ(x))). One pass: written out, it would be five. */
export const siluGrad = (g: Tensor, x: Tensor): Tensor => binary('siluGrad', g, x);
/** g·y·(1 − y) with y = σ(x). */
export const sigmoidGrad = (g: Tensor, y: Tensor): Tensor => binary('sigmoidGrad', g, y);
/** g·(1 − y²) with y = tanh(x). */
export const tanhGrad = (g: Tensor, y: Tensor): Tensor => binary('tanhGrad', g, y);
/** g where y > 0, else 0. */
export const reluGrad = (g: Tensor, y: Tensor): Tensor => binary('reluGrad', g, y);
