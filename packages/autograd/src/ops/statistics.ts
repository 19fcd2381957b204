/** Norms, variance, standard deviation, and products: how large, how far apart, how many times. */
import * as t from '@vitrine/tensor';
import { scope } from '@vitrine/tensor';
import type { NormOptions, ReduceOptions, VarianceOptions } from '@vitrine/tensor';
import { countAlong, degreesOfFreedom, reducedShape } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { add, div, mul, square, sub } from './elementwise.js';
import { mean, sum } from './reduce.js';
import { padSlice, permute, reshape, slice } from './views.js';

/** (Σ |x|ᵖ)^(1/p) over the axes; the gradient at the zero vector, where there is none, is 0, as in PyTorch. */
export const norm = (x: Input, options: NormOptions = {}): Variable => apply('norm', variable('norm', x), options);

/** Σ (x − mean)² / (n − correction) over the axes. */
export function variance(x: Input, { correction = 1, ...options }: VarianceOptions = {}): Variable {
  const v = variable('variance', x);
  const degrees = degreesOfFreedom('variance', v.value, options, correction);
  return scope(() => div(sum(square(deviations(v, options)), options), degrees), 'variance');
}

/** √variance; where it is 0, so is its gradient. That is why it is the norm of the deviations, and not a root. */
export function std(x: Input, { correction = 1, ...options }: VarianceOptions = {}): Variable {
  const v = variable('std', x);
  const degrees = degreesOfFreedom('std', v.value, options, correction);
  return scope(() => div(norm(deviations(v, options), options), Math.sqrt(degrees)), 'std');
}

const centred = (x: Variable, { axes }: ReduceOptions): Variable => sub(x, mean(x, { axes, keepDims: true }));
/** As the tensor's: centring twice is centring, so that the gradient is the same. */
const deviations = (x: Variable, options: ReduceOptions): Variable => centred(centred(x, options), options);

/**
 * Π x over the axes. Made of `mul`, as a tournament: halves are multiplied until one element is left. So the gradient
 * of every factor is the product of the others, made without a division: zeros among them, one or several, need no
 * case of their own, in gradients of gradients neither.
 */
export function prod(x: Input, { axes, keepDims = false }: ReduceOptions = {}): Variable {
  const v = variable('prod', x);
  const reduced = t.normalizeAxes('prod', axes, v.shape);
  const kept = v.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  return scope(() => {
    const columns = [kept, reduced].map((group) => countAlong(v.shape, group));
    let factors = padWithOnes(reshape(permute(v, [...kept, ...reduced]), columns));
    while (factors.shape[1] > 1) {
      const half = factors.shape[1] / 2;
      factors = mul(slice(factors, 1, 0, half), slice(factors, 1, half));
    }
    return reshape(factors, reducedShape(v.shape, reduced, keepDims));
  }, 'prod');
}

/** Rows of x `[rows, n]` made as long as the next power of two; of nothing, a single 1. */
function padWithOnes(x: Variable): Variable {
  const [rows, n] = x.shape;
  const length = n === 0 ? 1 : 2 ** Math.ceil(Math.log2(n));
  if (length === n) return x;
  const ones = t.padSlice(t.ones([1, length - n], x.value.dtype), [1, length], 1, n);
  return add(padSlice(x, [rows, length], 1, 0), ones);
}
