/**
 * New tensors from random streams: the same seed gives the same numbers, and every call advances its stream. Meta
 * tensors take none.
 */
import type { Floats } from '../kernels/geometry.js';
import type { Random, RandomState } from '../random.js';
import type { Kernels } from '../runtime.js';
import { checkShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { LARGEST_INTEGER } from '../storage.js';
import type { DType } from '../storage.js';
import { allocate } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { elements, kernelsFor } from './dispatch.js';

/** Uniform in [low, high); rounding may reach high where low is not 0. Takes a word an element from `random`. */
export const rand = (shape: Shape, random: Random, { low = 0, high = 1, dtype = 'float32' as DType } = {}): Tensor =>
  fill('rand', shape, dtype, random, 1, (k, n, out, from) => k.uniform(n, out, from, low, high));

/** Normal with the given mean and standard deviation. Takes two words an element from `random`. */
export const randn = (shape: Shape, random: Random, { mean = 0, std = 1, dtype = 'float32' as DType } = {}): Tensor =>
  fill('randn', shape, dtype, random, 2, (k, n, out, from) => k.normal(n, out, from, mean, std));

/**
 * `value` with the given probability, else 0. With value 1/probability: a dropout mask. Takes a word an element from
 * `random`.
 */
export function bernoulli(
  shape: Shape, probability: number, random: Random, { value = 1, dtype = 'float32' as DType } = {},
): Tensor {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`bernoulli: probability is from 0 to 1; got ${probability}`);
  }
  return fill('bernoulli', shape, dtype, random, 1, (k, n, out, from) =>
    k.bernoulli(n, out, from, probability, value));
}

export interface TruncatedNormalOptions {
  readonly mean?: number;
  readonly std?: number;
  /** The bounds, in standard deviations from the mean; default −2 and 2. Either may be infinite. */
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: DType;
}

/** Beyond, Φ underflows in float64, and no interval has a probability. */
const FARTHEST = 37;

/**
 * Normal, given that it lies from mean + low·std to mean + high·std: nothing outside ever occurs. Takes a word an
 * element from `random`.
 *
 * A uniform number goes through the inverse of the distribution function. Drawing normal numbers until one fits gives
 * the same distribution, but takes an unknown number of words: element i would no longer be a function of word i alone,
 * and an interval far out would take for ever. Source: Devroye 1986, "Non-Uniform Random Variate Generation", II.2;
 * PyTorch's `trunc_normal_`, whose bounds are values and not standard deviations.
 */
export function truncatedNormal(shape: Shape, random: Random, options: TruncatedNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, low = -2, high = 2, dtype = 'float32' } = options;
  if (!Number.isFinite(mean) || !(Number.isFinite(std) && std >= 0)) {
    throw new RangeError(`truncatedNormal: mean is finite, std is finite and >= 0; got ${mean}, ${std}`);
  }
  if (!(low < high) || low > FARTHEST || high < -FARTHEST) {
    throw new RangeError(`truncatedNormal: low is below high, and the interval between them reaches within ` +
      `${FARTHEST} standard deviations of the mean; got ${low}, ${high}`);
  }
  return fill('truncatedNormal', shape, dtype, random, 1, (k, n, out, from) =>
    k.truncatedNormal(n, out, from, mean, std, low, high));
}

/** The numbers 0 … n − 1 in random order, `[n]` (Fisher & Yates). */
export function randperm(n: number, random: Random, dtype: DType = 'float32'): Tensor {
  checkShape('randperm', [n]);
  checkHolds('randperm', n - 1, dtype);
  const out = allocate([n], dtype);
  if (!out.isMeta) out.storage.data.set(random.permutation(n));
  return out;
}

/**
 * Whole numbers in low … high − 1, all equally likely: without bias, at the price that a word of `random` is now and
 * then rejected, less than one an element on average. As in PyTorch, `high` is left out.
 */
export function randint(
  low: number, high: number, shape: Shape, random: Random, dtype: DType = 'float32',
): Tensor {
  checkShape('randint', shape);
  if (!Number.isInteger(low) || !Number.isInteger(high) || !(low < high) || high - low > 2 ** 32) {
    throw new RangeError(`randint: low and high are whole numbers, low below high by at most 2^32; ` +
      `got ${low}, ${high}`);
  }
  checkHolds('randint', Math.max(Math.abs(low), Math.abs(high - 1)), dtype);
  const out = allocate(shape, dtype);
  if (out.isMeta) return out;
  const { data } = out.storage;
  for (let i = 0; i < out.size; i++) data[i] = low + random.integer(high - low);
  return out;
}

/** Throws unless the element type holds every whole number up to `largest`. */
function checkHolds(op: string, largest: number, dtype: DType): void {
  if (largest <= LARGEST_INTEGER[dtype]) return;
  throw new RangeError(`${op}: ${dtype} does not hold every whole number up to ${largest}` +
    (dtype === 'float32' ? "; ask for 'float64'" : ''));
}

/** A tensor that `write` fills from the next `words` words of `random` for each element. */
function fill(
  op: string, shape: Shape, dtype: DType, random: Random, words: number,
  write: (kernels: Kernels, n: number, out: Floats, from: RandomState) => void,
): Tensor {
  checkShape(op, shape);
  const out = allocate(shape, dtype);
  if (!out.isMeta) write(kernelsFor(out), out.size, elements(out), random.take(words * out.size));
  return out;
}
