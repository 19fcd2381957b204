/** How large, and how far apart: norms, variance, standard deviation. */
import { scope } from '../heap/scope.js';
import { formatShape, normalizeAxes } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { div, square, sub } from './elementwise.js';
import { asOuterInner, countAlong, mean, reducedShape, sum } from './reduce.js';
import type { ReduceOptions } from './reduce.js';

export interface NormOptions extends ReduceOptions {
  /** Which norm: 2 is the length of a vector, 1 the sum of sizes, Infinity the largest size. Default 2. */
  readonly p?: number | undefined;
}

export interface VarianceOptions extends ReduceOptions {
  /** Divides by n − correction. Default 1, which makes the estimate unbiased (Bessel); 0 for the second moment. */
  readonly correction?: number | undefined;
}

/**
 * (Σ |x|ᵖ)^(1/p) over the axes, p > 0; max |x| for p = ∞. PyTorch's `linalg.vector_norm`. The norm of nothing is 0.
 * Throws for another p, and for p = ∞ where there is nothing to take the maximum of.
 * A kernel of its own: squares are summed in float64, where those of float32 numbers cannot overflow.
 */
export function norm(x: Tensor, { p = 2, axes, keepDims = false }: NormOptions = {}): Tensor {
  checkTensor('norm', 'x', x);
  if (!(p > 0)) throw new RangeError(`norm: p is a number > 0, or Infinity; got ${p}`);
  const reduced = normalizeAxes('norm', axes, x.shape);
  const count = countAlong(x.shape, reduced);
  if (p === Infinity && count === 0) {
    const where = `${formatShape(x.shape)} has no elements along axes [${reduced.join(',')}]`;
    throw new RangeError(`norm: ${where}, so no largest`);
  }
  const out = allocateLike(reducedShape(x.shape, reduced, keepDims), x);
  if (out.isMeta || out.size === 0) return out;
  const { source, outer, inner } = asOuterInner(x, reduced);
  kernelsFor(x).norm(outer, count, inner, p, elements(source), elements(out));
  return out;
}

/**
 * Σ (x − mean)² / (n − correction) over the axes, n elements each. First the mean, since Σ x² − n·mean² would cancel
 * where it is large; and then the mean of what is left, which is what rounding has made of the first. NaN where
 * n ≤ correction and all deviations are 0, as 0/0 is. PyTorch's `var`.
 */
export function variance(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  const degrees = degreesOfFreedom('variance', x, options, correction);
  return scope(() => div(sum(square(deviations(x, options)), options), degrees), 'variance');
}

/** √variance, in the units of x. */
export function std(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  const degrees = degreesOfFreedom('std', x, options, correction);
  return scope(() => div(norm(deviations(x, options), options), Math.sqrt(degrees)), 'std');
}

const centred = (x: Tensor, { axes }: ReduceOptions): Tensor => sub(x, mean(x, { axes, keepDims: true }));
/** Twice: of numbers around 10⁷ a float32 mean may be half a unit off. */
const deviations = (x: Tensor, options: ReduceOptions): Tensor => centred(centred(x, options), options);

/** n − correction, for n elements along the axes; at least 0. */
export function degreesOfFreedom(op: string, x: Tensor, { axes }: ReduceOptions, correction: number): number {
  checkTensor(op, 'x', x);
  if (!(correction >= 0)) throw new RangeError(`${op}: correction is a number >= 0; got ${correction}`);
  return Math.max(0, countAlong(x.shape, normalizeAxes(op, axes, x.shape)) - correction);
}
