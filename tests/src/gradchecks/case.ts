/** One case of gradcheck: a function of variables, and operands at which its derivative is taken. */
import type { Variable } from '@vitrine/autograd';
import { sizeOf } from '@vitrine/tensor';
import { normal } from '../samples/sample.js';
import type { Layout, Operand } from '../samples/sample.js';

export type F = (...inputs: Variable[]) => Variable;
export type Case = readonly [f: F, ...inputs: Operand[]];

/** The cases of one family: an operation without any is a compile error. */
export type Cases<Table> = Readonly<Record<keyof Table, readonly Case[]>>;

type MakeOperand = (shape: readonly number[], layout?: Layout) => Operand;

/** Distinct values, none near 0 or near another: no kink or tie within the step of a difference. */
export const apart = (shape: readonly number[], shift = 0, layout: Layout = 'dense'): Operand =>
  ({ shape, layout, values: Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) - 5.3 + i / 50 + shift) });

/** `apart`, for the cases below. */
export const kink: MakeOperand = (shape, layout) => apart(shape, 0, layout);

/** A function of one operand: a matrix, a scalar, a permuted view. */
export const one = (f: (x: Variable) => Variable, operand: MakeOperand = normal): readonly Case[] =>
  [[f, operand([2, 3])], [f, operand([])], [f, operand([3, 2], 'permuted')]];

/** A function of two: alike, broadcast, strided, and (last) the same variable twice. */
export const two = (f: (a: Variable, b: Variable) => Variable, a = normal, b = normal): readonly Case[] =>
  [[f, a([2, 3]), b([2, 3])], [f, a([2, 1, 3]), b([4, 1])], [f, a([2, 3]), b([])], [f, a([1]), b([2, 2])],
    [f, a([2, 3], 'permuted'), b([3], 'strided')], [(x) => f(x, x), a([4])]];
