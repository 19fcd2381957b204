/** Chapter 6: the block, its gate, and two kinds of padding. */
import { EfficientNet, MBConv, SqueezeExcitation } from '@vitrine/efficientnet';
import { summarize } from '@vitrine/nn';
import type { LayerSummary } from '@vitrine/nn';
import { conv2d, meta, reshape, scope, tensor } from '@vitrine/tensor';
import { Drawing } from '../drawing.js';
import type { Hue, Point } from '../drawing.js';

/** The block of EfficientNet-B0 that is drawn, and what goes into it. */
const BLOCK = { index: 6, side: 14, channels: 80 };

const count = (n: number): string => n.toLocaleString('en-US');

/** The layers of the block, on one image, without running it. */
function layersOf(): ReadonlyMap<string, LayerSummary> {
  const block = meta(() => EfficientNet.fromName('b0')).blocks[BLOCK.index];
  if (!(block instanceof MBConv) || block.stochasticDepth === null) throw new Error('the block has a residual branch');
  const { layers } = summarize(block, [1, BLOCK.side, BLOCK.side, BLOCK.channels]);
  return new Map(layers.map((layer) => [layer.name, layer]));
}

/** Channels are heights: narrow, wide, wide, narrow. */
export const mbconv = (): Drawing => {
  const layers = layersOf();
  const layer = (name: string): LayerSummary => {
    const found = layers.get(name);
    if (found === undefined) throw new Error(`no layer ${name}`);
    return found;
  };
  const narrow = BLOCK.channels;
  const wide = layer('expand').outputShape[3];
  const drawing = new Drawing(
    880, 420, 'The inverted residual, MBConv',
    `A block of EfficientNet-B0 on 14 by 14 pixels. ${narrow} channels are widened to ${wide} by a 1 by 1 ` +
      'convolution, looked at channel by channel by a depthwise one, weighed by squeeze-and-excitation, narrowed to ' +
      `${narrow} again, and added to what came in. The multiply-adds of each step stand below it.`,
  );
  const middle = 186;
  const heightOf = (channels: number): number => (channels * 200) / wide;
  const places: readonly (readonly [x: number, channels: number, hue: Hue])[] = [
    [40, narrow, 'a'], [220, wide, 'b'], [400, wide, 'b'], [580, wide, 'b'], [760, narrow, 'a'],
  ];
  for (const [x, channels, hue] of places) {
    const height = heightOf(channels);
    drawing.box([x, middle - height / 2], 64, height, hue, 'soft');
    drawing.text([x + 32, middle + 5], String(channels), { mono: true, anchor: 'middle', colour: hue });
  }
  const gate = layer('squeezeExcitation.reduce').macs + layer('squeezeExcitation.expand').macs;
  const steps: readonly (readonly [what: string, how: string, macs: number])[] = [
    ['expand', '1×1, norm, SiLU', layer('expand').macs],
    ['depthwise', '3×3, norm, SiLU', layer('depthwise').macs],
    ['squeeze', '× gate', gate],
    ['project', '1×1, norm', layer('project').macs],
  ];
  steps.forEach(([what, how, macs], i) => {
    const [from, to] = [places[i][0] + 68, places[i + 1][0] - 4];
    drawing.line([[from, middle], [to, middle]], { hue: 'c', arrow: true });
    const centre = (from + to) / 2;
    drawing.text([centre, middle - 28], what, { size: 13, bold: true, anchor: 'middle', within: to - from });
    drawing.text([centre, middle - 10], how, { size: 12, colour: 'faint', anchor: 'middle', within: to - from });
    drawing.text([centre, 336], count(macs), { size: 13, mono: true, anchor: 'middle', colour: 'c' });
  });
  drawing.note([40, 312], 'multiply-adds:');
  drawing.line([[72, middle - heightOf(narrow) / 2 - 4], [72, 46], [792, 46], [792, middle - heightOf(narrow) / 2 - 6]],
    { hue: 'd', arrow: true });
  drawing.text([432, 36], 'the input itself, added at the end', { size: 13, colour: 'd', anchor: 'middle' });
  drawing.note([40, 374], `heights are channels; images are ${BLOCK.side}×${BLOCK.side} throughout`);
  drawing.note([40, 396], 'no activation behind the last convolution: the narrow end is a plain sum');
  return drawing;
};

/** Numbers through a gate whose weights are set by hand: it opens for the channel with the larger mean. */
export const squeezeExcitation = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 330, 'Squeeze-and-excitation',
    'An image of two by two pixels and two channels; the mean of every channel; a small network of two layers; a ' +
      'factor between 0 and 1 for every channel; and the image multiplied by them.',
  );
  const gate = new SqueezeExcitation(2, 1);
  const set = (parameter: { value: typeof image } | null, values: number[], shape: number[]): void => {
    if (parameter !== null) parameter.value = reshape(tensor(values), shape);
  };
  const image = reshape(tensor([4, 1, 2, 1, 6, 0, 4, 2]), [1, 2, 2, 2]);
  set(gate.reduce.weight, [1, -1], [1, 1, 2, 1]);
  set(gate.reduce.bias, [0], [1]);
  set(gate.expand.weight, [1, -1], [1, 1, 1, 2]);
  set(gate.expand.bias, [0, 0], [2]);
  const out = gate.call(image).value.toFloat32Array();
  const values = image.toFloat32Array();
  const means = [0, 1].map((c) => [0, 1, 2, 3].reduce((sum, pixel) => sum + values[2 * pixel + c] / 4, 0));
  const factors = [0, 1].map((c) => out[2 * 3 + c] / values[2 * 3 + c]);
  const hues: readonly Hue[] = ['a', 'b'];
  const plane = (left: number, numbers: ArrayLike<number>, digits: number): void => {
    hues.forEach((hue, c) => {
      for (let pixel = 0; pixel < 4; pixel++) {
        const at: Point = [left + 52 * (pixel % 2), 66 + 112 * c + 42 * Math.floor(pixel / 2)];
        drawing.cell(at, 52, 42, numbers[2 * pixel + c].toFixed(digits), hue, 'soft');
      }
    });
  };
  drawing.text([40, 40], 'x', { mono: true, bold: true });
  plane(40, values, 0);
  drawing.text([214, 40], 'squeeze', { bold: true });
  drawing.text([390, 40], 'excite', { bold: true });
  drawing.text([690, 40], 'x · factor', { bold: true });
  hues.forEach((hue, c) => {
    const y = 108 + 112 * c;
    drawing.line([[150, y], [210, y]], { arrow: true });
    drawing.cell([214, y - 18], 56, 36, means[c].toFixed(1), hue, 'soft');
    drawing.line([[274, y], [386, 158 + 12 * c]], { arrow: true });
    drawing.line([[460, 158 + 12 * c], [534, y]], { arrow: true });
    drawing.cell([538, y - 18], 64, 36, factors[c].toFixed(2), hue, 'soft');
    drawing.line([[606, y], [686, y]], { arrow: true });
  });
  drawing.cell([390, 142], 66, 42, Math.log(factors[0] / (1 - factors[0])).toFixed(2), 'c', 'soft');
  plane(690, out, 2);
  drawing.note([40, 300], 'a mean over all pixels');
  drawing.note([214, 300], 'reduce: 2 → 1, SiLU');
  drawing.note([390, 300], 'expand: 1 → 2, sigmoid');
  drawing.note([600, 300], 'one factor a channel, for all pixels');
  return drawing;
});

/** Six numbers, windows of three, stride two. */
export const padding = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 300, 'Two kinds of padding',
    'Six numbers with a window of three and a stride of two. TensorFlow adds one zero behind the last number, so ' +
      'that windows begin at the first, third and fifth; symmetric padding adds one at each end, and windows begin ' +
      'one earlier.',
  );
  const signal = [1, 2, 3, 4, 5, 6];
  const row = reshape(tensor(signal), [1, 1, 6, 1]);
  const weight = reshape(tensor([100, 10, 1]), [1, 3, 1, 1]);
  const hues: readonly Hue[] = ['a', 'b', 'd'];
  const panel = (top: number, title: string, before: number, outputs: readonly number[]): void => {
    drawing.text([40, top], title, { bold: true });
    const cells = before === 0 ? [...signal, 0] : [0, ...signal, 0];
    const left = 360 - 50 * before;
    cells.forEach((value, i) => {
      const own = i >= before && i < before + signal.length;
      drawing.cell([left + 50 * i, top - 22], 50, 34, String(value), 'ink', own ? 'soft' : 'ghost');
    });
    outputs.forEach((value, o) => {
      const from = left + 100 * o;
      const y = top + 24 + 14 * o;
      drawing.line([[from + 6, y], [from + 144, y]], { hue: hues[o], width: 3 });
      const label = `y${o} = ${String(value).padStart(3, '0')}`;
      drawing.text([740, top - 8 + 28 * o], label, { mono: true, colour: hues[o] });
    });
  };
  const same = conv2d(row, weight, { stride: [1, 2], padding: 'same' }).toFloat32Array();
  const symmetric = conv2d(row, weight, { stride: [1, 2], padding: [0, 1] }).toFloat32Array();
  panel(56, 'tensorflow: \'same\'', 0, [...same]);
  panel(176, 'pytorch: symmetric', 1, [...symmetric]);
  drawing.note([40, 276], 'weights 100, 10, 1: an output reads as its window; dashed: padding');
  return drawing;
});
