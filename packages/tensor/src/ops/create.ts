/** New tensors from numbers, patterns and random streams. All are owned by the innermost open scope. */
import type { Floats } from '../kernels/geometry.js';
import type { Random, RandomState } from '../random.js';
import { runtime } from '../runtime.js';
import type { Kernels } from '../runtime.js';
import { checkShape, formatShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { DType } from '../storage.js';
import { allocate, checkTensor } from '../tensor.js';
import type { NestedNumbers, Tensor } from '../tensor.js';
import { contiguous } from './views.js';
import { elements, kernelsFor } from './dispatch.js';

/** Every element is `value`. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape);
  const out = allocate(shape, dtype);
  if (!out.isMeta) out.storage.data.fill(value);
  return out;
}

export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype);
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype);
export const zerosLike = (tensor: Tensor): Tensor => full(tensor.shape, 0, tensor.dtype);
export const onesLike = (tensor: Tensor): Tensor => full(tensor.shape, 1, tensor.dtype);

/** Copies `values`, in reading order, into a tensor of `shape`. Throws unless the counts agree. */
export function fromArray(values: ArrayLike<number>, shape: Shape = [values.length], dtype: DType = 'float32'): Tensor {
  checkShape('fromArray', shape);
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`fromArray: shape ${formatShape(shape)} takes ${sizeOf(shape)} values; got ${values.length}`);
  }
  const out = allocate(shape, dtype);
  if (!out.isMeta) out.storage.data.set(values);
  return out;
}

/** A tensor from nested arrays: `tensor([[1, 2], [3, 4]])`. Throws if rows differ in length or hold anything but numbers. */
export function tensor(nested: NestedNumbers, dtype: DType = 'float32'): Tensor {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values: number[] = [];
  const walk = (part: NestedNumbers, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part !== 'number') throw new TypeError(`tensor: expected a number at depth ${axis} of ${formatShape(shape)}; got ${Array.isArray(part) ? 'an array' : typeof part}`);
      values.push(part);
    } else {
      if (!Array.isArray(part) || part.length !== shape[axis]) {
        throw new RangeError(`tensor: every row of axis ${axis} should have ${shape[axis]} entries; got ${Array.isArray(part) ? part.length : String(part)}`);
      }
      for (const child of part) walk(child, axis + 1);
    }
  };
  walk(nested, 0);
  return fromArray(values, shape, dtype);
}

/** start, start + step, … up to but excluding `end`. */
export function arange(start: number, end: number, step = 1, dtype: DType = 'float32'): Tensor {
  if (!(Number.isFinite(start) && Number.isFinite(end) && Number.isFinite(step)) || step === 0) {
    throw new RangeError(`arange: start, end and step are finite and step is not 0; got ${start}, ${end}, ${step}`);
  }
  const count = Math.max(0, Math.ceil((end - start) / step));
  return fromArray(Float64Array.from({ length: count }, (_, i) => start + i * step), [count], dtype);
}

/** Uniform in [low, high). Takes a word an element from `random`. */
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
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`bernoulli: probability is from 0 to 1; got ${probability}`);
  return fill('bernoulli', shape, dtype, random, 1, (k, n, out, from) =>
    k.bernoulli(n, out, from, probability, value));
}

/** A tensor that `write` fills from the next `words` words of `random` for each element. Meta tensors take none. */
function fill(
  op: string, shape: Shape, dtype: DType, random: Random, words: number,
  write: (kernels: Kernels, n: number, out: Floats, from: RandomState) => void,
): Tensor {
  checkShape(op, shape);
  const out = allocate(shape, dtype);
  if (!out.isMeta) write(kernelsFor(out), out.size, elements(out), random.take(words * out.size));
  return out;
}

/** Rows of zeros with a one at each label: labels `[N]` of whole numbers below `classes` → `[N, classes]`. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkTensor('oneHot', 'labels', labels);
  if (labels.rank !== 1) throw new RangeError(`oneHot: labels have one axis [N]; got ${formatShape(labels.shape)}`);
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`oneHot: classes is a whole number >= 1; got ${classes}`);
  const source = contiguous(labels);
  const out = allocate([labels.shape[0], classes], labels.dtype, labels.isMeta);
  if (out.isMeta) return out;
  const rows = out.storage.data.fill(0);
  elements(source).forEach((label, i) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`oneHot: label ${label} at index ${i} is not one of the ${classes} classes 0..${classes - 1}`);
    }
    rows[i * classes + label] = 1;
  });
  return out;
}

/** The same values in another element type. */
export function toDType(source: Tensor, dtype: DType): Tensor {
  checkTensor('toDType', 'source', source);
  const from = contiguous(source);
  const out = allocate(source.shape, dtype, source.isMeta);
  if (!out.isMeta) out.storage.data.set(elements(from));
  return out;
}

/**
 * Everything made inside `body` has a shape and no values: shape rules run, kernels and initialisation are skipped.
 * For summaries of models of any size, and for models whose weights follow from a file.
 */
export function meta<T>(body: () => T): T {
  const before = runtime.metaMode;
  runtime.metaMode = true;
  try {
    return body();
  } finally {
    runtime.metaMode = before;
  }
}
