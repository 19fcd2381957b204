/** Rows for sums, means, extremes, and softmax. */
import * as t from '@vitrine/tensor';
import type { ReduceOptions, Tensor } from '@vitrine/tensor';
import { at, build, indices } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

type Fold = (values: readonly number[]) => number;

const anyNaN = (values: readonly number[]): boolean => values.some(Number.isNaN);
const folds: Readonly<Record<'sum' | 'mean' | 'max' | 'min',
  readonly [run: (x: Tensor, options?: ReduceOptions) => Tensor, fold: Fold]>> = {
  sum: [t.sum, (values) => values.reduce((a, b) => a + b, 0)],
  mean: [t.mean, (values) => values.reduce((a, b) => a + b, 0) / values.length],
  max: [t.max, (values) => (anyNaN(values) ? NaN : values.reduce((a, b) => (a > b ? a : b)))],
  min: [t.min, (values) => (anyNaN(values) ? NaN : values.reduce((a, b) => (a < b ? a : b)))],
};

/** Gathers, for every index of the kept axes, what is folded. */
function fold(x: Dense, axes: readonly number[], keepDims: boolean, f: Fold): Dense {
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const lengths = x.shape.map((n, axis) => (axes.includes(axis) ? n : 1));
  const folded = build(kept, (index) => f(Array.from(indices(lengths), (inner) =>
    at(x, ...index.map((k, axis) => k + inner[axis])))));
  return { data: folded.data, shape: keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis)) };
}

const AXES: readonly (readonly [given: number | readonly number[] | undefined, meant: readonly number[]])[] = [
  [undefined, [0, 1, 2, 3]], [0, [0]], [-1, [3]], [[1, 2], [1, 2]], [[2, 0], [0, 2]], [[0, 3], [0, 3]],
    [[-1, -2], [2, 3]], [[], []], [[0, 1, 3], [0, 1, 3]],
];

type Folded = (x: Tensor, options?: ReduceOptions) => Tensor;

/** Rows for a reduction that has a value for nothing, or not: all axes, all layouts, lengths around a vector's. */
export const foldRowsOf = (op: string, run: Folded, f: Fold, hasEmpty: boolean): readonly Sample[] => {
  const row = (name: string, input: Operand, axes: number | readonly number[] | undefined, meant: readonly number[],
    keepDims = false): Sample => ({
    op, name: `${name}axes ${JSON.stringify(axes)}${keepDims ? ' keepDims' : ''}`, inputs: [input],
    run: ([x]) => run(x, { axes, keepDims }), want: ([x]) => fold(x, meant, keepDims, f),
  });
  return [
    ...AXES.map(([axes, meant], i) => row('', normal([2, 3, 4, 5]), axes, meant, i % 2 === 0)),
    ...layouts.flatMap((layout) => AXES.slice(0, 5).map(([axes, meant]) =>
      row('', normal([2, 3, 2, 4], layout), axes, meant))),
    ...[1, 2, 3, 4, 5, 9, 37].map((n) => row('', normal([n]), undefined, [0])),
    ...[1, 2, 3, 5].map((n) => row('', normal([n, 3]), 0, [0])),
    row('', normal([]), undefined, []),
    row('', normal([0, 3]), 1, [1]),
    row('NaN ', given([1, NaN, 3, -4, 5, 6], [2, 3]), 1, [1]),
    row('NaN ', given([1, NaN, 3, -4, 5, 6], [2, 3]), 0, [0]),
    ...(hasEmpty ? [row('', normal([0]), 0, [0]), row('', normal([2, 0, 3]), 1, [1], true)] : []),
  ];
};

const foldRows = Object.entries(folds).flatMap(([op, [run, f]]): Sample[] => {
  const row = (name: string, input: Operand, axes: number | readonly number[] | undefined, meant: readonly number[],
    keepDims: boolean): Sample => ({
    op, name: `${name}axes ${JSON.stringify(axes)}${keepDims ? ' keepDims' : ''}`, inputs: [input],
    run: ([x]) => run(x, { axes, keepDims }), want: ([x]) => fold(x, meant, keepDims, f),
  });
  const empty = op === 'sum' || op === 'mean' ? [row('', normal([0]), 0, [0], false),
    row('', normal([2, 0, 3]), 1, [1], true)] : [];
  return [
    ...AXES.flatMap(([axes, meant]) => [true, false].map((keep) => row('', normal([2, 3, 4, 5]), axes, meant, keep))),
    ...layouts.flatMap((layout) => AXES.slice(0, 5).map(([axes, meant]) =>
      row('', normal([2, 3, 4, 5], layout), axes, meant, false))),
    ...[1, 2, 3, 4, 5, 9, 67].map((n) => row('', normal([n]), undefined, [0], false)),
    ...[1, 2, 3, 5].map((n) => row('', normal([n, 3]), 0, [0], false)),
    row('', normal([]), undefined, [], false),
    row('', normal([0, 3]), 1, [1], false),
    row('', normal([1, 1]), 0, [0], false),
    row('NaN ', given([1, NaN, 3, -4, 5, 6], [2, 3]), 1, [1], false),
    row('NaN ', given([1, NaN, 3, -4, 5, 6], [2, 3]), 0, [0], false),
    row('infinities ', given([Infinity, 1, -Infinity, 2, Infinity, -Infinity], [3, 2]), 1, [1], false),
    row('nothing but −∞ ', given([-Infinity, -Infinity]), 0, [0], false),
    row('nothing but ∞ ', given([Infinity, Infinity]), 0, [0], false),
    ...empty,
  ];
});

/** Beside 2²⁴, 1 is less than half a unit in the last place of float32: summed in float32 they would all be lost. */
const longSum: Sample = {
  op: 'sum', name: 'small after large', inputs: [given([2 ** 24, ...new Array<number>(1000).fill(1)])],
  run: ([x]) => t.sum(x), want: () => build([], () => 2 ** 24 + 1000),
};

const first = (values: readonly number[], wins: (a: number, b: number) => boolean): number =>
  values.reduce((best, value, i) => (wins(value, values[best]) ? i : best), 0);
const argmaxOf: Fold = (values) => (anyNaN(values) ? values.findIndex(Number.isNaN) : first(values, (a, b) => a > b));
const argminOf: Fold = (values) => (anyNaN(values) ? values.findIndex(Number.isNaN) : first(values, (a, b) => a < b));
const argExtremes = [['argmax', t.argmax, argmaxOf], ['argmin', t.argmin, argminOf]] as const;
const argExtremeRows = argExtremes.flatMap(([op, f, want]) => ([
  [normal([3, 4, 5]), 0], [normal([3, 4, 5]), 1], [normal([3, 4, 5]), -1], [normal([3, 4, 5], 'permuted'), 2],
    [normal([3, 4, 5], 'sliced'), 1], [normal([1]), 0],
  [given([1, 3, 3, 2, 3]), 0], [given([1, NaN, 9, NaN]), 0], [given([-Infinity, -Infinity]), 0], [normal([0, 3]), 1],
    [normal([7, 10], 'offset'), 1],
] as const).map(([input, axis]): Sample => ({
  op, name: `axis ${axis}`, inputs: [input],
  run: ([x]) => f(x, axis), want: ([x]) => fold(x, [axis < 0 ? axis + x.shape.length : axis], false, want),
})));

const sumToRows = ([
  [[2, 3, 4], [4], [0, 1]], [[2, 3, 4], [3, 1], [0, 2]], [[2, 3, 4], [1, 3, 1], [0, 2]], [[2, 3, 4], [], [0, 1, 2]],
    [[2, 3, 4], [2, 3, 4], []], [[0, 3], [3], [0]],
  [[2, 1, 4], [1, 1, 4], [0]],
] as const).flatMap(([from, to, axes]) => (['dense', 'permuted', 'sliced'] as const).map((layout): Sample => ({
  op: 'sumTo', name: `[${to.join(',')}]`, inputs: [normal(from, layout)],
  run: ([x]) => t.sumTo(x, to), want: ([x]) => ({ shape: to, data: fold(x, axes, true, folds.sum[1]).data }),
})));

/** Rows of the last axis; f gets a row and gives one back. */
function alongLast(x: Dense, f: (row: number[]) => number[]): Dense {
  const n = x.shape.at(-1)!;
  const data = Array.from(x.data);
  return { shape: x.shape, data: n === 0 ? [] : Array.from({ length: data.length / n }, (_, r) =>
    f(data.slice(r * n, (r + 1) * n))).flat() };
}

/** The same along any axis: moved to the end and back by indices. Also used where a row changes its length. */
export function alongAxis(x: Dense, axis: number, f: (row: number[]) => readonly number[]): Dense {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const n = x.shape[along];
  const results = new Map<string, readonly number[]>();
  const rowAt = (index: readonly number[]): readonly number[] => {
    const key = index.toSpliced(along, 1).join();
    const found = results.get(key) ?? f(Array.from({ length: n }, (_, k) => at(x, ...index.with(along, k))));
    results.set(key, found);
    return found;
  };
  const length = x.shape.includes(0) ? n : rowAt(x.shape.map(() => 0)).length;
  return build(x.shape.with(along, length), (index) => rowAt(index)[index[along]]);
}

/** The shift by the maximum is left out where it is not needed: then overflow cannot hide in it. */
const shiftOf = (row: readonly number[]): number => (row.some((x) => Math.abs(x) > 50) ? Math.max(...row) : 0);
const softmaxOf = (row: readonly number[]): number[] => {
  const e = row.map((x) => Math.exp(x - shiftOf(row)));
  return e.map((x) => x / e.reduce((a, b) => a + b));
};
const logSoftmaxOf = (row: readonly number[]): number[] => {
  const total = row.map((x) => Math.exp(x - shiftOf(row))).reduce((a, b) => a + b);
  return row.map((x) => x - shiftOf(row) - Math.log(total));
};
const softmaxRows = ([['softmax', t.softmax, softmaxOf], ['logSoftmax', t.logSoftmax, logSoftmaxOf]] as const)
  .flatMap(([op, run, f]) => [
  ...[1, 2, 3, 4, 5, 9, 67].map((n) => normal([2, n])),
  ...layouts.map((layout) => normal([2, 3, 4], layout)),
  normal([0, 3]), normal([3, 0]), normal([5]),
  given([1000, 1001, -1000, 88, 89, 90, -500, -500, -500], [3, 3]),
  given([1, -Infinity, 2, -Infinity, -Infinity, -Infinity, 1, NaN, 2, Infinity, 1, 2], [4, 3]),
].map((input): Sample => ({ op, name: '', inputs: [input], run: ([x]) => run(x), want: ([x]) => alongLast(x, f) })));

const softmaxAxisRows = ([['softmax', t.softmax, softmaxOf], ['logSoftmax', t.logSoftmax, logSoftmaxOf]] as const)
  .flatMap(([op, run, f]) => ([
    [normal([5]), 0], [normal([3, 4]), 0], [normal([2, 3, 4]), 1], [normal([2, 3, 4]), -3],
    ...layouts.map((layout) => [normal([2, 3, 4], layout), -2] as const), [normal([0, 3]), 0], [normal([3, 0]), 0],
    [given([1, NaN, -Infinity, 2, 3, -Infinity], [2, 3]), 0],
  ] as const).map(([input, axis]): Sample => ({
    op, name: `axis ${axis}`, inputs: [input], run: ([x]) => run(x, axis), want: ([x]) => alongAxis(x, axis, f),
  })));

export const reduceSamples: readonly Sample[] = [...foldRows, longSum, ...argExtremeRows, ...sumToRows];
export const softmaxSamples: readonly Sample[] = [...softmaxRows, ...softmaxAxisRows];
