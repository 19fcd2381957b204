/** Order along one axis: where each element goes, and the elements in that order. */
import { scope } from '../heap/scope.js';
import { formatShape, normalizeAxis, sameShape, sizeOf } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { axisBack, axisLast, indexedAxis } from './axis.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

export interface SortOptions {
  /** Default −1, the last. */
  readonly axis?: number | undefined;
  /** Largest first. Default false. */
  readonly descending?: boolean | undefined;
}

export interface TopKOptions {
  /** Default −1, the last. */
  readonly axis?: number | undefined;
  /** The k largest (default), or the k smallest. */
  readonly largest?: boolean | undefined;
  /** Best first (default); if false, in the order they stand in x. */
  readonly sorted?: boolean | undefined;
}

/** Elements in their new order, and where along the axis each of them stood: whole numbers of the type of x. */
export interface Ordered {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/**
 * Indices that sort x along an axis: x[indices[0]] ≤ x[indices[1]] ≤ …, or ≥ if `descending`. Of the shape of x.
 * Stable: equals keep their order. NaN counts as the largest number: last, or first if `descending`, as in PyTorch.
 */
export function argsort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Tensor {
  const along = indexedAxis('argsort', x, axis);
  return scope(() => {
    const rows = axisLast(x, along);
    const indices = allocateLike(rows.shape, x);
    if (!indices.isMeta && indices.size > 0) {
      const n = x.shape[along];
      const source = contiguous(rows);
      kernelsFor(x).sortIndices(x.size / n, n, descending, elements(source), elements(indices));
    }
    return axisBack(indices, along);
  }, 'argsort');
}

/** The elements sorted along an axis, and where they stood: see `argsort`. Both of the shape of x. */
export function sort(x: Tensor, options: SortOptions = {}): Ordered {
  const indices = argsort(x, options);
  return { values: takeAlong(x, indices, options.axis ?? -1), indices };
}

/**
 * The k largest elements along an axis (or smallest), best first, and where they stood; that axis has length k. Of
 * equals the first ones are taken; NaN counts as the largest number. PyTorch's `topk`, which leaves ties open.
 */
export function topK(x: Tensor, k: number, options: TopKOptions = {}): Ordered {
  const indices = topKIndices(x, k, options);
  return { values: takeAlong(x, indices, options.axis ?? -1), indices };
}

/** The indices of `topK`. */
export function topKIndices(
  x: Tensor, k: number, { axis = -1, largest = true, sorted = true }: TopKOptions = {},
): Tensor {
  const along = indexedAxis('topK', x, axis);
  const n = x.shape[along];
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new RangeError(
      `topK: k is a whole number from 0 to ${n}, the length of axis ${axis} of ${formatShape(x.shape)}; got ${k}`,
    );
  }
  return scope(() => {
    const rows = axisLast(x, along);
    const indices = allocateLike([...rows.shape.slice(0, -1), k], x);
    if (!indices.isMeta && indices.size > 0) {
      const source = contiguous(rows);
      kernelsFor(x).topKIndices(x.size / n, n, k, largest, sorted, elements(source), elements(indices));
    }
    return axisBack(indices, along);
  }, 'topK');
}

/**
 * out[…,j,…] = x[…, indices[…,j,…], …]: elements picked along an axis; an index of −1 picks a zero. The shapes of x and
 * indices are equal but for that axis. What the indices are is not checked: they come from `argsort`, `topK` or a loss
 * that has looked at its labels. PyTorch's `take_along_dim`.
 */
export function takeAlong(x: Tensor, indices: Tensor, axis: number): Tensor {
  const along = checkAlong('takeAlong', 'x', x, indices, axis);
  const out = allocateLike(indices.shape, x, indices);
  if (out.isMeta || out.size === 0) return out;
  const [source, places] = [contiguous(x), contiguous(indices)];
  const { outer, inner } = around(along, x);
  kernelsFor(x).takeAlong(
    outer, x.shape[along], indices.shape[along], inner, elements(source), elements(places), elements(out),
  );
  return out;
}

/** The gradient of `takeAlong`: zeros of that length along the axis, and g[…,j,…] added at indices[…,j,…]. */
export function putAlong(g: Tensor, indices: Tensor, axis: number, length: number): Tensor {
  const along = checkAlong('putAlong', 'g', g, indices, axis);
  const out = allocateLike(g.shape.with(along, length), g, indices);
  if (out.isMeta || out.size === 0) return out;
  const [source, places] = [contiguous(g), contiguous(indices)];
  const { outer, inner } = around(along, g);
  kernelsFor(g).putAlong(
    outer, length, g.shape[along], inner, elements(source), elements(places), elements(out),
  );
  return out;
}

/** How many elements the axes before the axis have, and those behind it. */
const around = (axis: number, { shape }: Tensor): { outer: number; inner: number } =>
  ({ outer: sizeOf(shape.slice(0, axis)), inner: sizeOf(shape.slice(axis + 1)) });

function checkAlong(op: string, name: string, x: Tensor, indices: Tensor, axis: number): number {
  checkTensor(op, name, x);
  checkTensor(op, 'indices', indices);
  checkSameDType(op, x, indices);
  const along = normalizeAxis(op, axis, x.shape);
  if (x.rank !== indices.rank || !sameShape(x.shape.toSpliced(along, 1), indices.shape.toSpliced(along, 1))) {
    throw new RangeError(
      `${op}: indices have the shape of ${name}, ${formatShape(x.shape)}, but for axis ${axis}; ` +
        `got ${formatShape(indices.shape)}`,
    );
  }
  return along;
}
