/** New tensors from numbers and patterns. All are owned by the innermost open scope. */
import { runtime } from '../runtime.js';
import { checkShape, formatShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { DType } from '../storage.js';
import { allocate, checkTensor } from '../tensor.js';
import type { NestedNumbers, Tensor } from '../tensor.js';
import { contiguous } from './views.js';
import { elements } from './dispatch.js';

/** Every element is `value`. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape);
  return filled(allocate(shape, dtype), value);
}

function filled(out: Tensor, value: number): Tensor {
  if (!out.isMeta) out.storage.data.fill(value);
  return out;
}

export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype);
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype);
export const zerosLike = (tensor: Tensor): Tensor => fullLike(tensor, 0);
export const onesLike = (tensor: Tensor): Tensor => fullLike(tensor, 1);

/** A meta tensor's is meta. */
const fullLike = ({ shape, dtype, isMeta }: Tensor, value: number): Tensor =>
  filled(allocate(shape, dtype, isMeta), value);

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

/**
 * A tensor from nested arrays: `tensor([[1, 2], [3, 4]])`. Throws if rows differ in length or hold anything but
 * numbers.
 */
export function tensor(nested: NestedNumbers, dtype: DType = 'float32'): Tensor {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values: number[] = [];
  const walk = (part: NestedNumbers, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part !== 'number') {
        throw new TypeError(
          `tensor: expected a number at depth ${axis} of ${formatShape(shape)}; ` +
            `got ${Array.isArray(part) ? 'an array' : typeof part}`,
        );
      }
      values.push(part);
    } else {
      if (!Array.isArray(part) || part.length !== shape[axis]) {
        throw new RangeError(
          `tensor: every row of axis ${axis} should have ${shape[axis]} entries; ` +
            `got ${Array.isArray(part) ? part.length : String(part)}`,
        );
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

/**
 * `count` numbers from `start` to `end`, both among them, equally far apart; one alone is `start`. Counted from the
 * nearer end, so that both ends are exact. PyTorch's `linspace`.
 */
export function linspace(start: number, end: number, count: number, dtype: DType = 'float32'): Tensor {
  if (!(Number.isFinite(start) && Number.isFinite(end))) {
    throw new RangeError(`linspace: start and end are finite; got ${start}, ${end}`);
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`linspace: count is a whole number >= 0; got ${count}`);
  }
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  const at = (i: number): number => (i < count / 2 ? start + i * step : end - (count - 1 - i) * step);
  return fromArray(Float64Array.from({ length: count }, (_, i) => at(i)), [count], dtype);
}

/** Ones on the diagonal, zeros elsewhere: `[n, m]`. */
export function eye(n: number, m = n, dtype: DType = 'float32'): Tensor {
  checkShape('eye', [n, m]);
  const out = full([n, m], 0, dtype);
  if (!out.isMeta) for (let i = 0; i < Math.min(n, m); i++) out.storage.data[i * m + i] = 1;
  return out;
}

/** Rows of zeros with a one at each label: labels `[N]` of whole numbers below `classes` → `[N, classes]`. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkTensor('oneHot', 'labels', labels);
  if (labels.rank !== 1) throw new RangeError(`oneHot: labels have one axis [N]; got ${formatShape(labels.shape)}`);
  if (!Number.isInteger(classes) || classes < 1) {
    throw new RangeError(`oneHot: classes is a whole number >= 1; got ${classes}`);
  }
  const source = contiguous(labels);
  const out = allocate([labels.shape[0], classes], labels.dtype, labels.isMeta);
  if (out.isMeta) return out;
  const rows = out.storage.data.fill(0);
  elements(source).forEach((label, i) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `oneHot: label ${label} at index ${i} is not one of the ${classes} classes 0..${classes - 1}`,
      );
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
