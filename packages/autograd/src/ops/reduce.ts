/** Many elements to one, along axes; and scores to probabilities. */
import type { ReduceOptions } from '@vitrine/tensor';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { mul } from './elementwise.js';

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
  return mul(total, 1 / n);
}

export const softmax = (x: Input): Variable => apply('softmax', variable('softmax', x));
export const logSoftmax = (x: Input): Variable => apply('logSoftmax', variable('logSoftmax', x));
