/** Chapter 7: what augmentation makes of an image, and which stages learn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  autoAugment, colourJitter, cutMix, flipLeftRight, mixup, padAndCrop, parseIdx, randAugment, randomAffine,
  randomErasing,
} from '@vitrine/data';
import type { Augment, Mix, RasterImage } from '@vitrine/data';
import { EfficientNet, freeze, stageGroups, stagesOf, unfreeze } from '@vitrine/efficientnet';
import { Random, meta } from '@vitrine/tensor';
import { root } from '../../support/examples.js';
import { Drawing } from '../drawing.js';
import type { Point } from '../drawing.js';

/** An image of Fashion-MNIST. */
type Grey = RasterImage & { readonly channels: 1 };

function imagesAt(...indices: readonly number[]): Grey[] {
  const file = join(root, 'packages/data/fashion-mnist/train-images-idx3-ubyte.gz');
  const { shape: [, height, width], data } = parseIdx(gunzipSync(readFileSync(file)), file);
  const size = height * width;
  return indices.map((i) =>
    ({ height, width, channels: 1, data: Uint8Array.from(data.subarray(i * size, (i + 1) * size)) }));
}

/** `image` after it was mixed with `other`. */
function mixed(mix: Mix, image: Grey, other: Grey, seed: number): Grey {
  const size = image.data.length;
  const pixels = Float32Array.from([...other.data, ...image.data]);
  mix(
    { pixels, shape: [2, image.height, image.width, 1], labels: Float32Array.of(0, 1), classes: 2 },
    new Random(seed),
  );
  return { ...image, data: Uint8Array.from(pixels.subarray(size), Math.round) };
}

export const augmentations = (): Drawing => {
  const drawing = new Drawing(
    880, 330, 'One image, augmented',
    'An ankle boot of Fashion-MNIST; the same mirrored, moved, turned, with a rectangle erased, with other ' +
      'brightness and contrast, after two draws of RandAugment and one of AutoAugment; and a dress, and both ' +
      'mixed by mixup and by CutMix.',
  );
  const [boot, dress] = imagesAt(0, 3);
  const drawn = (augment: Augment, seed: number): RasterImage => augment(boot, new Random(seed));
  const panels: readonly (readonly [label: string, image: RasterImage])[] = [
    ['the image', boot],
    ['flipLeftRight', flipLeftRight(boot)],
    ['padAndCrop', drawn(padAndCrop(4), 3)],
    ['randomAffine', drawn(randomAffine({ degrees: 25 }), 1)],
    ['randomErasing', drawn(randomErasing({ probability: 1, scale: [0.1, 0.3] }), 2)],
    ['colourJitter', drawn(colourJitter({ brightness: 0.6, contrast: 0.6 }), 1)],
    ['randAugment', drawn(randAugment(), 1)],
    ['and again', drawn(randAugment(), 5)],
    ['autoAugment', drawn(autoAugment('cifar10'), 4)],
    ['another', dress],
    ['mixup', mixed(mixup({ alpha: 4 }), boot, dress, 1)],
    ['cutMix', mixed(cutMix({ alpha: 4 }), boot, dress, 1)],
  ];
  panels.forEach(([label, image], i) => {
    const [left, top] = [32 + 140 * (i % 6), 24 + 150 * Math.floor(i / 6)];
    drawing.image([left, top], 112, image);
    const mono = /[A-Z]|mixup/.test(label);
    drawing.text([left, top + 130], label, { size: 13, mono, colour: mono ? 'a' : 'faint', within: 132 });
  });
  return drawing;
};

/** How far a rate goes down from a stage to the one before, in the chapter's program. */
const DECAY = 0.8;

/** Which stages learn is asked of the network itself. */
export const freezing = (): Drawing => {
  const drawing = new Drawing(
    880, 372, 'What learns in three phases',
    'The stages of a small EfficientNet in three phases. First all learn. Then all but a new classifier are frozen, ' +
      'and it learns from features that were worked out once. Then the stages from the second on learn as well, the ' +
      'earlier ones more slowly. The backward pass ends at the first stage that learns.',
  );
  const model = meta(() => EfficientNet.fromName('tiny-28', { numClasses: 5 }));
  const stages = stagesOf(model);
  const [left, width] = [196, 94];
  stages.forEach(({ name, modules }, i) => {
    const count = modules.reduce((sum, module) => sum + module.parameterCount(), 0);
    const middle = left + width * i + (width - 8) / 2;
    drawing.text([middle, 34], name, { size: 13, mono: true, anchor: 'middle', bold: true });
    drawing.text([middle, 54], count.toLocaleString('en-US'), { size: 13, anchor: 'middle', colour: 'faint' });
  });
  drawing.note([30, 54], 'parameters');

  const rates = new Map(stageGroups(model, { decay: DECAY })
    .flatMap(({ parameters, lrScale = 1 }) => parameters.map((parameter) => [parameter, lrScale] as const)));
  const phases: readonly (readonly [title: string, note: string, prepare: () => void, from: number])[] = [
    ['1. a backbone', 'on five classes', () => unfreeze(model), 0],
    ['2. its classifier', 'new; on cached features', () => freeze(model, { until: 'head' }), stages.length - 1],
    ['3. later stages', 'on the other five', () => unfreeze(model, { from: 'stage2' }), 0],
  ];
  phases.forEach(([title, note, prepare, from], row) => {
    prepare();
    const top = 74 + 98 * row;
    drawing.text([30, top + 18], title, { bold: true });
    drawing.note([30, top + 37], note);
    const learning = stages.map(({ modules }) => modules.some((module) =>
      module.parameters().some(({ requiresGrad }) => requiresGrad)));
    stages.forEach(({ modules }, i) => {
      const rate = rates.get(modules[0].parameters()[0]) ?? NaN;
      // On cached features the classifier has an optimizer of its own.
      const label = !learning[i] ? 'frozen' : from > 0 ? 'lr' : `${rate === 1 ? '' : `${rate.toFixed(2)}·`}lr`;
      const at: Point = [left + width * i, top];
      drawing.cell(at, width - 8, 42, label, learning[i] ? 'a' : 'ink', learning[i] ? 'soft' : 'ghost');
    });
    const [start, end] = [left + width * from, left + width * stages.length - 8];
    const back = left + width * learning.indexOf(true);
    drawing.line([[start, top + 54], [end, top + 54]], { hue: 'c', arrow: true });
    drawing.line([[end, top + 66], [back, top + 66]], { hue: 'b', arrow: true, dashed: true });
    if (from > 0) drawing.text([start - 12, top + 64], 'worked out once', { size: 13, colour: 'c', anchor: 'end' });
  });
  drawing.line([[30, 354], [80, 354]], { hue: 'c', arrow: true });
  drawing.text([90, 358], 'forward, in every step', { size: 13, colour: 'c' });
  drawing.line([[350, 354], [300, 354]], { hue: 'b', arrow: true, dashed: true });
  drawing.text([360, 358], 'backward: no further than to what learns', { size: 13, colour: 'b' });
  return drawing;
};
