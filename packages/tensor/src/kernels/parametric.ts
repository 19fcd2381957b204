/**
 * Functions of one number with up to two constants, a and b, and their gradients: the formulas, then the loops. A
 * function that takes one constant ignores b.
 */
import type { Shape } from '../shape.js';
import { sizeOf } from '../shape.js';
import { advance, offset } from './elementwise.js';
import type { Floats } from './geometry.js';

type Formula = (x: number, a: number, b: number) => number;
type GradFormula = (g: number, x: number, a: number, b: number) => number;

/** NaN in, NaN out. */
export const parametric = {
  /** From a up to b; b everywhere if a > b, as in PyTorch. */
  clamp: (x, a, b) => Math.min(Math.max(x, a), b),
  /** Slope a for negative x. Source: Maas et al. 2013. */
  leakyRelu: (x, a) => (x > 0 ? x : a * x),
  /** a·(eˣ − 1) for negative x. Source: Clevert et al. 2015. */
  elu: (x, a) => (x <= 0 ? a * Math.expm1(x) : x),
  /** log(1 + e^(ax))/a, or x itself where ax > b. For ax > 0 as x + log(1 + e^(−ax))/a: e^(ax) could overflow. */
  softplus: (x, a, b) => (a * x > b ? x : (Math.max(a * x, 0) + Math.log1p(Math.exp(-Math.abs(a * x)))) / a),
} as const satisfies Record<string, Formula>;

export type ParametricName = keyof typeof parametric;

/** g times the derivative at x. */
export const parametricGrad = {
  /** g passes at the bounds, too. */
  clamp: (g, x, a, b) => (x >= a && x <= b ? g : 0),
  leakyRelu: (g, x, a) => (x > 0 ? g : a * g),
  elu: (g, x, a) => (x <= 0 ? g * a * Math.exp(x) : g),
  /** σ(ax), or 1 */
  softplus: (g, x, a, b) => (a * x > b ? g : g / (1 + Math.exp(-a * x))),
} as const satisfies Record<ParametricName, GradFormula>;

/**
 * out[i] = f(x[i], a, b), f being `parametric[name]`
 * shape: rank ≥ 1; x is read through xStrides (elements; 0 repeats an element); out is contiguous, overwritten, and may
 * be x itself if x is contiguous.
 * Cost: one evaluation an element.
 */
export function parametricKernel(
  name: ParametricName, shape: Shape, x: Floats, xStrides: readonly number[], a: number, b: number, out: Floats,
): void {
  const f: Formula = parametric[name];
  const last = shape.length - 1;
  const [n, step] = [shape[last], xStrides[last]];
  const index = new Array<number>(last).fill(0);
  for (let to = 0, size = sizeOf(shape); to < size; to += n) {
    const at = offset(index, xStrides);
    for (let i = 0; i < n; i++) out[to + i] = f(x[at + i * step], a, b);
    advance(index, shape);
  }
}

/**
 * out[i] = f(g[i], x[i], a, b), f being `parametricGrad[name]`
 * shape: rank ≥ 1; g and x are read through their strides; out is contiguous, overwritten, and may be an operand that
 * is contiguous itself.
 * Cost: one evaluation an element.
 */
export function parametricGradKernel(
  name: ParametricName, shape: Shape,
  g: Floats, gStrides: readonly number[], x: Floats, xStrides: readonly number[], a: number, b: number, out: Floats,
): void {
  const f: GradFormula = parametricGrad[name];
  const last = shape.length - 1;
  const [n, gStep, xStep] = [shape[last], gStrides[last], xStrides[last]];
  const index = new Array<number>(last).fill(0);
  for (let to = 0, size = sizeOf(shape); to < size; to += n) {
    const gAt = offset(index, gStrides);
    const xAt = offset(index, xStrides);
    for (let i = 0; i < n; i++) out[to + i] = f(g[gAt + i * gStep], x[xAt + i * xStep], a, b);
    advance(index, shape);
  }
}
