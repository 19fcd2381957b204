/** Rows for convolution and its two gradients: the sum over taps, written from the output's side, naively. */
import * as t from '@vitrine/tensor';
import type { Conv2dOptions } from '@vitrine/tensor';
import { at, indices } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { describeOperands, given, layouts, normal } from './sample.js';
import type { Layout, Operand, Sample } from './sample.js';

interface Window {
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly top: number;
  readonly left: number;
  readonly outH: number;
  readonly outW: number;
}

/** Where windows stand, from the options, by the text-book formulas. */
export function windowOf([, H, W]: readonly number[], kH: number, kW: number,
  { stride = 1, padding = 0, dilation = 1 }: Pick<Conv2dOptions, 'stride' | 'padding' | 'dilation'>): Window {
  const [strideH, strideW] = typeof stride === 'number' ? [stride, stride] : stride;
  const [dilationH, dilationW] = typeof dilation === 'number' ? [dilation, dilation] : dilation;
  const [spanH, spanW] = [1 + (kH - 1) * dilationH, 1 + (kW - 1) * dilationW];
  const same = (n: number, span: number, s: number): readonly [number, number] => {
    const total = Math.max(0, (Math.ceil(n / s) - 1) * s + span - n);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  let sides: { top: number; bottom: number; left: number; right: number };
  if (padding === 'valid') sides = { top: 0, bottom: 0, left: 0, right: 0 };
  else if (padding === 'same') {
    const [[top, bottom], [left, right]] = [same(H, spanH, strideH), same(W, spanW, strideW)];
    sides = { top, bottom, left, right };
  } else if (typeof padding === 'number') sides = { top: padding, bottom: padding, left: padding, right: padding };
  else if ('top' in padding) sides = padding;
  else sides = { top: padding[0], bottom: padding[0], left: padding[1], right: padding[1] };
  const { top, bottom, left, right } = sides;
  return { strideH, strideW, dilationH, dilationW, top, left,
    outH: Math.floor((H + top + bottom - spanH) / strideH) + 1,
    outW: Math.floor((W + left + right - spanW) / strideW) + 1 };
}

/** Calls visit for every product of the convolution: output index, input index, weight index. */
function taps(
  x: readonly number[], w: readonly number[], options: Conv2dOptions,
  visit: (out: [number, number, number, number], input: [number, number, number, number],
    weight: [number, number, number, number]) => void,
): readonly [number, number, number, number] {
  const [kH, kW, perGroup, O] = w;
  const { strideH, strideW, dilationH, dilationW, top, left, outH, outW } = windowOf(x, kH, kW, options);
  const outPerGroup = O / (options.groups ?? 1);
  for (const [n, i, j, o] of indices([x[0], outH, outW, O])) {
    for (let r = 0; r < kH; r++) for (let s = 0; s < kW; s++) {
      const [h, v] = [i * strideH - top + r * dilationH, j * strideW - left + s * dilationW];
      if (h < 0 || h >= x[1] || v < 0 || v >= x[2]) continue;
      const group = Math.floor(o / outPerGroup);
      for (let c = 0; c < perGroup; c++) visit([n, i, j, o], [n, h, v, group * perGroup + c], [r, s, c, o]);
    }
  }
  return [x[0], outH, outW, O];
}

const flat = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((sum, k, axis) => sum * shape[axis] + k, 0);

function forward(x: Dense, w: Dense, options: Conv2dOptions): Dense {
  const shape = taps(x.shape, w.shape, options, () => undefined);
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  taps(x.shape, w.shape, options, (out, input, weight) =>
    (data[flat(shape, out)] += at(x, ...input) * at(w, ...weight)));
  return { shape, data };
}

function inputGrad(dout: Dense, w: Dense, shape: readonly number[], options: Conv2dOptions): Dense {
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  taps(shape, w.shape, options, (out, input, weight) =>
    (data[flat(shape, input)] += at(dout, ...out) * at(w, ...weight)));
  return { shape, data };
}

function weightGrad(x: Dense, dout: Dense, shape: readonly number[], options: Conv2dOptions): Dense {
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  taps(x.shape, shape, options, (out, input, weight) =>
    (data[flat(shape, weight)] += at(x, ...input) * at(dout, ...out)));
  return { shape, data };
}

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly options: Conv2dOptions;
  readonly layout?: Layout;
}

/** The operation and both its gradients on one geometry. */
function three({ x, w, options, layout = 'dense' }: Case): Sample[] {
  const out = taps(x, w, options, () => undefined);
  const [input, weight, cotangent] = [normal(x, layout), normal(w, layout), normal(out, layout)];
  const name = `${describeOperands([normal(x), normal(w)])} ${JSON.stringify(options)}`;
  const row = (op: string, inputs: readonly Operand[], run: Sample['run'], want: Sample['want']): Sample =>
    ({ op, name, inputs, run, want });
  return [
    row('conv2d', [input, weight], ([a, b]) => t.conv2d(a, b, options), ([a, b]) => forward(a, b, options)),
    row('conv2dInputGrad', [cotangent, weight], ([g, b]) => t.conv2dInputGrad(g, b, x, options), ([g, b]) =>
      inputGrad(g, b, x, options)),
    row('conv2dWeightGrad', [input, cotangent], ([a, g]) => t.conv2dWeightGrad(a, g, w, options), ([a, g]) =>
      weightGrad(a, g, w, options)),
  ];
}

const PADDINGS = [0, 1, 'same', 'valid', [1, 0], { top: 0, bottom: 1, left: 2, right: 0 }] as const;

const dense: readonly Case[] = [
  ...PADDINGS.flatMap((padding) => ([1, 2, 3, [2, 1]] as const)
    .map((stride): Case => ({ x: [2, 6, 5, 3], w: [3, 3, 3, 4], options: { stride, padding } }))),
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], options: {} },
  { x: [2, 3, 4, 5], w: [1, 1, 5, 6], options: {} },
  { x: [2, 5, 4, 3], w: [1, 1, 3, 7], options: { stride: 2 } },
  { x: [1, 3, 3, 2], w: [1, 1, 2, 3], options: { padding: 1 } },
  { x: [1, 7, 8, 2], w: [5, 3, 2, 3], options: { padding: 'same', stride: [1, 2] } },
  { x: [1, 2, 3, 2], w: [5, 5, 2, 3], options: { padding: 'same' } },
  { x: [1, 2, 2, 2], w: [3, 3, 2, 2], options: { padding: 4 } },
  { x: [1, 9, 9, 2], w: [2, 2, 2, 2], options: { stride: 4 } }, // pixels between windows are never read
  { x: [2, 6, 6, 40], w: [3, 3, 40, 5], options: { padding: 1 } }, // more columns than one block of im2col
  { x: [2, 24, 25, 9], w: [3, 3, 9, 2], options: { padding: 'same' } },
  { x: [0, 4, 4, 3], w: [3, 3, 3, 2], options: { padding: 1 } },
  { x: [1, 4, 4, 0], w: [3, 3, 0, 2], options: { padding: 1 } },
  { x: [1, 4, 4, 3], w: [3, 3, 3, 0], options: {} },
  { x: [1, 0, 2, 2], w: [2, 2, 2, 3], options: { padding: 1 } },
];

/** C, O, groups. */
const GROUPS = [[4, 6, 2], [9, 6, 3], [4, 4, 2], [6, 3, 3], [3, 6, 3], [1, 4, 1], [4, 8, 4]] as const;
const grouped: readonly Case[] = GROUPS.flatMap(([C, O, groups]) => [
  { x: [2, 5, 6, C], w: [3, 3, C / groups, O], options: { groups, padding: 1, stride: 2 } },
  { x: [1, 3, 4, C], w: [1, 1, C / groups, O], options: { groups } },
]);

const depthwise: readonly Case[] = [1, 2, 3, 4, 5, 7, 8, 9, 17].flatMap((C) =>
  ([[3, 1], [3, 2], [5, 2]] as const).flatMap(([k, stride]) =>
  (['same', 1, 'valid'] as const).map((padding): Case =>
    ({ x: [2, 6, 7, C], w: [k, k, 1, C], options: { groups: C, stride, padding } }))));

const oddDepthwise: readonly Case[] = [
  { x: [1, 5, 6, 4], w: [1, 3, 1, 4], options: { groups: 4, stride: [3, 1], padding: 'same' } },
  { x: [1, 2, 2, 5], w: [5, 5, 1, 5], options: { groups: 5, padding: 'same' } },
  { x: [1, 3, 3, 2], w: [2, 2, 1, 2], options: { groups: 2, padding: 3, stride: 2 } },
  { x: [2, 9, 10, 3], w: [2, 3, 1, 3], options: { groups: 3, stride: 4 } },
  { x: [0, 4, 4, 4], w: [3, 3, 1, 4], options: { groups: 4 } },
];

/** Dilations beside strides with and without a common divisor; kernels wider than the image; groups; one tap. */
const dilated: readonly Case[] = [
  ...([2, 3, [1, 2], [4, 1]] as const).flatMap((dilation) => ([1, 2, 3, [4, 2]] as const)
    .flatMap((stride) => ([1, 4, 5] as const).map((C): Case => ({
      x: [2, 9, 10, C], w: [3, 3, 1, C], options: { groups: C, stride, dilation, padding: C === 5 ? 3 : 'same' } })))),
  ...([2, 3, [3, 1]] as const).flatMap((dilation) => ([1, 2, [1, 3]] as const).map((stride): Case =>
    ({ x: [2, 9, 8, 3], w: [3, 3, 3, 4], options: { stride, dilation, padding: 'same' } }))),
  { x: [1, 7, 8, 2], w: [3, 2, 2, 3], options: { dilation: [3, 7] } },
  { x: [1, 4, 3, 2], w: [3, 3, 2, 3], options: { dilation: 5, padding: 6 } },
  { x: [1, 4, 3, 4], w: [3, 3, 1, 4], options: { dilation: 5, padding: 6, groups: 4 } },
  { x: [1, 3, 3, 2], w: [2, 2, 1, 2],
    options: { dilation: 4, padding: { top: 4, bottom: 0, left: 3, right: 5 }, groups: 2 } },
  { x: [2, 8, 7, 6], w: [3, 3, 2, 9], options: { dilation: 2, padding: 2, stride: 2, groups: 3 } },
  { x: [2, 5, 6, 4], w: [1, 1, 4, 3], options: { dilation: 3 } },
  { x: [2, 5, 6, 4], w: [1, 3, 1, 4], options: { dilation: 2, groups: 4, stride: 2 } },
  { x: [2, 24, 25, 9], w: [3, 3, 9, 2], options: { padding: 'same', dilation: 2 } }, // several blocks of columns
  { x: [0, 6, 6, 4], w: [3, 3, 1, 4], options: { groups: 4, dilation: 2 } },
  { x: [0, 6, 6, 3], w: [3, 3, 3, 4], options: { dilation: 2 } },
  ...layouts.flatMap((layout) => [
    { x: [2, 6, 5, 4], w: [3, 3, 4, 3], options: { padding: 2, dilation: 2 }, layout },
    { x: [2, 6, 5, 4], w: [3, 3, 1, 4], options: { padding: 'same', groups: 4, dilation: [1, 2] }, layout },
  ] as const),
];

const laid: readonly Case[] = layouts.flatMap((layout) => [
  { x: [2, 5, 4, 4], w: [3, 3, 4, 3], options: { padding: 1 }, layout },
  { x: [2, 5, 4, 4], w: [3, 3, 1, 4], options: { padding: 'same', groups: 4, stride: 2 }, layout },
  { x: [2, 3, 4, 4], w: [1, 1, 4, 5], options: {}, layout },
  { x: [2, 3, 4, 4], w: [3, 2, 2, 6], options: { groups: 2 }, layout },
] as const);

const special: readonly Sample[] = [
  { op: 'conv2d', name: 'NaN reaches only its windows',
    inputs: [given([1, 2, NaN, 4, 5, 6], [1, 1, 6, 1]), given([1, 0.5], [1, 2, 1, 1])], run: ([x, w]) => t.conv2d(x, w),
    want: ([x, w]) => forward(x, w, {}) },
  { op: 'conv2d', name: '∞, depthwise', inputs: [given([1, 2, Infinity, 4, 5, 6], [1, 1, 3, 2]),
    given([1, -1, 2, 1], [1, 2, 1, 2])], run: ([x, w]) => t.conv2d(x, w, { groups: 2 }), want: ([x, w]) =>
    forward(x, w, { groups: 2 }) },
  { op: 'conv2d', name: 'NaN between the taps is not read', inputs: [given([1, NaN, 3, NaN, 5, NaN], [1, 1, 6, 1]),
    given([1, 2, 4], [1, 3, 1, 1])], run: ([x, w]) => t.conv2d(x, w, { dilation: 2, stride: 2 }), want: () =>
    ({ shape: [1, 1, 1, 1], data: [27] }) },
];

export const convSamples: readonly Sample[] = [...[...dense, ...grouped].flatMap(three), ...special];
export const depthwiseSamples: readonly Sample[] = [...depthwise, ...oddDepthwise].flatMap(three);
export const dilatedSamples: readonly Sample[] = dilated.flatMap(three);
export const convLayoutSamples: readonly Sample[] = laid.flatMap(three);
