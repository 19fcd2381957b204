/** Rows for the transposed convolution: every input pixel stamps the kernel onto the output. */
import * as t from '@vitrine/tensor';
import type { ConvTranspose2dOptions } from '@vitrine/tensor';
import { at, indices, sizeOf } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { layouts, normal } from './sample.js';
import type { Layout, Sample } from './sample.js';

const both = (n: number | readonly [number, number] = 0): readonly [number, number] =>
  (typeof n === 'number' ? [n, n] : n);

/**
 * Stamped onto a canvas without any padding, from which the padding is then cut off; written by the definition, and
 * nothing of convolution.
 */
function stamp(x: Dense, w: Dense, options: ConvTranspose2dOptions): Dense {
  const [N, H, W, C] = x.shape;
  const [kH, kW, perGroup] = w.shape;
  const { groups = 1, padding = 0 } = options;
  const [stride, dilation, more] =
    [both(options.stride ?? 1), both(options.dilation ?? 1), both(options.outputPadding)];
  const span = [(kH - 1) * dilation[0] + 1, (kW - 1) * dilation[1] + 1];
  const size = [(H - 1) * stride[0] + span[0], (W - 1) * stride[1] + span[1]];
  const O = perGroup * groups;
  let cut: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
  if (padding === 'valid') cut = { top: 0, bottom: 0, left: 0, right: 0 };
  else if (padding === 'same') {
    // What is beyond stride · size is cut off, the odd pixel at the bottom and right; what is missing is added there.
    const [down, across] = [size[0] - H * stride[0], size[1] - W * stride[1]];
    const half = (n: number): number => Math.max(0, Math.floor(n / 2));
    cut = { top: half(down), bottom: down - half(down), left: half(across), right: across - half(across) };
  } else if (typeof padding === 'number') cut = { top: padding, bottom: padding, left: padding, right: padding };
  else if ('top' in padding) cut = padding;
  else cut = { top: padding[0], bottom: padding[0], left: padding[1], right: padding[1] };
  const shape = [N, size[0] - cut.top - cut.bottom + more[0], size[1] - cut.left - cut.right + more[1], O];
  const data = new Float64Array(sizeOf(shape));
  for (const [n, i, j, c] of indices(x.shape)) {
    const group = Math.floor(c / (C / groups));
    for (const [r, s, o] of indices([kH, kW, perGroup])) {
      const [h, v] = [i * stride[0] + r * dilation[0] - cut.top, j * stride[1] + s * dilation[1] - cut.left];
      if (h < 0 || h >= shape[1] || v < 0 || v >= shape[2]) continue;
      data[((n * shape[1] + h) * shape[2] + v) * O + group * perGroup + o] += at(x, n, i, j, c) * at(w, r, s, o, c);
    }
  }
  return { shape, data };
}

const row = (
  x: readonly number[], w: readonly number[], options: ConvTranspose2dOptions, layout: Layout = 'dense',
): Sample => ({
  op: 'convTranspose2d', name: JSON.stringify(options), inputs: [normal(x, layout), normal(w, layout)],
  run: ([a, b]) => t.convTranspose2d(a, b, options), want: ([a, b]) => stamp(a, b, options),
});

const PADDINGS = [0, 1, 'same', 'valid', [1, 0], { top: 0, bottom: 1, left: 2, right: 0 }] as const;

export const convTransposeSamples: readonly Sample[] = [
  ...PADDINGS.flatMap((padding) => ([1, 2, 3, [2, 1]] as const).flatMap((stride) => ([1, 2] as const).map((dilation) =>
    row([2, 4, 5, 3], [3, 3, 2, 3], { stride, padding, dilation })))),
  ...([1, [1, 0], [0, 1]] as const).map((outputPadding) =>
    row([2, 4, 3, 3], [3, 3, 4, 3], { stride: 2, padding: 1, outputPadding })),
  row([1, 3, 4, 2], [2, 3, 3, 2], { stride: 3, outputPadding: 2, dilation: [2, 1] }),
  row([1, 3, 3, 2], [1, 1, 3, 2], {}),
  row([2, 3, 3, 2], [1, 1, 3, 2], { stride: 2 }), // pixels that nothing reaches
  row([2, 3, 3, 2], [1, 1, 3, 2], { stride: 2, padding: 'same' }),
  row([1, 1, 1, 1], [1, 1, 1, 1], {}),
  row([2, 3, 4, 4], [3, 3, 3, 4], { groups: 2, stride: 2, padding: 1 }),
  row([2, 3, 4, 6], [2, 3, 1, 6], { groups: 3, dilation: 2 }),
  ...[1, 4, 5, 9].flatMap((C) => [
    row([2, 4, 5, C], [3, 3, 1, C], { groups: C, stride: 2, padding: 1, outputPadding: 1 }),
    row([1, 4, 5, C], [3, 3, 1, C], { groups: C, dilation: 2, padding: 'same', stride: 2 }),
  ]),
  row([0, 4, 5, 3], [3, 3, 2, 3], { stride: 2 }),
  row([1, 4, 5, 0], [3, 3, 2, 0], { stride: 2 }),
  row([1, 4, 5, 3], [3, 3, 0, 3], { stride: 2 }),
  ...layouts.map((layout) => row([2, 3, 4, 3], [3, 2, 2, 3], { stride: 2, padding: 1 }, layout)),
];
