/** Rows for resampling and resizing: the truth as a sum over all pixels, each with the weight the filter gives it. */
import * as t from '@vitrine/tensor';
import type { Resampling, ResizeOptions } from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

/** The weight of pixel p in sample i of an axis. */
type Weight = (i: number, p: number) => number;

const hat = (x: number): number => Math.max(0, 1 - Math.abs(x));
/** Keys 1981, equation (4), multiplied out. */
const keys = (a: number) => (signed: number): number => {
  const x = Math.abs(signed);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
};

function weightsOf(length: number, n: number, options: ResizeOptions): Weight {
  const { mode = 'nearest', antialias = false, alignCorners = false } = options;
  if (mode === 'nearest') return (i, p) => (p === Math.floor((i * length) / n) ? 1 : 0);
  if (antialias) {
    const f = mode === 'bilinear' ? hat : keys(-0.5);
    const stretch = Math.max(1, length / n);
    const raw: Weight = (i, p) => f((p + 0.5 - (i + 0.5) * (length / n)) / stretch);
    return (i, p) => raw(i, p) / Array.from({ length }, (_, q) => raw(i, q)).reduce((a, b) => a + b);
  }
  const f = mode === 'bilinear' ? hat : keys(-0.75);
  const corners = (i: number): number => (n === 1 ? 0 : i * (length - 1) / (n - 1));
  const point = (i: number): number => (alignCorners ? corners(i) : (i + 0.5) * length / n - 0.5);
  // The image goes on beyond its edges as it is there.
  return (i, p) => {
    let total = 0;
    for (let q = -4; q < length + 4; q++) if (Math.min(length - 1, Math.max(0, q)) === p) total += f(point(i) - q);
    return total;
  };
}

function resized(x: Dense, [outH, outW]: readonly [number, number], options: ResizeOptions): Dense {
  const [N, H, W, C] = x.shape;
  const [down, across] = [weightsOf(H, outH, options), weightsOf(W, outW, options)];
  return build([N, outH, outW, C], ([n, i, j, c]) => {
    let sum = 0;
    for (let h = 0; h < H; h++) for (let w = 0; w < W; w++) sum += down(i, h) * across(j, w) * at(x, n, h, w, c);
    return sum;
  });
}

const row = (input: Operand, size: readonly [number, number], options: ResizeOptions): Sample => ({
  op: 'resize', name: `${size.join('x')} ${JSON.stringify(options)}`, inputs: [input],
  run: ([x]) => t.resize(x, size, options), want: ([x]) => resized(x, size, options),
});

const modes: readonly ResizeOptions[] = [
  {}, { mode: 'bilinear' }, { mode: 'bicubic' },
  { mode: 'bilinear', alignCorners: true }, { mode: 'bicubic', alignCorners: true },
  { mode: 'bilinear', antialias: true }, { mode: 'bicubic', antialias: true },
];

/** Overlaps, a hole (element 2 is not read), a row of nothing. */
const table: Resampling = { length: 5, rows: [
  { first: 0, weights: Float64Array.of(0.5, -0.25) }, { first: 1, weights: Float64Array.of(2) },
  { first: 3, weights: Float64Array.of(1, 3) }, { first: 5, weights: new Float64Array(0) },
] };
const matrix = [[0.5, -0.25, 0, 0, 0], [0, 2, 0, 0, 0], [0, 0, 0, 1, 3], [0, 0, 0, 0, 0]];

const along = (input: Operand, axis: number): Sample => ({
  op: 'resample', name: `axis ${axis}`, inputs: [input], run: ([x]) => t.resample(x, axis, table),
  want: ([x]) => {
    const own = axis < 0 ? axis + x.shape.length : axis;
    return build(x.shape.with(own, 4), (index) => matrix[index[own]].reduce((sum, weight, p) =>
      (weight === 0 ? sum : sum + weight * at(x, ...index.with(own, p))), 0));
  },
});

export const resizeSamples: readonly Sample[] = [
  ...modes.flatMap((options) => ([[4, 5], [8, 10], [7, 3], [2, 2], [1, 1], [4, 7], [9, 5], [13, 11]] as const)
    .map((size) => row(normal([2, 4, 5, 3]), size, options))),
  ...layouts.flatMap((layout) => modes.map((options) => row(normal([2, 3, 4, 2], layout), [5, 3], options))),
  ...modes.flatMap((options) => [row(normal([1, 1, 1, 4]), [3, 2], options), row(normal([0, 2, 2, 3]), [3, 3], options),
    row(normal([2, 2, 2, 0]), [3, 3], options), row(normal([1, 37, 2, 1]), [5, 2], options)]),
  along(normal([5]), 0), along(normal([2, 5, 3]), 1), along(normal([5, 4]), -2),
  along(normal([2, 5]), 1), along(normal([0, 5]), 1),
  ...layouts.map((layout) => along(normal([3, 5, 4], layout), 1)),
  along(given([1, 2, NaN, Infinity, 5], [5]), 0),
];
