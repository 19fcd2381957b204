import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  balancedIndices, countLabels, encodeIdx, encodePng, FASHION_MNIST_FILES, gunzip, imageAt, type ImageDataset,
  loadFashionMnist, parseIdx, subset, validateDataset,
} from '@vitrine/data';
import { expect } from 'chai';
import { bytes, rejection, tiny } from './data-samples.js';

/** An IDX file with any magic number and sizes, and `count` elements 0, 1, 2 … */
const idx = (magic: number, sizes: readonly number[], count: number): Uint8Array => {
  const out = new Uint8Array(4 + 4 * sizes.length + count);
  const view = new DataView(out.buffer);
  view.setUint32(0, magic);
  sizes.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  for (let i = 0; i < count; i++) out[4 + 4 * sizes.length + i] = i;
  return out;
};

const MAX = 2 ** 32 - 1;

describe('data: IDX', () => {
  const good: { title: string; file: Uint8Array; rank?: number; shape: number[]; data: number[] }[] = [
    { title: 'a list', file: idx(0x801, [3], 3), rank: 1, shape: [3], data: [0, 1, 2] },
    { title: 'planes', file: idx(0x803, [2, 1, 2], 4), rank: 3, shape: [2, 1, 2], data: [0, 1, 2, 3] },
    { title: 'an empty list', file: idx(0x801, [0], 0), shape: [0], data: [] },
    { title: 'no planes of a huge size', file: idx(0x803, [0, MAX, MAX], 0), shape: [0, MAX, MAX], data: [] },
    { title: 'rank 4', file: idx(0x804, [1, 2, 1, 1], 2), shape: [1, 2, 1, 1], data: [0, 1] },
  ];
  for (const { title, file, rank, shape, data } of good) {
    it(`reads ${title}, also from within a larger buffer`, () => {
      const larger = new Uint8Array(file.length + 7);
      larger.set(file, 5);
      for (const source of [file, larger.subarray(5, 5 + file.length)]) {
        const got = parseIdx(source, 'x', rank);
        expect(got.shape).to.deep.equal(shape);
        expect([...got.data]).to.deep.equal(data);
        expect([...encodeIdx(got)]).to.deep.equal([...file]);
      }
    });
  }

  const bad: { title: string; file: Uint8Array; rank?: number; message: RegExp }[] = [
    { title: 'nothing', file: new Uint8Array(0), message: /0 bytes; expected at least the 4.*truncated/ },
    { title: 'three bytes', file: Uint8Array.of(0, 0, 8), message: /3 bytes; expected at least the 4/ },
    { title: 'labels for images', file: idx(0x801, [3], 3), rank: 3,
      message: /0x00000801 \(.*labels\); expected 0x00000803 \(.*images\)/ },
    { title: 'images for labels', file: idx(0x803, [1, 1, 1], 1), rank: 1,
      message: /0x00000803 \(.*images\); expected 0x00000801 \(.*labels\)/ },
    { title: 'rank 0', file: idx(0x800, [], 1), message: /magic number 0x00000800.*expected 0x000008rr/ },
    { title: 'float32', file: idx(0xd03, [1, 1, 1], 4), message: /magic number 0x00000d03 \(float32 of rank 3/ },
    { title: 'an unknown type', file: idx(0x703, [1, 1, 1], 1), message: /0x00000703 \(not IDX\)/ },
    { title: 'another byte order', file: idx(0x03080000, [1, 1, 1], 1), message: /0x03080000 \(not IDX\)/ },
    { title: 'a PNG', file: encodePng(1, 1, 1, Uint8Array.of(7)), message: /0x89504e47 \(not IDX\)/ },
    { title: 'gzip', file: gzipSync(idx(0x801, [3], 3)), message: /gzip file.*call gunzip first/ },
    { title: 'a cut header', file: idx(0x803, [1, 1, 1], 1).subarray(0, 15),
      message: /15 bytes; expected a header of 16 for rank 3/ },
    { title: 'a cut header of rank 255', file: idx(0x8ff, [1, 1], 0),
      message: /12 bytes; expected a header of 1024 for rank 255/ },
    { title: 'too few elements', file: idx(0x803, [2, 2, 2], 7),
      message: /7 bytes after the header; expected 8 for shape \[2,2,2\].*truncated/ },
    { title: 'an extra byte', file: idx(0x801, [2], 3), message: /3 bytes after the header; expected 2.*extra bytes/ },
    { title: 'a huge size', file: idx(0x801, [MAX], 3), message: /3 bytes after the header; expected 4294967295/ },
    { title: 'sizes whose product wraps to 0 in 32 bits', file: idx(0x803, [65536, 65536, 1], 0),
      message: /0 bytes after the header; expected 4294967296/ },
    { title: 'sizes beyond 2^53', file: idx(0x803, [MAX, MAX, MAX], 3), message: /expected more than 2\^53/ },
    { title: 'sizes beyond float64', file: idx(0x8ff, new Array<number>(255).fill(MAX), 3),
      message: /expected more than 2\^53/ },
  ];
  for (const { title, file, rank, message } of bad) {
    it(`refuses ${title}`, () => {
      expect(() => parseIdx(file, 'some-file', rank)).to.throw(/^parseIdx: some-file: /).and.match(message);
    });
  }

  it('encodeIdx refuses a shape that does not fit', () => {
    expect(() => encodeIdx({ shape: [2, 2], data: new Uint8Array(3) })).to.throw(/encodeIdx: shape \[2,2\].*3 bytes/);
    expect(() => encodeIdx({ shape: [], data: new Uint8Array(1) })).to.throw(/encodeIdx: shape \[\]/);
  });
});

describe('data: gunzip', () => {
  const content = bytes(100_000, (i) => (i * i) % 251);
  const packed = gzipSync(content);
  const changed = (at: number): Uint8Array => packed.map((byte, i) => (i === at ? byte ^ 0x55 : byte));

  it('decompresses gzip and passes plain bytes', async () => {
    expect(Buffer.compare(await gunzip(packed, 'x'), content)).to.equal(0);
    expect(await gunzip(content, 'x')).to.equal(content);
    expect((await gunzip(gzipSync(new Uint8Array(0)), 'x')).length).to.equal(0);
  });

  const bad: { title: string; file: Uint8Array }[] = [
    { title: 'a signature alone', file: packed.subarray(0, 2) },
    { title: 'a cut body', file: packed.subarray(0, packed.length >> 1) },
    { title: 'a cut checksum', file: packed.subarray(0, packed.length - 5) },
    { title: 'a wrong checksum', file: changed(packed.length - 6) },
    { title: 'a wrong length', file: changed(packed.length - 1) },
    { title: 'a changed method', file: changed(2) },
  ];
  for (const { title, file } of bad) {
    it(`refuses ${title}`, async () => {
      const message = await rejection(gunzip(file, 'some-file'));
      expect(message).to.match(/^gunzip: some-file: corrupt, truncated or followed by other bytes \(/);
    });
  }

  it('stops at the limit', async () => {
    const bomb = gzipSync(new Uint8Array(20_000_000));
    expect(bomb.length).to.be.lessThan(30_000);
    expect(await rejection(gunzip(bomb, 'bomb', 1_000_000)))
      .to.equal('gunzip: bomb: more than 1000000 bytes of content; expected at most that; is it the right file?');
    expect(await rejection(gunzip(content, 'plain', 99_999))).to.match(/^gunzip: plain: more than 99999 bytes/);
    expect((await gunzip(packed, 'x', 100_000)).length).to.equal(100_000);
  });
});

describe('data: data sets', () => {
  it('subset copies in the order of the indices', () => {
    const source = tiny(5);
    const got = validateDataset(subset(source, [4, 0, 4]));
    expect([...got.labels]).to.deep.equal([1, 0, 1]);
    expect([...imageAt(got, 2)]).to.deep.equal([...imageAt(source, 4)]);
    source.images.fill(0);
    expect(imageAt(got, 0)[0]).to.equal(40);
    expect(() => subset(source, [5])).to.throw(/imageAt: tiny: index 5; expected an integer from 0 to 4/);
    expect(() => subset(source, [0.5])).to.throw(/index 0.5/);
  });

  it('balancedIndices takes the first of each class, ascending', () => {
    const source = { ...tiny(7), labels: Uint8Array.of(2, 2, 2, 0, 1, 0, 1) };
    expect([...balancedIndices(source, 1)]).to.deep.equal([0, 3, 4]);
    expect([...balancedIndices(source, 2)]).to.deep.equal([0, 1, 3, 4, 5, 6]);
    expect(() => balancedIndices(source, 3)).to.throw(/class 0 \(a\) has 2 images; expected at least 3/);
  });

  const bad: { title: string; change: Partial<ImageDataset>; message: RegExp }[] = [
    { title: 'no height', change: { height: 0 }, message: /height is 0/ },
    { title: 'missing bytes', change: { length: 3 }, message: /24 bytes of images; expected 3·3·4·1 = 36/ },
    { title: 'missing labels', change: { labels: new Uint8Array(1) }, message: /1 labels for 2 images/ },
    { title: 'a label without class', change: { labels: Uint8Array.of(2, 3) },
      message: /label 1 is 3; expected 0 to 2/ },
  ];
  for (const { title, change, message } of bad) {
    it(`validateDataset refuses ${title}`, () => {
      expect(() => validateDataset({ ...tiny(2), ...change })).to.throw(/^validateDataset: tiny: /).and.match(message);
    });
  }
});

describe('data: Fashion-MNIST', () => {
  // From packages/data/fashion-mnist/README.md: bytes of the IDX files, so another zlib does not matter.
  const SUMS = {
    train: ['d33512cfdc636a0d8972818e6659995be209a88891df7fa2109d7895922c8985',
      '620cb8e3b9348037c5ff9a07b02d773ab165330e072dfd19e0d21c59f8042dcf'],
    test: ['15a92dd1e9b16ea361928086e77df4dfa890c255c00b5a8c8162c1040ce8eef1',
      '234596aeb6eb48133ec99a62541f90bc0728c9559a681f1e0638037462458f2c'],
  };
  const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

  for (const [split, perClass] of [['train', 1000], ['test', 200]] as const) {
    it(`the embedded ${split} set is whole and balanced`, async () => {
      const { [split]: set } = await loadFashionMnist();
      expect([set.length, set.height, set.width, set.channels]).to.deep.equal([10 * perClass, 28, 28, 1]);
      expect(countLabels(set)).to.deep.equal(new Array<number>(10).fill(perClass));
      expect([
        sha256(encodeIdx({ shape: [set.length, 28, 28], data: set.images })),
        sha256(encodeIdx({ shape: [set.length], data: Uint8Array.from(set.labels) })),
      ]).to.deep.equal(SUMS[split]);
    });
  }

  it('the embedded files have at most 6 MB', async () => {
    const folder = new URL('../fashion-mnist/', import.meta.resolve('@vitrine/data'));
    const names = Object.values(FASHION_MNIST_FILES).flatMap(({ images, labels }) => [images, labels]);
    const files = await Promise.all(names.map((name) => stat(fileURLToPath(new URL(`${name}.gz`, folder)))));
    expect(files.reduce((sum, { size }) => sum + size, 0)).to.be.within(4_000_000, 6_000_000);
  });

  describe('in a directory', () => {
    const image = (n: number, side = 28): Uint8Array => idx(0x803, [n, side, side], n * side * side);
    const label = (...labels: number[]): Uint8Array =>
      encodeIdx({ shape: [labels.length], data: Uint8Array.from(labels) });
    type Files = Record<string, Uint8Array>;
    const whole = (): Files => ({
      'train-images-idx3-ubyte': image(2), 'train-labels-idx1-ubyte.gz': gzipSync(label(9, 0)),
      't10k-images-idx3-ubyte.gz': gzipSync(image(1)), 't10k-labels-idx1-ubyte': label(5),
    });
    const load = async (files: Files): ReturnType<typeof loadFashionMnist> => {
      const dir = await mkdtemp(join(tmpdir(), 'vitrine-data-'));
      try {
        for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
        return await loadFashionMnist({ dir });
      } finally {
        await rm(dir, { recursive: true });
      }
    };

    it('reads the published names, plain or .gz', async () => {
      const { train, test } = await load(whole());
      expect([...train.labels, ...test.labels]).to.deep.equal([9, 0, 5]);
      expect(imageAt(train, 1)[0]).to.equal(784 % 256);
      expect(test.length).to.equal(1);
    });

    const bad: { title: string; change: Files; message: RegExp }[] = [
      { title: 'fewer labels than images', change: { 'train-labels-idx1-ubyte.gz': gzipSync(label(1)) },
        message: /train-images-idx3-ubyte has 2 images, .*train-labels-idx1-ubyte.gz has 1 labels/ },
      { title: 'a label above 9', change: { 't10k-labels-idx1-ubyte': label(10) },
        message: /t10k-labels-idx1-ubyte: label 0 is 10; expected 0 to 9/ },
      { title: 'images of another size', change: { 'train-images-idx3-ubyte': image(2, 32) },
        message: /train-images-idx3-ubyte: images of 32×32; expected 28×28/ },
      { title: 'labels in place of images', change: { 'train-images-idx3-ubyte': label(1, 2) },
        message: /train-images-idx3-ubyte: magic number 0x00000801 .*labels/ },
      { title: 'a truncated gzip', change: { 't10k-images-idx3-ubyte.gz': gzipSync(image(1)).subarray(0, 40) },
        message: /^gunzip: .*t10k-images-idx3-ubyte.gz: corrupt, truncated or/ },
    ];
    for (const { title, change, message } of bad) {
      it(`refuses ${title}`, async () => {
        expect(await rejection(load({ ...whole(), ...change }))).to.match(message);
      });
    }

    it('a missing file or directory: names the path, the four files and where to get them', async () => {
      const { 't10k-labels-idx1-ubyte': _, ...three } = whole();
      const nowhere = loadFashionMnist({ dir: '/no/such/place' });
      for (const message of [await rejection(nowhere), await rejection(load(three))]) {
        expect(message).to.match(new RegExp('^loadFashionMnist: no file .*' +
          '(t10k-labels-idx1-ubyte\\.gz, nor|no.such.place.train-images-idx3-ubyte\\.gz, nor)'));
        for (const { images, labels } of Object.values(FASHION_MNIST_FILES)) {
          expect(message).to.include(images).and.include(labels);
        }
        expect(message).to.include('dataset-fashion-mnist').and.include('zalandoresearch/fashion-mnist');
      }
    });
  });
});
