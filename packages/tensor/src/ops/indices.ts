/** Indices as operands: whole numbers in a tensor, as `argmax` gives them, or in an array. Kernels get them checked. */
import { contiguousStrides, formatShape, indexAt, normalizeAxis } from '../shape.js';
import type { Shape } from '../shape.js';
import { allocate, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { fromArray } from './create.js';
import { elements } from './dispatch.js';
import { contiguous } from './views.js';

/** A tensor `[K]` of whole numbers of either element type, or the numbers themselves. float32 counts up to 2²⁴. */
export type Indices = Tensor | readonly number[];

/** Indices as a tensor `[K]`; an array becomes a float64 one, which holds every index. */
export function indexTensor(op: string, indices: Indices): Tensor {
  const found = Array.isArray(indices) ? fromArray(indices, undefined, 'float64') : indices;
  checkTensor(op, 'indices', found);
  if (found.rank !== 1) throw new RangeError(`${op}: indices have one axis [K]; got ${formatShape(found.shape)}`);
  return found;
}

/** The indices as a kernel reads them. Throws, naming the first that is wrong, unless all are positions of the axis. */
export function positionsOf(op: string, indices: Tensor, axis: number, shape: Shape): Int32Array {
  const source = elements(contiguous(indices));
  const found = new Int32Array(source.length);
  for (let i = 0; i < found.length; i++) {
    if (!isPosition(source[i], shape[axis])) throw notAPosition(op, source[i], `position ${i}`, axis, shape);
    found[i] = source[i];
  }
  return found;
}

/**
 * Where the elements that `gather` reads stand in an array of `shape`, counted in reading order: for every index
 * [i, j, …] of the tensor `index`, the place of [i, j, …] with its entry for the axis replaced by index[i, j, …].
 * A float64 tensor `[index.size]`.
 */
export function flatPositions(op: string, index: Tensor, axis: number, shape: Shape): Tensor {
  checkTensor(op, 'index', index);
  const along = normalizeAxis(op, axis, shape);
  if (index.rank !== shape.length || index.shape.some((n, i) => i !== along && n > shape[i])) {
    throw new RangeError(`${op}: index has the axes of x, none longer but axis ${axis}; ` +
      `got index ${formatShape(index.shape)}, x ${formatShape(shape)}`);
  }
  const source = contiguous(index);
  const out = allocate([index.size], 'float64', index.isMeta);
  if (out.isMeta) return out;
  const strides = contiguousStrides(shape);
  const flat = out.storage.data;
  elements(source).forEach((entry, i) => {
    if (!isPosition(entry, shape[along])) {
      throw notAPosition(op, entry, formatShape(indexAt(i, index.shape)), along, shape);
    }
    let at = entry * strides[along];
    for (let d = index.rank - 1, rest = i; d >= 0; d--) {
      const k = rest % index.shape[d];
      if (d !== along) at += k * strides[d];
      rest = (rest - k) / index.shape[d];
    }
    flat[i] = at;
  });
  return out;
}

/** None counts from the end: a −1 is more often a label that is missing than the last position. */
const isPosition = (index: number, length: number): boolean => Number.isInteger(index) && index >= 0 && index < length;

const notAPosition = (op: string, index: number, where: string, axis: number, shape: Shape): RangeError =>
  new RangeError(`${op}: index ${index} at ${where} is not one of the ${shape[axis]} positions` +
    `${shape[axis] > 0 ? ` 0..${shape[axis] - 1}` : ''} along axis ${axis} of ${formatShape(shape)}`);
