/** Diagonals: two axes walked as one. */
import { checkShape, formatShape, normalizeAxis, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { Tensor, checkTensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous, permute } from './views.js';

/**
 * out[…, i] = x[… i … i …]: the elements whose positions along the two axes are equal. The axes go, and one of the
 * shorter's length comes in at the end: `[3,4,5]` with axes 0 and 2 → `[4,3]`. A view. Source: PyTorch's diagonal.
 */
export function diagonal(x: Tensor, axis1: number, axis2: number): Tensor {
  checkTensor('diagonal', 'x', x);
  const { along, rest, length } = diagonalAxes('diagonal', x.shape, axis1, axis2);
  const shape = [...rest.map((axis) => x.shape[axis]), length];
  const strides = [...rest.map((axis) => x.strides[axis]), x.strides[along[0]] + x.strides[along[1]]];
  return new Tensor(x.storage, shape, strides, x.offset);
}

/**
 * Zeros of `shape` with x on the diagonal of the two axes: the gradient of `diagonal`. x has the shape `diagonal` would
 * give.
 */
export function padDiagonal(x: Tensor, shape: Shape, axis1: number, axis2: number): Tensor {
  checkTensor('padDiagonal', 'x', x);
  checkShape('padDiagonal', shape);
  const { along, rest, length } = diagonalAxes('padDiagonal', shape, axis1, axis2);
  const wanted = [...rest.map((axis) => shape[axis]), length];
  if (!sameShape(x.shape, wanted)) {
    const diagonalOf = `the diagonal of ${formatShape(shape)} along axes ${axis1} and ${axis2}`;
    throw new RangeError(`padDiagonal: ${diagonalOf} is ${formatShape(wanted)}; got ${formatShape(x.shape)}`);
  }
  // Written with the two axes last, and looked at with each in its place.
  const order = [...rest, ...along];
  const out = allocateLike(order.map((axis) => shape[axis]), x);
  if (!out.isMeta && out.size > 0) {
    const count = sizeOf(rest.map((axis) => shape[axis]));
    kernelsFor(x).padDiagonal(count, shape[along[0]], shape[along[1]], elements(contiguous(x)), elements(out));
  }
  return permute(out, shape.map((_, axis) => order.indexOf(axis)));
}

interface DiagonalAxes {
  readonly along: readonly [number, number];
  readonly rest: readonly number[];
  readonly length: number;
}

function diagonalAxes(op: string, shape: Shape, axis1: number, axis2: number): DiagonalAxes {
  const along = [normalizeAxis(op, axis1, shape), normalizeAxis(op, axis2, shape)] as const;
  if (along[0] === along[1]) {
    throw new RangeError(`${op}: a diagonal runs along two axes; got ${axis1} and ${axis2} of ${formatShape(shape)}`);
  }
  const rest = shape.map((_, axis) => axis).filter((axis) => !along.includes(axis));
  return { along, rest, length: Math.min(shape[along[0]], shape[along[1]]) };
}
