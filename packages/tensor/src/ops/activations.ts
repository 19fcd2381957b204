/** Activations, with and without constants, and their gradients. Formulas: kernels/elementwise.ts, parametric.ts. */
import type { ParametricName } from '../kernels/parametric.js';
import { collapseAxes, formatShape, sameShape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, elementsFrom, kernelsFor } from './dispatch.js';
import { binary, unary } from './elementwise.js';

/** x from 0 up to 6. Source: Krizhevsky 2010; PyTorch's relu6. */
export const relu6 = (x: Tensor): Tensor => unary('relu6', x);
/** x/6 + ½ from 0 up to 1: a piecewise linear σ. Source: Howard et al. 2019. */
export const hardsigmoid = (x: Tensor): Tensor => unary('hardsigmoid', x);
/** x·hardsigmoid(x): silu without exponential. Source: Howard et al. 2019. */
export const hardswish = (x: Tensor): Tensor => unary('hardswish', x);

/** g where 0 < y < 6, else 0. */
export const relu6Grad = (g: Tensor, y: Tensor): Tensor => binary('relu6Grad', g, y);
/** g/6 where −3 < x < 3, else 0. */
export const hardsigmoidGrad = (g: Tensor, x: Tensor): Tensor => binary('hardsigmoidGrad', g, x);
/** g·(x/3 + ½) where −3 ≤ x < 3, 0 below, g above. */
export const hardswishGrad = (g: Tensor, x: Tensor): Tensor => binary('hardswishGrad', g, x);

export interface GeluOptions {
  /** Φ by the error function ('none', default) or as ½(1 + tanh(√(2/π)·(x + 0.044715x³))) ('tanh'). */
  readonly approximate?: 'none' | 'tanh';
}

/** x·Φ(x), Φ the distribution function of the standard normal. Source: Hendrycks & Gimpel 2016. */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  checkTensor('gelu', 'x', x);
  return unary(isTanh('gelu', options) ? 'geluTanh' : 'gelu', x);
}
/** g·(Φ(x) + x·Φ′(x)). */
export const geluGrad = (g: Tensor, x: Tensor, options: GeluOptions = {}): Tensor =>
  binary(isTanh('geluGrad', options) ? 'geluTanhGrad' : 'geluGrad', g, x);

function isTanh(op: string, { approximate = 'none' }: GeluOptions): boolean {
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new RangeError(`${op}: approximate is 'none' or 'tanh'; got ${String(approximate)}`);
  }
  return approximate === 'tanh';
}

export interface ClampOptions {
  /** Default −∞. */
  readonly min?: number;
  /** Default ∞. */
  readonly max?: number;
}

/** min(max(x, min), max): x where it lies between the bounds, else the nearer bound. With min > max, max everywhere. */
export const clamp = (x: Tensor, options: ClampOptions): Tensor => parametric('clamp', x, boundsOf('clamp', options));
/** g where min ≤ x ≤ max, else 0. */
export const clampGrad = (g: Tensor, x: Tensor, options: ClampOptions): Tensor =>
  parametricGrad('clamp', g, x, boundsOf('clampGrad', options));

/** x for x > 0, else slope·x. PyTorch's leaky_relu. Source: Maas et al. 2013. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => parametric('leakyRelu', x, { slope });
/** g for x > 0, else slope·g. */
export const leakyReluGrad = (g: Tensor, x: Tensor, slope = 0.01): Tensor =>
  parametricGrad('leakyRelu', g, x, { slope });

/** x for x > 0, else alpha·(eˣ − 1). Source: Clevert et al. 2015. */
export const elu = (x: Tensor, alpha = 1): Tensor => parametric('elu', x, { alpha });
/** g for x > 0, else g·alpha·eˣ. */
export const eluGrad = (g: Tensor, x: Tensor, alpha = 1): Tensor => parametricGrad('elu', g, x, { alpha });

export interface SoftplusOptions {
  /** Sharpness: at ±∞ the function is max(x, 0). Not 0. Default 1. */
  readonly beta?: number;
  /** Where beta·x is larger, the result is x itself. Default 20. */
  readonly threshold?: number;
}

/** log(1 + e^(beta·x))/beta, a smooth max(x, 0); x itself where beta·x > threshold. PyTorch's softplus. */
export const softplus = (x: Tensor, options: SoftplusOptions = {}): Tensor =>
  parametric('softplus', x, sharpnessOf('softplus', options));
/** g·σ(beta·x), or g where beta·x > threshold. */
export const softplusGrad = (g: Tensor, x: Tensor, options: SoftplusOptions = {}): Tensor =>
  parametricGrad('softplus', g, x, sharpnessOf('softplusGrad', options));

function boundsOf(op: string, { min, max }: ClampOptions): Constants {
  if (min === undefined && max === undefined) throw new RangeError(`${op}: give min, max or both`);
  return { min: min ?? -Infinity, max: max ?? Infinity };
}

function sharpnessOf(op: string, { beta = 1, threshold = 20 }: SoftplusOptions): Constants {
  if (beta === 0 || Math.abs(beta) === Infinity) throw new RangeError(`${op}: beta is finite and not 0; got ${beta}`);
  return { beta, threshold };
}

/** One or two numbers by name, in the order in which the kernel takes them. */
type Constants = Readonly<Record<string, number>>;

/** out[i] = f(x[i], constants), same shape as x. */
function parametric(name: ParametricName, x: Tensor, constants: Constants): Tensor {
  checkTensor(name, 'x', x);
  const [a, b] = rounded(name, constants, x);
  const out = allocateLike(x.shape, x);
  if (out.isMeta || out.size === 0) return out;
  const { shape, strides } = collapseAxes(x.shape, [x.strides]);
  kernelsFor(x).parametricKernel(name, shape, elementsFrom(x), strides[0], a, b, elements(out));
  return out;
}

/** out[i] = g[i]·f′(x[i], constants); g has the shape of x. */
function parametricGrad(name: ParametricName, g: Tensor, x: Tensor, constants: Constants): Tensor {
  const op = `${name}Grad`;
  checkTensor(op, 'g', g);
  checkTensor(op, 'x', x);
  checkSameDType(op, g, x);
  if (!sameShape(g.shape, x.shape)) {
    throw new RangeError(`${op}: g has the shape of x; got ${formatShape(g.shape)} and ${formatShape(x.shape)}`);
  }
  const [a, b] = rounded(op, constants, x);
  const out = allocateLike(x.shape, g, x);
  if (out.isMeta || out.size === 0) return out;
  const { shape, strides: [gStrides, xStrides] } = collapseAxes(x.shape, [g.strides, x.strides]);
  const [from, to] = [elementsFrom(x), elements(out)];
  kernelsFor(x).parametricGradKernel(name, shape, elementsFrom(g), gStrides, from, xStrides, a, b, to);
  return out;
}

/** The constants in the tensor's precision: an element that was made from the same number as a bound equals it. */
function rounded(op: string, constants: Constants, { dtype }: Tensor): [a: number, b: number] {
  const [a, b = 0] = Object.entries(constants).map(([name, value]) => {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      throw new TypeError(`${op}: ${name} is a number; got ${String(value)}`);
    }
    return dtype === 'float32' ? Math.fround(value) : value;
  });
  return [a, b];
}
