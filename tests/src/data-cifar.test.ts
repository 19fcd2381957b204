import {
  CIFAR100_CLASSES, CIFAR100_COARSE_CLASSES, CIFAR10_CLASSES, countLabels, encodeIdx, fromArrays, type ImageDataset,
  imageAt, loadCifar10, loadCifar100, loadMnist,
} from '@vitrine/data';
import { expect } from 'chai';
import { bytes, rejection } from './data-samples.js';
import { withFolder } from './support/folders.js';

type Files = Record<string, Uint8Array | string>;

/** Pixel p of channel c of an image: no two neighbours, planes or images are alike. */
const pixel = (image: number, c: number, p: number): number => (37 * image + 101 * c + 7 * p) % 251;

/** A file of images `first` on; `labels[i]` are the label bytes of one. */
const batch = (first: number, ...labels: number[][]): Uint8Array => Uint8Array.from(labels.flatMap((own, i) =>
  [...own, ...[0, 1, 2].flatMap((c) => Array.from({ length: 1024 }, (_, p) => pixel(first + i, c, p)))]));

const ten = (): Files => ({
  'data_batch_1.bin': batch(0, [9], [0]), 'data_batch_2.bin': batch(2, [3]), 'data_batch_3.bin': batch(3, [1]),
  'data_batch_4.bin': batch(4, [4]), 'data_batch_5.bin': batch(5, [5]), 'test_batch.bin': batch(6, [7]),
});
const hundred = (): Files => ({ 'train.bin': batch(0, [19, 99], [0, 1]), 'test.bin': batch(2, [4, 50]) });

const expectPixels = (set: ImageDataset, first: number): void => {
  expect([set.height, set.width, set.channels]).to.deep.equal([32, 32, 3]);
  for (let i = 0; i < set.length; i++) {
    const want = bytes(3072, (at) => pixel(first + i, at % 3, Math.floor(at / 3)));
    expect(Buffer.compare(imageAt(set, i), want), `image ${i}`).to.equal(0);
  }
};

describe('data: CIFAR', () => {
  it('the published names are 10, 100 and 20, all different, those of CIFAR-100 sorted', () => {
    expect([CIFAR10_CLASSES, CIFAR100_CLASSES, CIFAR100_COARSE_CLASSES].map((names) => new Set(names).size))
      .to.deep.equal([10, 100, 20]);
    for (const names of [CIFAR100_CLASSES, CIFAR100_COARSE_CLASSES]) expect([...names].sort()).to.deep.equal(names);
  });

  it('reads CIFAR-10: the files in order, planes as channels', () => withFolder(ten(), async (dir) => {
    const { train, test } = await loadCifar10(dir);
    expect([...train.labels]).to.deep.equal([9, 0, 3, 1, 4, 5]);
    expectPixels(train, 0);
    expect([...test.labels]).to.deep.equal([7]);
    expectPixels(test, 6);
    expect([train.name, test.name]).to.deep.equal(['CIFAR-10 train', 'CIFAR-10 test']);
    expect(train.classes).to.equal(CIFAR10_CLASSES);
  }));

  it('reads CIFAR-100 with fine labels or coarse ones', () => withFolder(hundred(), async (dir) => {
    const fine = await loadCifar100(dir);
    expect([[...fine.train.labels], [...fine.test.labels]]).to.deep.equal([[99, 1], [50]]);
    expectPixels(fine.train, 0);
    expectPixels(fine.test, 2);
    expect(fine.train.classes[fine.train.labels[0]]).to.equal('worm');
    const coarse = await loadCifar100(dir, { labels: 'coarse' });
    expect([[...coarse.train.labels], [...coarse.test.labels]]).to.deep.equal([[19, 0], [4]]);
    expect(coarse.train.images).to.deep.equal(fine.train.images);
    expect(coarse.train.classes[19]).to.equal('vehicles_2');
  }));

  const unpacked = (files: Files): Files => Object.fromEntries(Object.entries(files).map(([name, content]) =>
    [`cifar-10-batches-bin/${name}`, content]));

  it('reads the folder the archive unpacks to, and its names', () => {
    const names = 'abcdefghij'.split('').join('\n');
    return withFolder(unpacked({ ...ten(), 'batches.meta.txt': `${names}\n\n` }), async (dir) => {
      const { train } = await loadCifar10(dir);
      expect(train.classes.join('')).to.equal('abcdefghij');
      expectPixels(train, 0);
    });
  });

  it('finds that folder without the names, and with files missing, which it names', async () => {
    await withFolder(unpacked(ten()), async (dir) => {
      const { train } = await loadCifar10(dir);
      expect(train.classes).to.equal(CIFAR10_CLASSES);
      expectPixels(train, 0);
    });
    const { 'test_batch.bin': _, ...rest } = ten();
    expect(await withFolder(unpacked(rest), (dir) => rejection(loadCifar10(dir))))
      .to.match(/no file .*cifar-10-batches-bin.test_batch\.bin; /);
  });

  const bad: { title: string; set: 10 | 100; change: Files; message: RegExp }[] = [
    { title: 'a truncated file', set: 10, change: { 'data_batch_3.bin': batch(0, [1]).subarray(0, 3000) },
      message: /batch_3\.bin: 3000 bytes; expected a multiple of 3073 \(1 of .*truncated.*cifar-10-binary\.tar\.gz/ },
    { title: 'an empty file', set: 10, change: { 'test_batch.bin': '' }, message: /test_batch\.bin: 0 bytes/ },
    { title: 'a file of CIFAR-100', set: 10, change: { 'data_batch_1.bin': batch(0, [1, 2]) },
      message: /data_batch_1\.bin: 3074 bytes; expected a multiple of 3073 .*of another data set/ },
    { title: 'a label beyond the classes', set: 10, change: { 'data_batch_2.bin': batch(0, [1], [10]) },
      message: /data_batch_2\.bin: image 1 has label 10; expected 0 to 9/ },
    { title: 'a fine label beyond the classes', set: 100, change: { 'test.bin': batch(0, [1, 100]) },
      message: /test\.bin: image 0 has label 100; expected 0 to 99/ },
    { title: 'too few names', set: 100, change: { 'fine_label_names.txt': 'cat\ndog\n' },
      message: /fine_label_names\.txt: 2 names; expected 100, one a line/ },
  ];
  for (const { title, set, change, message } of bad) {
    it(`refuses ${title}`, () => withFolder({ ...(set === 10 ? ten() : hundred()), ...change }, async (dir) => {
      const text = await rejection(set === 10 ? loadCifar10(dir) : loadCifar100(dir));
      expect(text).to.match(message).and.match(set === 10 ? /^loadCifar10: / : /^loadCifar100: /);
    }));
  }

  it('a missing file: names it, all that are needed, and the archive', async () => {
    const { 'data_batch_4.bin': _, ...rest } = ten();
    expect(await withFolder(rest, (dir) => rejection(loadCifar10(dir))))
      .to.match(/^loadCifar10: no file .*data_batch_4\.bin; .*data_batch_1\.bin, .*test_batch\.bin.*cifar-10-binary/);
    expect(await rejection(loadCifar100('/no/such/place'))).to.match(/no file .*train\.bin.*train\.bin, test\.bin/);
  });
});

describe('data: MNIST', () => {
  const files = (highest: number): Files => ({
    'train-images-idx3-ubyte': encodeIdx({ shape: [2, 28, 28], data: bytes(1568, (i) => i % 255) }),
    'train-labels-idx1-ubyte': encodeIdx({ shape: [2], data: Uint8Array.of(highest, 3) }),
    't10k-images-idx3-ubyte': encodeIdx({ shape: [1, 28, 28], data: new Uint8Array(784) }),
    't10k-labels-idx1-ubyte': encodeIdx({ shape: [1], data: Uint8Array.of(5) }),
  });

  it('reads the four files', () => withFolder(files(9), async (dir) => {
    const { train, test } = await loadMnist(dir);
    expect([...train.labels].map((label) => train.classes[label])).to.deep.equal(['9', '3']);
    expect(imageAt(train, 1)[0]).to.equal(784 % 255);
    expect([test.name, test.length]).to.deep.equal(['MNIST test', 1]);
  }));

  it('names the file that is wrong or missing', async () => {
    expect(await withFolder(files(10), (dir) => rejection(loadMnist(dir))))
      .to.match(/train-labels-idx1-ubyte: label 0 is 10; expected 0 to 9/);
    expect(await rejection(loadMnist('/no/such/place'))).to.match(/^loadMnist: no file .*such.place.*torchvision/);
  });
});

describe('data: arrays', () => {
  const two = { images: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 1, 3], labels: [1, 0] };

  it('bytes are taken as they are, other numbers copied, and classes are counted', () => {
    const set = fromArrays(two);
    expect(set.images).to.equal(two.images);
    expect([set.length, set.height, set.width, set.channels]).to.deep.equal([2, 1, 3, 1]);
    expect(set.classes).to.deep.equal(['0', '1']);
    const images = Float32Array.from(two.images);
    const colour = fromArrays({ ...two, images, shape: [2, 1, 1, 3], classes: ['a', 'b'] });
    expect(colour.images).to.deep.equal(two.images);
    expect([colour.channels, countLabels(colour)]).to.deep.equal([3, [1, 1]]);
  });

  for (const [classes, type] of [[256, Uint8Array], [257, Uint16Array], [65537, Int32Array]] as const) {
    it(`labels of ${classes} classes are a ${type.name}`, () => {
      const set = fromArrays({ images: [7], shape: [1, 1, 1], labels: [classes - 1] });
      expect(set.labels).to.be.instanceOf(type).and.to.deep.equal(type.of(classes - 1));
      expect(set.classes.at(-1)).to.equal(String(classes - 1));
    });
  }

  const bad: { title: string; change: Partial<Parameters<typeof fromArrays>[0]>; message: RegExp }[] = [
    { title: 'pixels between 0 and 1', change: { images: [0, 0.5, 1, 0, 0, 0] },
      message: /^fromArrays: arrays: images\[1\] is 0\.5; expected bytes.*multiply/ },
    { title: 'a shape of two numbers', change: { shape: [2, 3], name: 'mine' },
      message: /^fromArrays: mine: shape is \[2, 3\]; expected \[N, H, W, C\]/ },
    { title: 'a shape that does not fit', change: { shape: [2, 1, 2] },
      message: /6 bytes of images; expected 2·1·2·1 = 4/ },
    { title: 'too few labels', change: { labels: [1] }, message: /1 labels for 2 images/ },
    { title: 'a negative label', change: { labels: [0, -1] }, message: /^fromArrays: arrays: label 1 is -1/ },
    { title: 'labels that are no indices', change: { labels: [1, 1_700_000_000] },
      message: /^fromArrays: arrays: label 1 is 1700000000, .*; expected class indices, .* below 100000; .*classes$/ },
    { title: 'a label without a name', change: { classes: ['a'] }, message: /label 0 is 1; expected 0 to 0, one of 1/ },
  ];
  for (const { title, change, message } of bad) {
    it(`refuses ${title}`, () => expect(() => fromArrays({ ...two, ...change })).to.throw(message));
  }
});
