/** Rows for running totals, sorting, and the largest k. */
import * as t from '@vitrine/tensor';
import { alongAxis } from './reduce.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

type Along = readonly [input: Operand, axis: number];

/** All layouts, each axis; nothing; one; lengths around powers of two, where merging has an odd run left. */
const inputs: readonly Along[] = [
  ...layouts.flatMap((layout) => [0, 1, -1].map((axis): Along => [normal([2, 5, 3], layout), axis])),
  ...[1, 2, 3, 4, 5, 7, 8, 9, 33, 64, 100].map((n): Along => [normal([2, n]), 1]),
  [normal([0]), 0], [normal([0, 3]), 1], [normal([3, 0]), 1], [normal([2, 0, 3]), 0],
];

/** Ties, both zeros, infinities, NaN. */
const special: readonly Along[] = [
  [given([2, 1, 2, 1, 1, 2, 3, 1]), 0], [given([0, -0, 0, -0]), 0], [given([5, 4, 3, 2, 1]), 0],
  [given([1, 1, 1, 1]), 0],
  [given([NaN, 1, Infinity, NaN, -Infinity, 0, 1]), 0], [given([NaN, NaN, NaN]), 0],
  [given([3, NaN, 1, 2, 2, NaN, NaN, 0, 3], [3, 3]), 0],
];

const cumsumRows = [...inputs, [given([1, NaN, 2]), 0], [given([1, Infinity, 2, -Infinity, 3]), 0]] as const;
const cumsumSamples = cumsumRows.flatMap(([input, axis]) => [false, true].map((reverse): Sample => ({
  op: 'cumsum', name: `axis ${axis}${reverse ? ' reverse' : ''}`, inputs: [input],
  run: ([x]) => t.cumsum(x, axis, { reverse }),
  want: ([x]) => alongAxis(x, axis, (row) => row.map((_, k) =>
    (reverse ? row.slice(k) : row.slice(0, k + 1)).reduce((a, b) => a + b))),
})));

/** Beside 2²⁴, 1 is less than half a unit in the last place of float32: summed in float32 they would all be lost. */
const longCumsum: Sample = {
  op: 'cumsum', name: 'small after large', inputs: [given([2 ** 24, ...new Array<number>(1000).fill(1)])],
  run: ([x]) => t.cumsum(x, 0), want: ([x]) => ({ shape: x.shape, data: Array.from(x.data, (_, i) => 2 ** 24 + i) }),
};

/** By JavaScript's own stable sort: where the elements stand that come first, second, …; NaN counts as the largest. */
function orderOf(row: readonly number[], descending: boolean): number[] {
  const rank = (x: number): number => (Number.isNaN(x) ? 1 : 0);
  const compare = (a: number, b: number): number => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
  return row.map((_, k) => k).sort((i, j) => (descending ? compare(row[j], row[i]) : compare(row[i], row[j])));
}

const sortSamples = [...inputs, ...special].flatMap(([input, axis]) => [false, true].flatMap((descending): Sample[] => {
  const name = `axis ${axis}${descending ? ' descending' : ''}`;
  const indices = (row: readonly number[]): number[] => orderOf(row, descending);
  const values = (row: readonly number[]): number[] => indices(row).map((k) => row[k]);
  return [
    { op: 'argsort', name, inputs: [input], run: ([x]) => t.argsort(x, { axis, descending }),
      want: ([x]) => alongAxis(x, axis, indices) },
    { op: 'sort', name, inputs: [input], run: ([x]) => t.sort(x, { axis, descending }).values,
      want: ([x]) => alongAxis(x, axis, values) },
    { op: 'sort', name: `${name} indices`, inputs: [input], run: ([x]) => t.sort(x, { axis, descending }).indices,
      want: ([x]) => alongAxis(x, axis, indices) },
  ];
}));

/** No element, one, about half, all of them. */
const someOf = ({ shape }: Operand, axis: number): number[] => {
  const n = shape.at(axis)!;
  return [...new Set([0, 1, Math.ceil(n / 2), n])].filter((k) => k <= n);
};

const topKRows = [...inputs, ...special].flatMap(([input, axis]) => someOf(input, axis).flatMap((k) =>
  ([[true, true], [true, false], [false, true], [false, false]] as const).map(([largest, sorted]) =>
    ({ input, axis, k, largest, sorted }))));
const topKSamples = topKRows.flatMap(({ input, axis, k, largest, sorted }): Sample[] => {
  const name = `${k} axis ${axis}${largest ? '' : ' smallest'}${sorted ? '' : ' unsorted'}`;
  const indices = (row: readonly number[]): number[] => {
    const best = orderOf(row, largest).slice(0, k);
    return sorted ? best : best.sort((i, j) => i - j);
  };
  const shaped = (f: (row: readonly number[]) => number[]): Sample['want'] => ([x]) =>
    ({ ...alongAxis(x, axis, f), shape: x.shape.with(axis, k) });
  return [
    { op: 'topK', name, inputs: [input], run: ([x]) => t.topK(x, k, { axis, largest, sorted }).values,
      want: shaped((row) => indices(row).map((j) => row[j])) },
    { op: 'topK', name: `${name} indices`, inputs: [input],
      run: ([x]) => t.topK(x, k, { axis, largest, sorted }).indices, want: shaped(indices) },
  ];
});

export const orderSamples: readonly Sample[] = [...cumsumSamples, longCumsum, ...sortSamples, ...topKSamples];
