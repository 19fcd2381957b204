/** Many elements to one, along axes: sums, means, extremes. */
import { formatShape, normalizeAxes, repeatedAxes, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { indexedAxis } from './axis.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { div } from './elementwise.js';
import { contiguous, permute, reshape } from './views.js';

export interface ReduceOptions {
  /** One axis or several; negative ones count from the end. All axes if not given. */
  readonly axes?: number | readonly number[] | undefined;
  /** Whether reduced axes stay, with length 1. */
  readonly keepDims?: boolean | undefined;
}

type Reduction = 'sum' | 'prod' | 'max' | 'min' | 'logSumExp';

/** The shape with `axes` of length 1 (`keepDims`) or gone. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return shape.flatMap((length, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [length]));
}

/** How many elements there are along some of the axes. */
export const countAlong = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]));

function reduce(kind: Reduction, x: Tensor, { axes, keepDims = false }: ReduceOptions): Tensor {
  checkTensor(kind, 'x', x);
  const reduced = normalizeAxes(kind, axes, x.shape);
  const out = allocateLike(reducedShape(x.shape, reduced, keepDims), x);
  const count = countAlong(x.shape, reduced);
  if ((kind === 'max' || kind === 'min') && count === 0) {
    throw new RangeError(`${kind}: ${formatShape(x.shape)} has no elements along axes [${reduced.join(',')}]`);
  }
  if (out.isMeta || out.size === 0) return out;
  const { source, outer, inner } = asOuterInner(x, reduced);
  kernelsFor(x)[kind](outer, count, inner, elements(source), elements(out));
  return out;
}

/**
 * x seen as outer × n × inner with the reduced axes in the middle. Neighbouring reduced axes need no copy (the rows and
 * columns of an image, channels last); others are brought together at the end first.
 */
export function asOuterInner(x: Tensor, reduced: readonly number[]): { source: Tensor; outer: number; inner: number } {
  const [first, last] = [reduced[0] ?? x.rank, reduced.at(-1) ?? x.rank - 1];
  if (last - first + 1 === reduced.length) {
    return { source: contiguous(x), outer: sizeOf(x.shape.slice(0, first)), inner: sizeOf(x.shape.slice(last + 1)) };
  }
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  return { source: contiguous(permute(x, [...kept, ...reduced])), outer: countAlong(x.shape, kept), inner: 1 };
}

/** Σ x over the axes. An empty sum is 0. */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('sum', x, options);
/** Π x over the axes. An empty product is 1. */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('prod', x, options);
/** The largest element; NaN if any is NaN. Throws where there is none. */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('max', x, options);
/** The smallest element; NaN if any is NaN. Throws where there is none. */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('min', x, options);

/**
 * log Σ exp(x) over the axes, without overflow: a maximum without corners. Nothing but −∞, or nothing at all, gives −∞.
 * A kernel of its own because the exponentials are to be taken after subtracting the maximum, unless that is infinite.
 */
export const logSumExp = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('logSumExp', x, options);

/** Σ x / n over the axes; n is the number of elements that are summed. The mean of nothing is NaN. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('mean', 'x', x);
  const count = countAlong(x.shape, normalizeAxes('mean', options.axes, x.shape));
  return div(sum(x, options), count); // the mean of ones is 1: 1/n is rounded
}

/** Index of the largest element along one axis, the first if there are several; NaN counts as largest. */
export const argmax = (x: Tensor, axis: number): Tensor => argExtreme('argmax', x, axis);
/** Index of the smallest element along one axis, the first if there are several; NaN counts as smallest. */
export const argmin = (x: Tensor, axis: number): Tensor => argExtreme('argmin', x, axis);

function argExtreme(kind: 'argmax' | 'argmin', x: Tensor, axis: number): Tensor {
  const along = indexedAxis(kind, x, axis);
  if (x.shape[along] === 0) throw new RangeError(`${kind}: ${formatShape(x.shape)} has no elements along axis ${axis}`);
  const out = allocateLike(reducedShape(x.shape, [along], false), x);
  if (out.isMeta || out.size === 0) return out;
  const { source, outer, inner } = asOuterInner(x, [along]);
  kernelsFor(x)[kind](outer, x.shape[along], inner, elements(source), elements(out));
  return out;
}

/** Undoes broadcasting: sums x over the axes that broadcasting `shape` to x.shape repeated. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('sumTo', 'x', x);
  if (sameShape(x.shape, shape)) return x;
  const out = sum(x, { axes: repeatedAxes('sumTo', shape, x.shape) });
  return reshape(out, shape);
}
