/**
 * Rows for max pooling, with and without indices, and for the moves along indices; and for averages that count
 * padding.
 */
import * as t from '@vitrine/tensor';
import type { AveragePoolOptions, MaxPoolOptions } from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

/** Pixels of one axis under each window, negative or too large ones being padding. */
type Windows = readonly (readonly number[])[];

/**
 * Windows of an axis from first to last, as long as one fits; with ceilMode one more, if pixels are left over and it
 * begins in the image.
 */
function grid(
  length: number, before: number, after: number, k: number, stride: number, dilation: number, ceilMode: boolean,
): Windows {
  const windows: number[][] = [];
  const padded = before + length + after;
  for (let start = 0; ; start += stride) {
    const end = start + (k - 1) * dilation + 1;
    const leftOver = ceilMode && end - stride < padded && start < before + length;
    if (end > padded && !leftOver) return windows;
    windows.push(Array.from({ length: k }, (_, r) => start - before + r * dilation));
  }
}

type Pair = readonly [number, number];
const pairOf = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value);

function gridsOf([, H, W]: readonly number[], options: MaxPoolOptions): readonly [Windows, Windows] {
  const { kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false } = options;
  if (typeof padding === 'string') throw new Error('the oracle takes pixels');
  const { top, bottom, left, right } = typeof padding === 'object' && 'top' in padding ? padding
    : { top: pairOf(padding)[0], bottom: pairOf(padding)[0], left: pairOf(padding)[1], right: pairOf(padding)[1] };
  return [grid(H, top, bottom, pairOf(kernel)[0], pairOf(stride)[0], pairOf(dilation)[0], ceilMode),
    grid(W, left, right, pairOf(kernel)[1], pairOf(stride)[1], pairOf(dilation)[1], ceilMode)];
}

/** Every pixel p with i/n ≤ p/length < (i + 1)/n, wholly or in part. */
const cells = (length: number, n: number): Windows => Array.from({ length: n }, (_, i) =>
  Array.from({ length }, (_, p) => p).filter((p) => (p + 1) * n > i * length && p * n < (i + 1) * length));

/** The pixels of the image under a window, in reading order. */
const inside = ([, H, W]: readonly number[], rows: readonly number[], columns: readonly number[]): Pair[] =>
  rows.flatMap((h) => columns.map((w) => [h, w] as const)).filter(([h, w]) => h >= 0 && h < H && w >= 0 && w < W);

/** Sorting puts the largest first, and keeps equal ones in reading order; a NaN, the last of them, goes before all. */
function best(x: Dense, [rows, columns]: readonly [Windows, Windows], of: 'values' | 'indices'): Dense {
  return build([x.shape[0], rows.length, columns.length, x.shape[3]], ([n, i, j, c]) => {
    const pixels = inside(x.shape, rows[i], columns[j]);
    const value = ([h, w]: Pair): number => at(x, n, h, w, c);
    const sorted = pixels.toSorted((a, b) => (value(a) === value(b) ? 0 : value(b) - value(a)));
    const winner = pixels.findLast((pixel) => Number.isNaN(value(pixel))) ?? sorted[0];
    return of === 'values' ? value(winner) : winner[0] * x.shape[2] + winner[1];
  });
}

const grids = (input: Operand, options: MaxPoolOptions): Sample[] => {
  const name = JSON.stringify(options);
  return [
    { op: 'maxPool2d', name, inputs: [input], run: ([x]) => t.maxPool2d(x, options),
      want: ([x]) => best(x, gridsOf(x.shape, options), 'values') },
    ...(['values', 'indices'] as const).map((of): Sample => ({
      op: 'maxPool2dWithIndices', name: `${of} ${name}`, inputs: [input],
      run: ([x]) => t.maxPool2dWithIndices(x, options)[of],
      want: ([x]) => best(x, gridsOf(x.shape, options), of),
    })),
  ];
};

const adaptive = (input: Operand, size: Pair): Sample[] => {
  const name = size.join('x');
  const cellsOf = ({ shape: [, H, W] }: Dense): readonly [Windows, Windows] => [cells(H, size[0]), cells(W, size[1])];
  return [
    { op: 'adaptiveMaxPool2d', name, inputs: [input], run: ([x]) => t.adaptiveMaxPool2d(x, size),
      want: ([x]) => best(x, cellsOf(x), 'values') },
    ...(['values', 'indices'] as const).map((of): Sample => ({
      op: 'adaptiveMaxPool2dWithIndices', name: `${of} ${name}`, inputs: [input],
      run: ([x]) => t.adaptiveMaxPool2dWithIndices(x, size)[of], want: ([x]) => best(x, cellsOf(x), of),
    })),
    { op: 'adaptiveAveragePool2d', name, inputs: [input], run: ([x]) => t.adaptiveAveragePool2d(x, size),
      want: (inputs) => {
        const [x] = inputs;
        const [rows, columns] = cellsOf(x);
        return build([x.shape[0], ...size, x.shape[3]], ([n, i, j, c]) => {
          const pixels = inside(x.shape, rows[i], columns[j]);
          return pixels.reduce((sum, [h, w]) => sum + at(x, n, h, w, c), 0) / pixels.length;
        });
      } },
  ];
};

/**
 * The padding counts: zeros are written around the image, and a window's mean is over all of it up to the padding's
 * end.
 */
const countingPadding = (shape: readonly number[], options: AveragePoolOptions): Sample[] => {
  const [top, left] = [options.padding, options.padding].map(Number);
  const [rows, columns] = gridsOf(shape, options);
  const parts = (i: number, j: number): { pixels: Pair[]; count: number } => ({
    pixels: inside(shape, rows[i], columns[j]),
    count: rows[i].filter((h) => h < shape[1] + top).length * columns[j].filter((w) => w < shape[2] + left).length,
  });
  const all = { ...options, countIncludePad: true };
  const outShape = [shape[0], rows.length, columns.length, shape[3]];
  return [
    { op: 'averagePool2d', name: JSON.stringify(all), inputs: [normal(shape)], run: ([x]) => t.averagePool2d(x, all),
      want: ([x]) => build(outShape, ([n, i, j, c]) => {
        const { pixels, count } = parts(i, j);
        return pixels.reduce((sum, [h, w]) => sum + at(x, n, h, w, c), 0) / count;
      }) },
    { op: 'averagePool2dGrad', name: `of [${shape.join()}] ${JSON.stringify(all)}`, inputs: [normal(outShape)],
      run: ([g]) => t.averagePool2dGrad(g, shape, all),
      want: ([g]) => build(shape, ([n, h, w, c]) => {
        let sum = 0;
        rows.forEach((_, i) => columns.forEach((_, j) => {
          const { pixels, count } = parts(i, j);
          if (pixels.some(([a, b]) => a === h && b === w)) sum += at(g, n, i, j, c) / count;
        }));
        return sum;
      }) },
  ];
};

/** out and indices of [2,2,2,C], the image of [2,3,4,C]. */
const moves = (C: number, layout: Operand['layout']): Sample[] => {
  const image = [2, 3, 4, C];
  const indices = given(Array.from({ length: 8 * C }, (_, i) => (i * 5 + (i >> 2)) % 12), [2, 2, 2, C], layout);
  return [
    { op: 'gatherPixels', name: '', inputs: [normal(image, layout), indices],
      run: ([x, where]) => t.gatherPixels(x, where),
      want: ([x, where]) => build([2, 2, 2, C], ([n, i, j, c]) => {
        const pixel = at(where, n, i, j, c);
        return at(x, n, Math.floor(pixel / 4), pixel % 4, c);
      }) },
    { op: 'scatterPixels', name: '', inputs: [normal([2, 2, 2, C], layout), indices],
      run: ([g, where]) => t.scatterPixels(g, where, image),
      want: ([g, where]) => build(image, ([n, h, w, c]) => {
        let sum = 0;
        for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
          if (at(where, n, i, j, c) === 4 * h + w) sum += at(g, n, i, j, c);
        }
        return sum;
      }) },
  ];
};
const noImages = given([], [0, 2, 2, 3]);

/** Values of which many are equal. */
const ties = (shape: readonly number[]): Operand =>
  given(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 7 + (i >> 3)) % 3), shape);
const withNaN = Array.from({ length: 2 * 4 * 4 * 5 }, (_, i) => {
  if (i % 7 === 3) return NaN;
  return i % 11 === 0 ? -Infinity : i % 13 === 0 ? Infinity : (i * 5) % 17;
});

export const maxPoolSamples: readonly Sample[] = [
  ...([2, 3, [3, 2]] as const).flatMap((kernel) => ([undefined, 1, [1, 2]] as const).flatMap((stride) =>
    ([0, 1, { top: 0, bottom: 1, left: 1, right: 0 }] as const).flatMap((padding) =>
      ([1, [1, 2]] as const).flatMap((dilation) => [false, true].flatMap((ceilMode) =>
        grids(normal([2, 6, 5, 3]), { kernel, stride, padding, dilation, ceilMode })))))),
  ...layouts.flatMap((layout) => [...grids(normal([2, 4, 5, 4], layout), { kernel: 3, stride: 2, padding: 1 }),
    ...adaptive(normal([2, 4, 5, 4], layout), [3, 2])]),
  ...[1, 2, 4, 5, 9].flatMap((C) => [...grids(ties([2, 5, 4, C]), { kernel: 3, stride: 1, padding: 1 }),
    ...adaptive(ties([2, 5, 4, C]), [2, 3])]),
  ...grids(given(withNaN, [2, 4, 4, 5]), { kernel: 2, stride: 1, padding: 1 }),
  ...grids(given(new Array(36).fill(-Infinity), [1, 3, 3, 4]), { kernel: 2, stride: 1 }),
  ...grids(normal([0, 4, 4, 3]), { kernel: 2 }),
  ...grids(normal([2, 4, 4, 0]), { kernel: 2 }),
  ...grids(normal([1, 1, 1, 1]), { kernel: 1 }),
  ...grids(normal([1, 2, 2, 5]), { kernel: 3, stride: 2, ceilMode: true }), // a window larger than the image
  ...grids(normal([1, 9, 9, 2]), { kernel: 2, stride: 5 }),
  ...([[1, 1], [7, 9], [3, 5], [5, 4]] as const).flatMap((size) => adaptive(normal([2, 5, 7, 3]), size)),
  ...adaptive(normal([0, 2, 2, 3]), [1, 2]),
  ...[1, 4, 5].flatMap((C) => moves(C, 'dense')),
  ...layouts.flatMap((layout) => moves(3, layout)),
  { op: 'gatherPixels', name: 'empty', inputs: [normal([0, 2, 2, 3]), noImages],
    run: ([x, where]) => t.gatherPixels(x, where), want: ([x]) => x },
  { op: 'scatterPixels', name: 'empty', inputs: [normal([0, 2, 2, 3]), noImages],
    run: ([g, where]) => t.scatterPixels(g, where, [0, 5, 5, 3]), want: () => build([0, 5, 5, 3], () => 0) },
  ...([[2, 2, 1], [3, 2, 1], [3, 1, 1], [2, 3, 1], [5, 3, 2]] as const).flatMap(([kernel, stride, padding]) =>
    [false, true].flatMap((ceilMode) => countingPadding([2, 6, 5, 3], { kernel, stride, padding, ceilMode }))),
];
