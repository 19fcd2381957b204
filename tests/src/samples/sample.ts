/** One row of the table of cases: an operation, its operands, and the truth by a naive formula. */
import { Tensor, fromArray } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { indices, sizeOf } from '../support/dense.js';
import type { Dense } from '../support/dense.js';

/**
 * How an operand lies in memory. What does not belong to it is NaN, so that reading a gap shows.
 *   dense      reading order, from the first element
 *   offset     reading order, from the fourth
 *   permuted   axes in the opposite order
 *   sliced     a gap of one before and after every axis
 *   strided    every second element
 *   broadcast  the first axis has stride 0: all its entries are equal
 */
export type Layout = 'dense' | 'offset' | 'permuted' | 'sliced' | 'strided' | 'broadcast';
export const layouts: readonly Layout[] = ['dense', 'offset', 'permuted', 'sliced', 'strided', 'broadcast'];

/** normal: −3 … 3; positive: 0.3 … 3; or the values themselves. */
type Values = 'normal' | 'positive' | readonly number[];

export interface Operand {
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly values: Values;
}

export interface Sample {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Operand[];
  readonly run: (inputs: readonly Tensor[]) => Tensor;
  readonly want: (inputs: readonly Dense[]) => Dense;
  /** The operation writes into its first operand. */
  readonly inPlace?: boolean;
}

export const normal = (shape: readonly number[], layout: Layout = 'dense'): Operand =>
  ({ shape, layout, values: 'normal' });
export const positive = (shape: readonly number[], layout: Layout = 'dense'): Operand =>
  ({ shape, layout, values: 'positive' });
export const given = (values: readonly number[], shape: readonly number[] = [values.length],
  layout: Layout = 'dense'): Operand =>
  ({ shape, layout, values });

/** `[2,3] permuted × [3]`: how the names of rows show operands. */
export const describeOperands = (inputs: readonly Operand[]): string =>
  inputs.map(({ shape, layout }) => `[${shape.join(',')}]${layout === 'dense' ? '' : ` ${layout}`}`).join(' × ');

/** The elements of a row's operands, float32 numbers, the same in every run. */
export function values(sample: Sample): Dense[] {
  const next = randomNumbers(`${sample.op} ${sample.name}`);
  return sample.inputs.map(({ shape, layout, values: kind }) => {
    const size = sizeOf(shape);
    const numbers = typeof kind !== 'string' ? kind : Array.from({ length: size }, () =>
      (kind === 'normal' ? 6 * next() - 3 : 0.3 + 2.7 * next()));
    const repeat = layout === 'broadcast' && shape.length > 0 ? size / shape[0] : size;
    return { shape, data: Float64Array.from({ length: size }, (_, i) => Math.fround(numbers[i % repeat])) };
  });
}

/** A tensor with these elements in that layout; made through strides alone, without any operation on views. */
export function lay({ shape, data }: Dense, layout: Layout, dtype: DType): Tensor {
  const { strides, offset, length } = placement(shape, layout);
  const memory = new Float64Array(length).fill(NaN);
  let i = 0;
  for (const index of indices(shape)) {
    memory[index.reduce((sum, k, axis) => sum + k * strides[axis], offset)] = data[i++];
  }
  return new Tensor(fromArray(memory, [length], dtype).storage, shape, strides, offset);
}

function placement(shape: readonly number[], layout: Layout): { strides: number[]; offset: number; length: number } {
  const lengths = layout === 'sliced' ? shape.map((n) => n + 2) : [...shape];
  const order = shape.map((_, axis) => axis);
  if (layout !== 'permuted') order.reverse();
  const strides = new Array<number>(shape.length);
  let step = layout === 'strided' ? 2 : 1;
  for (const axis of order) {
    strides[axis] = step;
    step *= lengths[axis];
  }
  if (layout === 'broadcast' && shape.length > 0) strides[0] = 0;
  const offset = layout === 'offset' ? 3 : layout === 'sliced' ? strides.reduce((sum, stride) => sum + stride, 0) : 0;
  return { strides, offset, length: step + (layout === 'offset' ? 3 : 0) };
}

/** Uniform numbers in [0, 1) from a name. Source: Mulberry32, by T. Ettinger. */
function randomNumbers(name: string): () => number {
  let state = 0;
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
