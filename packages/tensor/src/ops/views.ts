/** Other ways of looking at the same storage; a copy is made only where strides cannot express the result. */
import { broadcastStrides, checkShape, formatShape, normalizeAxis, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { Tensor, checkTensor } from '../tensor.js';
import { flattenedShape, sliceRange } from './arrange-rules.js';
import { allocateLike, elements, elementsFrom, kernelsFor } from './dispatch.js';

/** The tensor itself if its elements stand in reading order without gaps; else a copy for which that is so. */
export function contiguous(x: Tensor): Tensor {
  checkTensor('contiguous', 'x', x);
  return x.isContiguous ? x : clone(x);
}

/** A contiguous copy with storage of its own. */
export function clone(x: Tensor): Tensor {
  checkTensor('clone', 'x', x);
  const out = allocateLike(x.shape, x);
  if (out.isMeta) return out;
  if (x.isContiguous) elements(out).set(elements(x));
  else kernelsFor(x).copy(x.shape, elementsFrom(x), x.strides, elements(out));
  return out;
}

/**
 * The elements in reading order under another shape; one length may be −1 and is worked out. A view if x is contiguous.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'x', x);
  const target = inferLength(x, shape);
  const source = contiguous(x);
  return new Tensor(source.storage, target, undefined, source.offset);
}

function inferLength(x: Tensor, shape: Shape): number[] {
  const unknown = shape.indexOf(-1);
  const target = [...shape];
  if (unknown >= 0) {
    target[unknown] = 1;
    const rest = sizeOf(target);
    target[unknown] = rest > 0 ? x.size / rest : 0;
  }
  if (target.every((length) => Number.isInteger(length) && length >= 0) && sizeOf(target) === x.size) return target;
  checkShape('reshape', shape.map((length) => (length === -1 ? 1 : length)));
  throw new RangeError(
    `reshape: ${formatShape(x.shape)} has ${x.size} elements, which do not fit ${formatShape(shape)}`,
  );
}

/** Axes in another order: axis i of the result is axis axes[i] of x. A view. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  checkTensor('permute', 'x', x);
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.shape));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new RangeError(`permute: axes of ${formatShape(x.shape)} must each be named once; got [${axes.join(',')}]`);
  }
  return new Tensor(x.storage, order.map((axis) => x.shape[axis]), order.map((axis) => x.strides[axis]), x.offset);
}

/** The last two axes swapped: the matrix transpose of every matrix. A view. */
export function mT(x: Tensor): Tensor {
  checkTensor('mT', 'x', x);
  if (x.rank < 2) throw new RangeError(`mT: a matrix has at least two axes; got ${formatShape(x.shape)}`);
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** x repeated over the axes it lacks or has with length 1. A view with strides of 0. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', 'x', x);
  checkShape('broadcastTo', shape);
  const fits = x.rank <= shape.length && x.shape.every((n, i) => n === 1 || n === shape[shape.length - x.rank + i]);
  if (!fits) {
    throw new RangeError(
      `broadcastTo: ${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}; ` +
        `aligned at the last axis, lengths must be equal or 1`,
    );
  }
  return new Tensor(x.storage, shape, broadcastStrides(x.shape, x.strides, shape), x.offset);
}

/**
 * Elements start, start + step, … before `end` along one axis, by NumPy's rule: negative positions count from the end,
 * those outside are cut off. A view for a positive step. A negative one walks backwards (from −1 with no end: all, in
 * reverse) and copies: strides are never negative, since a kernel's array begins at the first element it reads.
 */
export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  checkTensor('slice', 'x', x);
  const along = normalizeAxis('slice', axis, x.shape);
  const length = x.shape[along];
  const { start: first, count } = sliceRange(length, start, end, step);
  const shape = x.shape.with(along, count);
  if (step > 0) {
    const stride = x.strides[along];
    return new Tensor(x.storage, shape, x.strides.with(along, stride * step), x.offset + first * stride);
  }
  const out = allocateLike(shape, x);
  if (out.isMeta || out.size === 0) return out;
  const source = contiguous(x);
  const positions = Int32Array.from({ length: count }, (_, k) => first + k * step);
  const [outer, inner] = [sizeOf(shape.slice(0, along)), sizeOf(shape.slice(along + 1))];
  kernelsFor(x).indexSelect(outer, length, inner, positions, elements(source), elements(out));
  return out;
}

/** Zeros of `shape` with x at positions start, start + step, … along `axis`: undoes `slice`, and is its gradient. */
export function padSlice(x: Tensor, shape: Shape, axis: number, start: number, step = 1): Tensor {
  checkTensor('padSlice', 'x', x);
  checkShape('padSlice', shape);
  const along = normalizeAxis('padSlice', axis, shape);
  if (!Number.isInteger(step) || step === 0) {
    throw new RangeError(`padSlice: step is a whole number other than 0; got ${step}`);
  }
  const count = x.shape[along];
  const ends = count === 0 ? [start] : [start, start + (count - 1) * step];
  const inside = (position: number): boolean =>
    Number.isInteger(position) && position >= 0 && position < shape[along] + (count === 0 ? 1 : 0);
  const fits = x.rank === shape.length && x.shape.every((n, i) => (i === along ? ends.every(inside) : n === shape[i]));
  if (!fits) {
    const by = step === 1 ? '' : ` by ${step}`;
    throw new RangeError(`padSlice: ${formatShape(x.shape)} does not lie in ${formatShape(shape)} ` +
      `from ${start}${by} along axis ${axis}`);
  }
  const source = contiguous(x);
  const out = allocateLike(shape, x);
  if (out.isMeta) return out;
  elements(out).fill(0);
  const [outer, inner] = [sizeOf(shape.slice(0, along)), sizeOf(shape.slice(along + 1))];
  kernelsFor(x).place(outer, count, inner, elements(source), shape[along], start, step, elements(out));
  return out;
}

/** The axes from `startAxis` to `endAxis` as one. A scalar becomes `[1]`, as in PyTorch. A view if x is contiguous. */
export function flatten(x: Tensor, startAxis = 0, endAxis = -1): Tensor {
  checkTensor('flatten', 'x', x);
  return reshape(x, flattenedShape(x.shape, startAxis, endAxis));
}

/** An axis of length 1 inserted before `axis` (rank + 1 positions; negative ones count from the end). A view. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  checkTensor('unsqueeze', 'x', x);
  const at = normalizeAxis('unsqueeze', axis, [...x.shape, 1]);
  return new Tensor(x.storage, x.shape.toSpliced(at, 0, 1), x.strides.toSpliced(at, 0, 0), x.offset);
}

/** The axis, which must have length 1, removed. A view. */
export function squeeze(x: Tensor, axis: number): Tensor {
  checkTensor('squeeze', 'x', x);
  const at = normalizeAxis('squeeze', axis, x.shape);
  if (x.shape[at] !== 1) {
    throw new RangeError(
      `squeeze: axis ${axis} of ${formatShape(x.shape)} has length ${x.shape[at]}; only an axis of length 1 can go`,
    );
  }
  return new Tensor(x.storage, x.shape.toSpliced(at, 1), x.strides.toSpliced(at, 1), x.offset);
}
