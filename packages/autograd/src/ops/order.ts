/** Running totals, and order along one axis. */
import * as t from '@vitrine/tensor';
import type { CumsumOptions, SortOptions, Tensor, TopKOptions } from '@vitrine/tensor';
import { topKIndices } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';

/** Σ_{j ≤ k} x[…,j,…] along one axis; with `reverse` Σ_{j ≥ k}. Each is the gradient of the other. */
export const cumsum = (x: Input, axis: number, options: CumsumOptions = {}): Variable =>
  apply('cumsum', variable('cumsum', x), axis, options);

/** Values can be differentiated; where they stood is a constant. */
export interface OrderedVariable {
  readonly values: Variable;
  readonly indices: Tensor;
}

/** The elements sorted along an axis, stably; gradients go back to where they stood. See the tensors' `sort`. */
export function sort(x: Input, options: SortOptions = {}): OrderedVariable {
  const v = variable('sort', x);
  const indices = t.argsort(v.value, options);
  return { values: takeAlong(v, indices, options.axis ?? -1), indices };
}

/** The k largest (or smallest) along an axis; only they get a gradient. See the tensors' `topK`. */
export function topK(x: Input, k: number, options: TopKOptions = {}): OrderedVariable {
  const v = variable('topK', x);
  const indices = topKIndices(v.value, k, options);
  return { values: takeAlong(v, indices, options.axis ?? -1), indices };
}

/** out[…,j,…] = x[…, indices[…,j,…], …]; −1 picks a zero. The indices are not checked. */
export const takeAlong = (x: Input, indices: Tensor, axis: number): Variable =>
  apply('takeAlong', variable('takeAlong', x), indices, axis);
/** Zeros of that length along the axis, and g[…,j,…] added at indices[…,j,…]: the gradient of `takeAlong`. */
export const putAlong = (g: Input, indices: Tensor, axis: number, length: number): Variable =>
  apply('putAlong', variable('putAlong', g), indices, axis, length);
