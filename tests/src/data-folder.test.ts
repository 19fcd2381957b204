import { symlink, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  countLabels, DataLoader, encodePng, type ImageFolder, IMAGENET, loadImage, loadImageFolder,
  type LoadImageFolderOptions, padAndCrop, preprocess, type RasterImage, toGrey, toRgb,
} from '@vitrine/data';
import { expect } from 'chai';
import { bytes, rejection } from './data-samples.js';
import { withFolder } from './support/folders.js';
import { expectSameImage, fileOf, pixelsOf } from './support/images.js';

type Files = Record<string, Uint8Array | string>;

const picture = (seed: number, width: number, height: number): RasterImage =>
  ({ width, height, channels: 3, data: bytes(3 * width * height, (i) => (seed * 53 + i * 7) % 256) });
const png = (seed: number, width = 9, height = 6): Uint8Array =>
  encodePng(width, height, 3, picture(seed, width, height).data);

/** `count` images in the folder of a class. */
const classOf = (name: string, count: number, seed = 0): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}/${i}.png`, png(seed + i)]));

const noWarning = (message: string): never => { throw new Error(`a warning: ${message}`); };
const load = (dir: string, options: LoadImageFolderOptions = {}): ReturnType<typeof loadImageFolder> =>
  loadImageFolder(dir, { workers: 0, warn: noWarning, ...options });

/** Paths below the folder. */
const names = (dir: string, { files }: { readonly files: readonly string[] }): string[] =>
  files.map((file) => file.slice(dir.length + 1).replaceAll(sep, '/'));

describe('data: image folders', () => {
  it('toGrey is PIL\'s', () => {
    const colours = [0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 200, 100, 50, 17, 254, 90,
      128, 127, 129, 3, 0, 1];
    const grey = toGrey({ width: 10, height: 1, channels: 3, data: Uint8Array.from(colours) });
    expect([grey.channels, ...grey.data]).to.deep.equal([1, 0, 255, 76, 150, 29, 2, 124, 164, 128, 1]);
    const clear = Uint8Array.of(200, 100, 50, 0, 1, 2, 3, 128);
    expect([...toGrey({ width: 2, height: 1, channels: 4, data: clear }).data]).to.deep.equal([124, 2]);
    const both = Uint8Array.of(9, 1, 8, 2);
    expect([...toGrey({ width: 2, height: 1, channels: 2, data: both }).data]).to.deep.equal([9, 8]);
  });

  describe('which files', () => {
    it('one folder a class, sorted, images at any depth, extensions in any case', () => withFolder({
      'b/2.png': png(1), 'b/10.PNG': png(2), 'B/z.png': png(3),
      'a/deep/er/x.jpg': fileOf('4:2:0 quality 75'), 'a/y.JPEG': fileOf('grey 8'),
    }, async (dir) => {
      const { train, test, skipped, ignored } = await load(dir, { test: 0 });
      expect(train.classes).to.deep.equal(['B', 'a', 'b']);
      expect(names(dir, train)).to.deep.equal(['B/z.png', 'a/deep/er/x.jpg', 'a/y.JPEG', 'b/10.PNG', 'b/2.png']);
      expect([...train.labels]).to.deep.equal([0, 1, 1, 2, 2]);
      expect([test.length, skipped.length, ignored.length]).to.deep.equal([0, 0, 0]);
      expectSameImage(await train.read(1), pixelsOf('4:2:0 quality 75'));
      expectSameImage(await train.read(2), toRgb(pixelsOf('grey 8')));
      expect(() => train.read(5)).to.throw(/index 5; expected an integer from 0 to 4/);
    }));

    it('splits each class by its share and the seed', () => {
      const files = { ...classOf('a', 10), ...classOf('b', 5), ...classOf('c', 2), ...classOf('d', 1) };
      return withFolder(files, async (dir) => {
        const { train, test } = await load(dir, { verify: false });
        expect([countLabels(train), countLabels(test)]).to.deep.equal([[8, 4, 1, 1], [2, 1, 1, 0]]);
        expect([...names(dir, train), ...names(dir, test)].sort()).to.deep.equal(Object.keys(files).sort());
        const again = await load(dir, { verify: false });
        expect(names(dir, again.test)).to.deep.equal(names(dir, test));
        const others = await Promise.all([1, 2, 3].map((seed) => load(dir, { verify: false, seed })));
        const splits = new Set(others.map((other) => names(dir, other.test).join()));
        expect(splits.size).to.be.greaterThan(1);
        const half = await load(dir, { verify: false, test: 0.5 });
        expect(countLabels(half.test)).to.deep.equal([5, 3, 1, 0]);
      });
    });

    for (const testing of ['test', 'val']) {
      it(`train and ${testing} say themselves what is for testing`, () => withFolder({
        'train/a/1.png': png(1), 'train/b/1.png': png(2), 'train/b/2.png': png(3), [`${testing}/b/3.png`]: png(4),
      }, async (dir) => {
        const { train, test } = await load(dir, { test: 0.9 });
        expect(names(dir, train)).to.deep.equal(['train/a/1.png', 'train/b/1.png', 'train/b/2.png']);
        expect(names(dir, test)).to.deep.equal([`${testing}/b/3.png`]);
        expect([test.classes, [...test.labels]]).to.deep.equal([['a', 'b'], [1]]);
      }));
    }

    it('a test set without labels gives way to a val with them, and is named', () => withFolder({
      ...classOf('train/a', 1), 'test/1.png': png(1), 'test/2.png': png(2), ...classOf('val/a', 3), 'more/': '',
    }, async (dir) => {
      const warnings: string[] = [];
      const { test } = await load(dir, { warn: (message) => void warnings.push(message) });
      expect(names(dir, test)).to.deep.equal(['val/a/0.png', 'val/a/1.png', 'val/a/2.png']);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/ignored 2 files .*such as test\/1\.png; not used: the folders more, test, because/);
    }));

    it('ignores other files, and says how many', () => withFolder({
      ...classOf('a', 1), 'a/notes.txt': 'x', 'list.csv': 'x', 'top.png': png(1), 'a/.hidden.png': 'x',
      '.git/b/1.png': 'x',
    }, async (dir) => {
      const warnings: string[] = [];
      const { train, ignored } = await load(dir, { test: 0, warn: (message) => void warnings.push(message) });
      expect(train.length).to.equal(1);
      expect(ignored).to.deep.equal(['a/notes.txt', 'list.csv', 'top.png']);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^loadImageFolder: .*: ignored 3 files that are no .* such as a\/notes\.txt$/);
    }));

    it('follows links, and enters a circle once', () => withFolder(classOf('a', 1), async (dir) => {
      await symlink(join(dir, 'a'), join(dir, 'b'));
      await symlink(dir, join(dir, 'a', 'up'));
      await symlink(join(dir, 'nowhere'), join(dir, 'a', 'gone.png'));
      const { train } = await load(dir, { test: 0 });
      expect(train.classes).to.deep.equal(['a', 'b']);
      expect(names(dir, train)).to.deep.equal(['a/0.png', 'b/0.png']);
    }));

    const bad: { title: string; files: Files; options?: LoadImageFolderOptions; message: RegExp }[] = [
      { title: 'nothing', files: {},
        message: /\/ has no folders; expected one for each class.*nothing at all/ },
      { title: 'images without folders', files: { 'a.png': png(1) },
        message: /has no folders;.*1 files, such as a\.png/ },
      { title: 'an empty class', files: { ...classOf('a', 1), 'b/': '' },
        message: /\/b has no image; .*it is empty; / },
      { title: 'a class of hidden files', files: { ...classOf('a', 1), 'b/.keep': '' }, message: /\/b has no image/ },
      { title: 'a class of other files', files: { ...classOf('a', 1), 'b/1.webp': 'x' },
        message: /\/b has no image; expected \.png, \.jpg or \.jpeg.*found b\/1\.webp.*convert/ },
      { title: 'train alone', files: classOf('train/a', 1), message: /has the folder train and no other.*test or val/ },
      { title: 'a test set without labels', files: { ...classOf('train/a', 1), 'test/1.png': png(1), 'val/': '' },
        message: /has no image in a folder of a class in test or val, so none .*load the folder train itself/ },
      { title: 'a class that train has not', files: { ...classOf('train/a', 1), ...classOf('test/b', 1) },
        message: /\/test has the class b, and train does not; expected classes of train: a/ },
      { title: 'a share of 1', files: classOf('a', 1), options: { test: 1 }, message: /test is 1; expected a share/ },
      { title: 'half a worker', files: classOf('a', 1), options: { workers: 0.5 }, message: /workers is 0\.5/ },
      { title: 'a size of 0', files: classOf('a', 1), options: { resize: [0, 4] },
        message: /resize is \[0, 4\]; expected/ },
      { title: 'a size beyond the limit', files: classOf('a', 1), options: { resize: [9, 9], maxPixels: 80 },
        message: /resize: 9×9 = 81 pixels; the limit is 80/ },
      { title: 'a limit that is none', files: classOf('a', 1), options: { maxPixels: NaN },
        message: /maxPixels is NaN; expected a number from 1/ },
    ];
    for (const { title, files, options, message } of bad) {
      it(`refuses ${title}`, () => withFolder(files, async (dir) => {
        expect(await rejection(load(dir, options))).to.match(/^loadImageFolder: /).and.match(message);
      }));
    }

    it('refuses options that JavaScript lets through', () => withFolder(classOf('a', 1), async (dir) => {
      const of = (options: string): Promise<string> => rejection(load(dir, JSON.parse(options)));
      expect(await of('{ "interpolation": "cubic" }'))
        .to.equal('loadImageFolder: interpolation is cubic; expected bicubic, bilinear');
      expect(await of('{ "orientation": "exif" }'))
        .to.equal('loadImageFolder: orientation is exif; expected apply, ignore');
      expect(await of('{ "resize": [4, 4, 3] }')).to.match(/resize is \[4, 4, 3\]; expected/);
    }));

    it('refuses a folder that is none', async () => {
      expect(await rejection(load('/no/such/place'))).to.equal('listFiles: /no/such/place: there is no such folder; ' +
        'check the path');
    });
  });

  describe('damaged images', () => {
    const cut = fileOf('4:2:0 quality 75').subarray(0, 400);
    const files: Files = {
      ...classOf('a', 4), 'a/2.png': png(2).subarray(0, 90), ...classOf('b', 4, 4), 'b/9.jpg': cut,
    };

    for (const workers of [0, 2]) {
      it(`are left out, named and counted, with ${workers} workers`, () => withFolder(files, async (dir) => {
        const warnings: string[] = [];
        const { train, test, skipped, close } =
          await load(dir, { test: 0, workers, warn: (message) => void warnings.push(message) });
        expect(names(dir, train)).to.deep.equal(
          ['a/0.png', 'a/1.png', 'a/3.png', 'b/0.png', 'b/1.png', 'b/2.png', 'b/3.png']);
        expect([[...train.labels], test.length]).to.deep.equal([[0, 0, 0, 1, 1, 1, 1], 0]);
        expect(skipped.map(({ file }) => file)).to.deep.equal([join(dir, 'a/2.png'), join(dir, 'b/9.jpg')]);
        expect(warnings).to.deep.equal(
          skipped.map(({ reason }) => `loadImageFolder: skipped a damaged image: ${reason}`));
        expect(warnings[1]).to.include(`decodeJpeg: ${join(dir, 'b/9.jpg')}: ends in the middle of`);
        close();
      }));

      it(`are an error with strict, with ${workers} workers`, () => withFolder(files, async (dir) => {
        expect(await rejection(load(dir, { test: 0, workers, strict: true })))
          .to.match(/^loadImageFolder: damaged image: decodePng: .*2\.png: .*; leave out strict to go on without it$/);
      }));
    }

    it('do not move others between training and testing', async () => {
      const sound = { ...files, 'a/2.png': png(2), 'b/9.jpg': png(9) };
      const of = (all: Files): Promise<string[][]> => withFolder(all, async (dir) => {
        const { train, test } = await load(dir, { test: 0.4, warn: () => undefined });
        return [names(dir, train), names(dir, test)];
      });
      const isSound = (name: string): boolean => !['a/2.png', 'b/9.jpg'].includes(name);
      expect(await of(files)).to.deep.equal((await of(sound)).map((set) => set.filter(isSound)));
    });

    it('of a whole class are an error', () => withFolder({ ...classOf('a', 2), 'b/1.png': 'x', 'b/2.png': '' },
      async (dir) => {
        expect(await rejection(load(dir, { warn: () => undefined })))
          .to.match(/class b has no image left to train with; 2 images are damaged, the first: decodeImage: .*\.png: /);
      }));

    it('that nobody has looked for fail their batch, by name', () => withFolder(files, async (dir) => {
      const { train } = await load(dir, { test: 0, verify: false, strict: true });
      expect(train.length).to.equal(9);
      const loader = new DataLoader({ dataset: train, size: 6, batchSize: 4 });
      expect(await rejection((async () => { for await (const _ of loader); })())).to.match(/^decodePng: .*a.2\.png: /);
      await writeFile(join(dir, 'a/2.png'), png(2));
      for await (const { indices } of loader) if (indices.includes(2)) break;
      expect(loader.position).to.equal(1);
    }));
  });

  describe('with a loader', () => {
    const files: Files = {
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`a/${i}.png`, png(i, 9 + i, 17 - i)])),
      'b/1.jpg': fileOf('4:2:0 quality 75'), 'b/2.jpg': fileOf('turned 6 II'), 'b/5.jpg': fileOf('4:2:2 17x33'),
      'b/3.png': fileOf('palette 4 with alpha'), 'b/4.png': fileOf('grey 16 interlaced'),
    };
    const epochs = async (train: ImageFolder): Promise<string[]> => {
      const loader = new DataLoader({
        dataset: train, batchSize: 4, size: 8, shuffle: true, seed: 3, augment: padAndCrop(2),
        mean: train.channels === 1 ? [0.5] : IMAGENET.mean,
      });
      const rows: string[] = [];
      for (let i = 0; i < 2; i++) {
        for await (const { images, labels, indices } of loader) {
          const arrays = [indices, labels.toFloat32Array(), images.toFloat32Array()];
          rows.push(arrays.map((array) => array.join()).join(' | '));
        }
      }
      return rows;
    };

    for (const options of [{ resize: 8 }, { resize: [7, 9], interpolation: 'bilinear', channels: 1 }, {}] as const) {
      it(`${JSON.stringify(options)}: 0, 1 and 3 workers give the same`, () => withFolder(files, async (dir) => {
        const seen = await Promise.all([0, 1, 3].map(async (workers) => {
          const { train, close } = await load(dir, { ...options, workers });
          const rows = await epochs(train);
          close();
          return rows;
        }));
        expect(seen[0]).to.have.length(6); // 11 images twice, in fours
        expect(new Set(seen[0]).size).to.equal(6);
        expect(seen[1]).to.deep.equal(seen[0]);
        expect(seen[2]).to.deep.equal(seen[0]);
      }));
    }

    it('resize and size are preprocess: torchvision\'s evaluation', () => withFolder(files, async (dir) => {
      const { train, close } = await load(dir, { test: 0, resize: 12, workers: 1 });
      const loader = new DataLoader({ dataset: train, batchSize: 1, size: 10, ...IMAGENET });
      let count = 0;
      for await (const { images, indices } of loader) {
        const want = preprocess(await loadImage(train.files[indices[0]]), { resize: 12, crop: 10, ...IMAGENET });
        images.toFloat32Array().forEach((x, i) => expect(x).to.be.closeTo(want[i], 1e-6));
        count++;
      }
      expect(count).to.equal(14);
      close();
    }));

    it('after close nothing can be read, and what is awaited is refused', () => withFolder(files, async (dir) => {
      for (const workers of [0, 1]) {
        const { train, close } = await load(dir, { workers, verify: false });
        const begun = Array.from({ length: train.length }, (_, i) => Promise.resolve(train.read(i)));
        const refused = Promise.all(begun.map(rejection));
        close();
        for (const reason of await refused) expect(reason).to.match(/the folder was closed; read it before close\(\)/);
        expect(await rejection(Promise.resolve(train.read(0)))).to.match(/the folder was closed/);
        close();
      }
    }));
  });
});
