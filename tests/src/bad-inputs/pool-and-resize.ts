/** Max pooling and resizing. */
import { Variable, resize as resizeOfVariables } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { double, noTensor, sent, z } from './row.js';
import type { Row } from './row.js';

const row = (first: number, ...weights: number[]): t.ResamplingRow => ({ first, weights: Float64Array.from(weights) });
const window = (kernel: number, more: Partial<t.MaxPoolOptions> = {}): t.MaxPoolOptions => ({ kernel, ...more });

const maxPool = (['maxPool2d', 'maxPool2dWithIndices'] as const).flatMap((op): Row[] => [
  [op, () => t[op](noTensor, window(2)), `${op}: x should be a Tensor`],
  [op, () => t[op](z(5, 5), window(2)), `${op}: input is [N,H,W,C]; got [5,5]`],
  [op, () => t[op](z(1, 5, 5, 3), window(0)), `${op}: the window is a whole number >= 1, or two of them; got 0`],
  [op, () => t[op](z(1, 5, 5, 3), window(1.5)), `${op}: the window is a whole number >= 1`],
  [op, () => t[op](z(1, 5, 5, 3), window(1.5, { dilation: 2 })), `${op}: the window is a whole number >= 1`],
  [op, () => t[op](z(1, 5, 5, 3), window(3, { dilation: 3 })), `${op}: a 7x7 window does not fit the padded input 5x5`],
  [op, () => t[op](z(1, 5, 5, 3), window(2, { dilation: 0 })),
    `${op}: dilation is a whole number >= 1, or two of them; got 0`],
  [op, () => t[op](z(1, 5, 5, 3), window(2, { dilation: [1, 0.5] })),
    `${op}: dilation is a whole number >= 1, or two of them; got [1,0.5]`],
  [op, () => t[op](z(1, 5, 5, 3), window(2, { stride: 0 })), `${op}: stride is a whole number >= 1`],
  [op, () => t[op](z(1, 4, 4, 3), window(2, { padding: 2 })),
    `${op}: the windows of row 0 of the output lie in the padding alone, where nothing is largest; pad less`],
  [op, () => t[op](z(1, 4, 4, 3), window(1, { stride: 1, padding: [0, 1] })),
    `${op}: the windows of column 0 of the output`],
  [op, () => t[op](z(1, 1, 9, 3), window(2, { dilation: 2, padding: 1 })), `${op}: the windows of row 0 of the output`],
  [op, () => t[op](z(1, 0, 4, 3), window(2, { padding: 1 })), `${op}: the windows of row 0 of the output`],
]);

const adaptiveNames = ['adaptiveMaxPool2d', 'adaptiveMaxPool2dWithIndices', 'adaptiveAveragePool2d'] as const;
const adaptive = adaptiveNames.flatMap((op): Row[] => [
  [op, () => t[op](noTensor, [1, 1]), `${op}: x should be a Tensor`],
  [op, () => t[op](z(2, 3), [1, 1]), `${op}: input is [N,H,W,C]; got [2,3]`],
  [op, () => t[op](z(1, 3, 3, 1), [0, 2]), `${op}: the size is [outH, outW], two whole numbers >= 1; got [0,2]`],
  [op, () => t[op](z(1, 3, 3, 1), sent('3')), `${op}: the size is [outH, outW], two whole numbers >= 1; got 3`],
  [op, () => t[op](z(1, 3, 0, 1), [1, 1]), `${op}: [1,3,0,1] NHWC has no pixels`],
]);

export const poolAndResize: readonly Row[] = [
  ...maxPool,
  ['maxPool2dWithIndices', () => t.meta(() => t.maxPool2dWithIndices(z(1, 4097, 4096, 1), window(2))),
    'maxPool2dWithIndices: float32 cannot number the 16781312 pixels of [1,4097,4096,1], only 2^24; convert x with'],
  ...adaptive,
  ['gatherPixels', () => t.gatherPixels(noTensor, z(1, 1, 1, 1)), 'gatherPixels: x should be a Tensor'],
  ['gatherPixels', () => t.gatherPixels(z(1, 2, 2, 3), z(1, 1, 1, 2)),
    'gatherPixels: takes an image [N,H,W,C] and indices [N,outH,outW,C]; got [1,2,2,3] and [1,1,1,2]'],
  ['gatherPixels', () => t.gatherPixels(z(1, 2, 2, 1), t.tensor([[[[0], [4]]]])),
    'gatherPixels: index 4 at position 1 is none of the 4 pixels 0..3 of [1,2,2,1]'],
  ['gatherPixels', () => t.gatherPixels(z(1, 2, 2, 1), t.tensor([[[[0.5]]]])), 'gatherPixels: index 0.5 at position 0'],
  ['gatherPixels', () => t.gatherPixels(z(1, 2, 2, 1), t.tensor([[[[NaN]]]])), 'gatherPixels: index NaN at position 0'],
  ['gatherPixels', () => t.gatherPixels(z(1, 2, 2, 1), double(1, 1, 1, 1)),
    'gatherPixels: operands are float32 and float64'],
  ['scatterPixels', () => t.scatterPixels(noTensor, z(1, 1, 1, 1), [1, 1, 1, 1]),
    'scatterPixels: g should be a Tensor'],
  ['scatterPixels', () => t.scatterPixels(z(1, 1, 2, 1), z(1, 1, 1, 1), [1, 2, 2, 1]),
    'scatterPixels: there is an index for every value; got [1,1,2,1] and indices [1,1,1,1]'],
  ['scatterPixels', () => t.scatterPixels(z(1, 1, 1, 1), t.tensor([[[[-1]]]]), [1, 2, 2, 1]),
    'scatterPixels: index -1 at position 0 is none of the 4 pixels'],
  ['scatterPixels', () => t.scatterPixels(z(1, 1, 1, 1), z(1, 1, 1, 1), [2, 2]),
    'scatterPixels: takes an image [N,H,W,C]'],
  ['averagePool2d', () => t.averagePool2d(z(1, 5, 5, 3), { kernel: 9, stride: 1, ceilMode: true }),
    'averagePool2d: a 9x9 window does not fit the padded input 5x5'],

  ['resample', () => t.resample(noTensor, 0, { length: 1, rows: [] }), 'resample: x should be a Tensor'],
  ['resample', () => t.resample(z(2, 3), 2, { length: 3, rows: [] }),
    'resample: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['resample', () => t.resample(z(2, 3), 0, { length: 3, rows: [] }),
    'resample: the table is for an axis of length 3; axis 0 of [2,3] has 2'],
  ['resample', () => t.resample(z(3), 0, { length: 3, rows: [row(0, 1), row(2, 1, 1)] }),
    'resample: row 1 of the table reads 2 elements from 2 on, of an axis of length 3'],
  ['resample', () => t.resample(z(3), 0, { length: 3, rows: [row(-1, 1)] }),
    'resample: row 0 of the table reads 1 elements from -1 on'],
  ['resize', () => t.resize(noTensor, [2, 2]), 'resize: x should be a Tensor'],
  ['resize', () => t.resize(z(2, 3, 3), [2, 2]), 'resize: input is [N,H,W,C]; got [2,3,3]'],
  ['resize', () => t.resize(z(1, 3, 3, 1), [2, 2.5]),
    'resize: the size is [outH, outW], two whole numbers >= 1; got [2,2.5]'],
  ['resize', () => t.resize(z(1, 0, 3, 1), [2, 2]), 'resize: [1,0,3,1] NHWC has no pixels'],
  ['resize', () => t.resize(z(1, 3, 3, 1), [2, 2], { mode: sent('"area"') }),
    "resize: mode is 'nearest', 'bilinear' or 'bicubic'; got area"],
  ['resize', () => t.resize(z(1, 3, 3, 1), [2, 2], { antialias: true }),
    "resize: antialias and alignCorners are for 'bilinear' and 'bicubic'; mode 'nearest' takes neither"],
  ['resize', () => t.resize(z(1, 3, 3, 1), [2, 2], { mode: 'bilinear', antialias: true, alignCorners: true }),
    'resize: antialias and alignCorners exclude each other: a filter has no corners to align'],
  ['resize of variables', () => resizeOfVariables(new Variable(z(3, 3)), [2, 2]),
    'resize: input is [N,H,W,C]; got [3,3]'],
];
