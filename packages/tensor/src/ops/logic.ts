/** What holds of some element, or of every one. */
import { scope } from '../heap/scope.js';
import { normalizeAxes } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { equal, greater } from './elementwise.js';
import { sum } from './reduce.js';
import type { ReduceOptions } from './reduce.js';

/** 1 where any element along the axes is not 0 (NaN is not), else 0. Of nothing: 0. */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('any', 'x', x);
  normalizeAxes('any', options.axes, x.shape);
  return scope(() => greater(sum(equal(equal(x, 0), 0), options), 0), 'any');
}

/** 1 where no element along the axes is 0 (NaN is not), else 0. Of nothing: 1. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('all', 'x', x);
  normalizeAxes('all', options.axes, x.shape);
  return scope(() => equal(sum(equal(x, 0), options), 0), 'all');
}
