/** Rows for the choice between two operands. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { atBroadcast, broadcastShape, build, sizeOf } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

/** Zeros of both signs among what counts as true. */
const CONDITION = [0, 1, -2, -0, NaN, 0, Infinity, 0.5, 1e-40, 0, 3, 0];
const condition = (shape: readonly number[], layout: Operand['layout'] = 'dense'): Operand =>
  given(Array.from({ length: sizeOf(shape) }, (_, i) => CONDITION[i % CONDITION.length]), shape, layout);

const row = (name: string, ...inputs: readonly Operand[]): Sample => ({
  op: 'where', name, inputs,
  run: ([c, a, b]) => t.where(c, a, b),
  want: ([c, a, b]) => build(broadcastShape(broadcastShape(c.shape, a.shape), b.shape), (i) =>
    (atBroadcast(c, i) === 0 ? atBroadcast(b, i) : atBroadcast(a, i))),
});

/** One operand, and a number in the place of another. */
const withNumber = (
  name: string, run: (c: Tensor, x: Tensor) => Tensor, want: (c: number, x: number) => number,
): Sample => ({
  op: 'where', name, inputs: [condition([3, 4], 'sliced'), normal([4])],
  run: ([c, x]) => run(c, x),
  want: ([c, x]) => build(c.shape, (i) => want(atBroadcast(c, i), atBroadcast(x, i))),
});

export const whereSamples: readonly Sample[] = [
  ...[1, 2, 3, 4, 5, 9].map((n) => row('', condition([n]), normal([n]), normal([n]))),
  ...layouts.flatMap((layout) => [
    row('', condition([3, 4, 5], layout), normal([3, 4, 5]), normal([3, 4, 5])),
    row('', condition([3, 4, 5]), normal([3, 4, 5], layout), normal([5], layout)),
  ]),
  row('', condition([4, 1]), normal([2, 1, 3], 'permuted'), normal([3], 'strided')),
  row('', condition([]), normal([2, 3]), normal([])),
  row('', condition([2, 3]), normal([]), normal([])),
  row('', condition([]), normal([]), normal([])),
  row('', condition([0, 3]), normal([3]), normal([1])),
  row('', condition([1]), normal([0]), normal([])),
  row('NaN that is not chosen', given([1, 0, 1, 0]), given([5, NaN, -0, Infinity]), given([NaN, 6, -Infinity, 7])),
  withNumber('number left', (c, x) => t.where(c, 2.5, x), (c, x) => (c === 0 ? x : 2.5)),
  withNumber('number right', (c, x) => t.where(c, x, -Infinity), (c, x) => (c === 0 ? -Infinity : x)),
  withNumber('numbers', (c) => t.where(c, 1, NaN), (c) => (c === 0 ? NaN : 1)),
];
