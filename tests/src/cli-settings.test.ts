/** The settings of a training as texts: augmentations, optimizers, presets; and how data sets are recognised. */
import { FASHION_MNIST_FILES, encodeIdx } from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';
import type { Recipe } from '@vitrine/nn';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { join } from 'node:path';
import { parseAugmentation } from '../../packages/efficientnet/dist/cli/training/augment.js';
import { recogniseDataset } from '../../packages/efficientnet/dist/cli/training/data-kinds.js';
import { loadSets, wantedBy } from '../../packages/efficientnet/dist/cli/training/data.js';
import {
  formatOptimizer, formatSchedule, parseOptimizer, parseSchedule,
} from '../../packages/efficientnet/dist/cli/training/optimizer-specs.js';
import { DATA_DEFAULTS } from '../../packages/efficientnet/dist/cli/training/options.js';
import {
  PRESET_NAMES, TRAINING_PRESETS, recipeOf, valuesOf,
} from '../../packages/efficientnet/dist/cli/training/presets.js';
import { withFolder } from './support/folders.js';

const image: RasterImage = { width: 6, height: 4, channels: 3, data: Uint8Array.from({ length: 72 }, (_, i) => 3 * i) };

describe('command line: augmentations', () => {
  const augmented = (text: string, seed: number): RasterImage =>
    parseAugmentation(text, 5).augment!(image, new Random(seed));

  it('none, images, batches', () => {
    expect(parseAugmentation('none', 5)).to.deep.equal({});
    expect(Object.keys(parseAugmentation('flip,crop:2', 5))).to.deep.equal(['augment']);
    expect(Object.keys(parseAugmentation('mixup:0.2', 5))).to.deep.equal(['mix']);
    expect(Object.keys(parseAugmentation('cutmix:1@0.5,flip,mixup:0.2', 5))).to.have.members(['augment', 'mix']);
  });

  for (const text of [
    'flip@1', 'crop:2', 'resized-crop:0.5', 'rotate:30', 'jitter:0.4', 'erase:1', 'erase:1:0.5:random',
    'randaugment:3:20', 'autoaugment', 'autoaugment:cifar10',
  ]) {
    it(`${text} changes images, by chance alone`, () => {
      const made = Array.from({ length: 12 }, (_, seed) => augmented(text, seed));
      expect(made.some(({ data }) => Buffer.compare(data, image.data) !== 0)).to.equal(true);
      expect(augmented(text, 3)).to.deep.equal(made[3]);
      expect(text.startsWith('resized-crop') ? made.every(({ width, height }) => width === 5 && height === 5) : true)
        .to.equal(true);
    });
  }

  it('@ is how often', () => {
    for (const text of ['flip@0', 'crop:2@0', 'jitter:0.9@0']) expect(augmented(text, 1)).to.deep.equal(image);
    const turned = Array.from({ length: 200 }, (_, seed) => augmented('flip', seed).data[0] !== image.data[0]);
    expect(turned.filter(Boolean).length).to.be.within(70, 130);
  });

  it('what is wrong is quoted', () => {
    for (const [text, message] of [
      ['', "there is no ''; known are flip, crop, resized-crop, rotate, jitter, erase, randaugment, autoaugment, "],
      ['flip:1', "'flip:1': flip takes no number, with : before it"],
      ['crop:1:2', "'crop:1:2': crop takes one number, with : before it"],
      ['flip@2', "'flip@2': behind @ stands a probability, from 0 to 1"],
      ['mixup', "'mixup': mixup takes alpha, such as mixup:0.2"],
      ['autoaugment:svhn', "'autoaugment:svhn': autoaugment takes imagenet or cifar10"],
      ['crop:1.5', 'padAndCrop: pixels is 1.5; expected a whole number'],
    ]) expect(() => parseAugmentation(text, 5), text).to.throw(message);
  });
});

describe('command line: presets', () => {
  for (const name of PRESET_NAMES) {
    it(`${name}: its options say all that its recipe says`, () => {
      const { recipe }: { readonly recipe: Recipe } = TRAINING_PRESETS[name];
      const values = valuesOf(TRAINING_PRESETS[name]);
      expect(recipeOf(values)).to.deep.equal(recipe);
      expect(JSON.parse(JSON.stringify(values))).to.deep.equal(values);
      expect(() => parseAugmentation(values.augment, 32)).not.to.throw();
    });
  }

  it('optimizers and schedules, there and back', () => {
    for (const text of [
      'adamw', 'adamw:0.9:0.99', 'adamw:0.8:0.9:0.000001', 'sgd:0.9', 'sgd:0:plain', 'rmsprop-tf:0.9:0.8:0.01',
    ]) {
      expect(formatOptimizer(parseOptimizer(text))).to.equal(text);
    }
    expect(formatOptimizer({ name: 'adamw', eps: 1e-6 })).to.equal('adamw:0.9:0.999:0.000001');
    expect(parseOptimizer('sgd')).to.deep.equal({ name: 'sgd', momentum: 0.9, nesterov: true });
    for (const text of ['cosine', 'cosine:0.01', 'staircase:0.97:2.4', 'constant']) {
      expect(formatSchedule(parseSchedule(text))).to.equal(text);
    }
    expect(() => parseOptimizer('adamw:0.9')).to.throw('adamw takes both betas, or none');
    expect(parseOptimizer('sgd:0')).to.deep.equal({ name: 'sgd', momentum: 0, nesterov: false });
  });

  it('what the optimizer or the schedule would refuse is refused at once, and so is chance', () => {
    for (const [text, message] of [
      ['adamw:0.9:1', 'AdamW: betas[1] is from 0 to below 1; got 1'],
      ['sgd:-1', 'SGD: momentum is a finite number >= 0; got -1'],
      ['rmsprop-tf:1', 'RMSpropTF: decay is from 0 to below 1; got 1'],
      ['sgd@0.5', "'sgd@0.5': @ and a probability are for augmentations; leave them out"],
    ]) expect(() => parseOptimizer(text), text).to.throw(message);
    for (const [text, message] of [
      ['staircase:0.97:0', 'everySteps is a number of steps > 0; got 0'],
      ['cosine@0.5', "'cosine@0.5': @ and a probability are for augmentations; leave them out"],
    ]) expect(() => parseSchedule(text), text).to.throw(message);
  });

  it('a step of several batches is a larger batch to the learning rate', () => {
    const values = { ...valuesOf(TRAINING_PRESETS.paper), 'batch-size': 32, accumulate: 8 };
    expect(recipeOf(values)).to.include({ batchSize: 256, lr: 0.256, lrBatchSize: 4096 });
  });
});

describe('command line: data sets', () => {
  const idx = (labels: readonly number[]): Record<string, Uint8Array> => Object.fromEntries(
    Object.values(FASHION_MNIST_FILES).flatMap((files) => [
      [files.images, encodeIdx({ shape: [labels.length, 28, 28], data: new Uint8Array(labels.length * 784).fill(9) })],
      [files.labels, encodeIdx({ shape: [labels.length], data: Uint8Array.from(labels) })],
    ]));
  const cifar = { 'train.bin': new Uint8Array(2 * 3074), 'test.bin': new Uint8Array(3074) };

  it('are recognised by their files; MNIST by its first labels', async () => {
    for (const [files, kind] of [
      [idx([5, 0, 4, 1, 9, 2, 1, 3]), 'mnist'], [idx([9, 0, 0, 3]), 'fashion-mnist'], [cifar, 'cifar-100'],
      [{ 'data_batch_1.bin': new Uint8Array(3073) }, 'cifar-10'], [{ 'cat/1.png': new Uint8Array(1) }, 'folder'],
    ] as const) expect(await withFolder(files, recogniseDataset)).to.equal(kind);
    expect(await recogniseDataset(null)).to.equal('fashion-mnist');
  });

  it('MNIST below a folder of another name is MNIST; without labels the folder itself has the last word', async () => {
    const mnist = idx([5, 0, 4, 1, 9, 2, 1, 3]);
    const below = (folder: string, names: readonly string[]): Record<string, Uint8Array> =>
      Object.fromEntries(names.map((name) => [`${folder}/${name}`, mnist[name]]));
    const images = [FASHION_MNIST_FILES.train.images];
    for (const [folder, names, kind] of [
      ['fashion/mnist', Object.keys(mnist), 'mnist'], ['fashion', Object.keys(mnist), 'mnist'],
      ['fashion/mnist', images, 'mnist'], ['data/fashion', images, 'fashion-mnist'],
    ] as const) {
      const found = await withFolder(below(folder, names), (dir) => recogniseDataset(join(dir, folder)));
      expect(found, `${folder}, ${names.length} files`).to.equal(kind);
    }
  });

  it('of one size are seen as they are, or in the size and channels that are wanted', async () => {
    await withFolder(idx([5, 0, 4, 1, 9, 2, 1, 3]), async (data) => {
      const values = { ...DATA_DEFAULTS, data };
      const model = { imageSize: 32, inChannels: 1 };
      const sets = await loadSets(values, (known) => wantedBy(known, values, model), () => undefined);
      expect(sets).to.include({ kind: 'mnist', title: 'MNIST' });
      expect(sets.preprocessing)
        .to.deep.equal({ resize: 28, crop: 28, interpolation: 'bicubic', mean: [0.1307], std: [0.3081] });
      expect(await sets.train.read(1)).to.deep.include({ width: 28, height: 28, channels: 1 });
      const preprocessing = { ...sets.preprocessing, resize: 40, crop: 36 };
      const large = await loadSets(values, () => ({ channels: 3, preprocessing }), () => undefined);
      const { width, height, channels, data: bytes } = await large.train.read(1);
      expect({ width, height, channels }).to.deep.equal({ width: 40, height: 40, channels: 3 });
      expect(new Set(bytes)).to.deep.equal(new Set([9]));
    });
  });

  it('colours of CIFAR for a network of colours', async () => {
    await withFolder(cifar, async (data) => {
      const values = { ...DATA_DEFAULTS, data, 'image-size': 24 };
      const model = { imageSize: 224, inChannels: 3 };
      const sets = await loadSets(values, (known) => wantedBy(known, values, model), () => undefined);
      expect(sets.train).to.include({ length: 2, channels: 3 });
      expect(sets.preprocessing).to.include({ resize: 24, crop: 24 });
      const wrong = { ...values, mean: [0.5] };
      await loadSets(wrong, (known) => wantedBy(known, wrong, model), () => undefined).then(
        () => expect.fail('no error'),
        (error: unknown) => expect(String(error)).to.contain('--mean has 1 numbers; the images have 3 channels'));
    });
  });

  it('of folders the side is the model\'s, with a margin', () => {
    const known = { side: null, channels: null, colours: null };
    const wanted = wantedBy(known, DATA_DEFAULTS, { imageSize: 224, inChannels: 3 });
    expect(wanted).to.deep.include({ channels: 3 });
    expect(wanted.preprocessing).to.deep.include({ resize: 256, crop: 224, mean: [0.485, 0.456, 0.406] });
    expect(wantedBy(known, DATA_DEFAULTS, { imageSize: 28, inChannels: 1 }).preprocessing)
      .to.deep.include({ resize: 32, crop: 28, mean: [0.449] });
  });
});
