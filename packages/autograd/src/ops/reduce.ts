/** Many elements to one, along axes; and scores to probabilities. */
import type { ReduceOptions } from '@vitrine/tensor';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { div } from './elementwise.js';

/** Σ x over the axes (all, if none are given). */
export const sum = (x: Input, options: ReduceOptions = {}): Variable => apply('sum', variable('sum', x), options);
/** The largest element; several that are equal share the gradient. */
export const max = (x: Input, options: ReduceOptions = {}): Variable => apply('max', variable('max', x), options);
/** The smallest element; several that are equal share the gradient. */
export const min = (x: Input, options: ReduceOptions = {}): Variable => apply('min', variable('min', x), options);

/** Σ x / n over the axes. */
export function mean(x: Input, options: ReduceOptions = {}): Variable {
  const total = sum(x, options);
  const n = variable('mean', x).value.size / total.value.size;
  return div(total, n);
}

/** log Σ exp(x) over the axes; its gradient is softmax, 0 throughout where all elements are −∞. */
export const logSumExp = (x: Input, options: ReduceOptions = {}): Variable =>
  apply('logSumExp', variable('logSumExp', x), options);

/** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis (default: the last). */
export const softmax = (x: Input, axis = -1): Variable => apply('softmax', variable('softmax', x), axis);
/** xᵢ − log Σⱼ exp(xⱼ) along an axis (default: the last). */
export const logSoftmax = (x: Input, axis = -1): Variable => apply('logSoftmax', variable('logSoftmax', x), axis);
