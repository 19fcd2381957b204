/** Image folders that are not laid out as they should be, and readers that cannot read. */
import { encodePng, loadCifar10, loadImageFolder } from '@vitrine/data';
import type { LoadImageFolderOptions } from '@vitrine/data';
import { expect } from 'chai';
import { sep } from 'node:path';
import { bytes, rejection } from './data-samples.js';
import { withFolder } from './support/folders.js';

const png = encodePng(9, 6, 3, bytes(162, (i) => i));
const files = (...names: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(names.map((name) => [name, png]));
const TRAIN = ['train/a/1.png', 'train/b/1.png'];

const warnings: string[] = [];
const load = (dir: string, options: LoadImageFolderOptions = {}): ReturnType<typeof loadImageFolder> => {
  warnings.length = 0;
  return loadImageFolder(dir, { workers: 0, warn: (message) => warnings.push(message), ...options });
};

describe('data: image folders that are wrong', () => {
  it('a test without classes has no labels: it is no empty test set', () =>
    withFolder(files(...TRAIN, 'test/1.png', 'test/2.png'), async (dir) => {
      expect(await rejection(load(dir)))
        .to.match(/test has no image in the folder of a class, so none has a label; expected the folders of train/);
    }));

  it('a val that has labels goes before it, and what is left out is said', () =>
    withFolder(files(...TRAIN, 'test/1.png', 'val/a/9.png'), async (dir) => {
      const { test, ignored } = await load(dir);
      expect(test.files.map((file) => file.slice(dir.length + 1).replaceAll(sep, '/'))).to.deep.equal(['val/a/9.png']);
      expect([...ignored]).to.deep.equal(['test/1.png']);
      expect(warnings).to.have.length(1);
    }));

  const wrong: readonly (readonly [options: object, message: RegExp])[] = [
    [{ resize: 4, interpolation: 'cubic' }, /^loadImageFolder: interpolation is cubic; expected bicubic or bilinear/],
    [{ maxPixels: NaN }, /^loadImageFolder: maxPixels is NaN/],
    [{ orientation: 'upright' }, /^loadImageFolder: orientation is upright/],
    // What cannot be sent to a worker: none starts.
    [{ workers: 2, unknown: () => 0 }, /^loadImageFolder: decoding workers cannot start: .*; set workers to 0$/],
  ];
  for (const [options, message] of wrong) {
    it(`no image is to blame for ${Object.keys(options).join(' and ')}`, () =>
      withFolder(files('a/1.png', 'b/1.png'), async (dir) => {
        expect(await rejection(load(dir, options))).to.match(message);
        expect(warnings).to.deep.equal([]);
      }));
  }

  it('without workers, images are read one at a time, and none after close', () =>
    withFolder(files('a/1.png', 'a/2.png', 'a/3.png'), async (dir) => {
      const { train, close } = await load(dir, { test: 0 });
      const settled: number[] = [];
      const reads = [0, 1, 2].map(async (i) => {
        await train.read(i);
        settled.push(i);
      });
      await reads[0];
      expect(settled).to.deep.equal([0]);
      close();
      expect(await rejection(reads[2])).to.match(/the folder was closed/);
    }));

  it('a folder where a file should be is named', () => withFolder({ 'data_batch_1.bin/x': png }, async (dir) => {
    expect(await rejection(loadCifar10(dir))).to.match(/^readFile: .*data_batch_1\.bin: this is a folder; name a file/);
  }));
});
