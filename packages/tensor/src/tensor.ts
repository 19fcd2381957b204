/**
 * A tensor is a way of looking at a storage: element [i, j, …] stands at offset + i·strides[0] + j·strides[1] + ….
 * Views (`reshape`, `permute`, `slice` …) share the storage; operations make new ones. Tensors are immutable to users:
 * only optimizers, running statistics and `copyInto` write in place, and they say so.
 */
import type { HoldsStorages } from './heap/scope.js';
import type { Floats } from './kernels/geometry.js';
import { copy } from './kernels/elementwise.js';
import { formatTensor } from './print.js';
import { runtime } from './runtime.js';
import { contiguousStrides, formatShape, isContiguous, sizeOf } from './shape.js';
import type { Shape } from './shape.js';
import { Storage } from './storage.js';
import type { DType } from './storage.js';

/** Same symbol in every copy of the library: lets one copy recognise, and refuse by name, the tensors of another. */
const brand = Symbol.for('@vitrine/tensor');

export type NestedNumbers = number | NestedNumbers[];

export class Tensor implements HoldsStorages {
  readonly [brand] = true;
  readonly shape: Shape;

  /** A view of `storage`; contiguous from its first element unless strides and offset are given. */
  constructor(
    readonly storage: Storage,
    shape: Shape = storage.shape,
    readonly strides: readonly number[] = contiguousStrides(shape),
    readonly offset = 0,
  ) {
    this.shape = [...shape]; // whoever gave it may go on to change it
  }

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  get isMeta(): boolean {
    return this.storage.isMeta;
  }

  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** The value of a tensor with one element. Throws for any other size. */
  item(): number {
    if (this.size !== 1) {
      throw new RangeError(
        `item: the tensor has ${this.size} elements, shape ${formatShape(this.shape)}; item() reads exactly one`,
      );
    }
    return this.storage.data[this.offset];
  }

  /** A copy of the elements in reading order. (A view of the heap would outlive its block.) */
  toFloat32Array(): Float32Array {
    const out = new Float32Array(this.size);
    this.gather(out);
    return out;
  }

  /** Like `toFloat32Array`, in double precision. */
  toFloat64Array(): Float64Array {
    const out = new Float64Array(this.size);
    this.gather(out);
    return out;
  }

  /** Nested arrays of numbers; a plain number for a scalar. */
  toArray(): NestedNumbers {
    const values = this.toFloat64Array();
    const strides = contiguousStrides(this.shape);
    const nest = (axis: number, start: number): NestedNumbers =>
      axis === this.rank
        ? values[start]
        : Array.from({ length: this.shape[axis] }, (_, i) => nest(axis + 1, start + i * strides[axis]));
    return nest(0, 0);
  }

  toString(): string {
    return formatTensor(this);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  storages(): Storage[] {
    return [this.storage];
  }

  private gather(out: Floats): void {
    const data = this.storage.data.subarray(this.offset);
    if (this.isContiguous) out.set(data.subarray(0, this.size));
    else copy(this.shape, data, this.strides, out);
  }
}

/** Uninitialised tensor: for kernels to write into. Shape only in meta mode, or when `isMeta` says so. */
export const allocate = (shape: Shape, dtype: DType = 'float32', isMeta = false): Tensor =>
  new Tensor(new Storage(dtype, shape, isMeta || runtime.metaMode));

/**
 * Throws a TypeError unless `value` is a live tensor of this copy of the library.
 * Every public operation calls it on every operand.
 */
export function checkTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) {
    value.storage.assertLive();
    return;
  }
  if (typeof value === 'object' && value !== null && brand in value) {
    throw new TypeError(
      `${op}: ${name} belongs to a second copy of @vitrine/tensor, whose heap this copy cannot read; ` +
        `make all packages resolve to one copy (pnpm dedupe)`,
    );
  }
  throw new TypeError(`${op}: ${name} should be a Tensor; got ${describe(value)}`);
}

const describe = (value: unknown): string =>
  value === null || value === undefined ? String(value)
  : typeof value === 'object' ? `a ${value.constructor?.name ?? 'bare object'}`
  : `${typeof value} ${String(value)}`;

/** Throws unless both tensors have the same element type: there is no silent conversion. */
export function checkSameDType(op: string, ...tensors: readonly Tensor[]): void {
  const odd = tensors.find((tensor) => tensor.dtype !== tensors[0].dtype);
  if (odd !== undefined) {
    throw new TypeError(`${op}: operands are ${tensors[0].dtype} and ${odd.dtype}; convert one with toDType`);
  }
}
