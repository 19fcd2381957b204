import {
  type Augment, compose, DataLoader, type DataLoaderOptions, type ImageDataset, type ImageSource, type Mix, padAndCrop,
  randomFlip,
} from '@vitrine/data';
import { expect } from 'chai';
import { bytes, rejection, tiny } from './data-samples.js';

describe('data: DataLoader', () => {
  interface Seen {
    readonly shapes: number[][];
    readonly order: number[];
    readonly labels: number[];
    /** By index in the data set. */
    readonly images: Map<number, number[]>;
  }
  const epoch = async (loader: DataLoader): Promise<Seen> => {
    const seen: Seen = { shapes: [], order: [], labels: [], images: new Map() };
    for await (const { images, labels, indices } of loader) {
      const values = Array.from(images.toFloat32Array());
      const size = values.length / indices.length;
      seen.shapes.push([...images.shape]);
      seen.order.push(...indices);
      seen.labels.push(...labels.toFloat32Array());
      indices.forEach((index, n) => seen.images.set(index, values.slice(n * size, (n + 1) * size)));
    }
    return seen;
  };
  const make = (options: Partial<DataLoaderOptions> = {}): DataLoader =>
    new DataLoader({ dataset: tiny(10), batchSize: 4, ...options });
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

  it('goes through the data set in order, the last batch short', async () => {
    const loader = make();
    const seen = await epoch(loader);
    expect(loader.length).to.equal(3);
    expect(seen.shapes).to.deep.equal([[4, 3, 4, 1], [4, 3, 4, 1], [2, 3, 4, 1]]);
    expect(seen.order).to.deep.equal(all);
    expect(seen.labels).to.deep.equal([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    for (const index of all) {
      const want = Array.from({ length: 12 }, (_, p) => Math.fround((10 * index + p) / 255));
      expect(seen.images.get(index)).to.deep.equal(want);
    }
  });

  it('dropLast leaves out the short batch; an empty data set has no batch', async () => {
    const loader = make({ dropLast: true });
    expect(loader.length).to.equal(2);
    expect((await epoch(loader)).order).to.deep.equal(all.slice(0, 8));
    expect((await epoch(make({ dataset: tiny(0) }))).order).to.deep.equal([]);
  });

  it('normalises per channel after centring on a black canvas', async () => {
    const dataset: ImageDataset = {
      name: 'one', classes: ['a'], height: 1, width: 2, channels: 3, length: 1,
      images: Uint8Array.of(255, 0, 51, 102, 255, 0), labels: Uint8Array.of(0),
    };
    const { images, shapes } = await epoch(make({ dataset, size: 3, mean: [0.5, 0, 0.25], std: [0.5, 1, 0.25] }));
    expect(shapes).to.deep.equal([[1, 3, 3, 3]]);
    const black = [-1, 0, -1];
    const want = [black, black, black, [1, 0, -0.2], [-0.2, 1, -1], black, black, black, black].flat();
    const got = images.get(0) ?? [];
    expect(got.length).to.equal(27);
    got.forEach((x, i) => expect(x, `element ${i}`).to.be.closeTo(want[i], 1e-6));
  });

  it('an order depends on seed and epoch alone', async () => {
    const loader = make({ shuffle: true, seed: 7 });
    const [first, second] = [await epoch(loader), await epoch(loader)];
    expect([...first.order].sort((a, b) => a - b)).to.deep.equal(all);
    expect([...second.order].sort((a, b) => a - b)).to.deep.equal(all);
    expect(first.order).to.not.deep.equal(all);
    expect(second.order).to.not.deep.equal(first.order);
    expect(first.labels).to.deep.equal(first.order.map((i) => i % 3));

    expect((await epoch(make({ shuffle: true, seed: 8 }))).order).to.not.deep.equal(first.order);
    const resumed = make({ shuffle: true, seed: 7, batchSize: 3 });
    resumed.epoch = 1;
    expect((await epoch(resumed)).order).to.deep.equal(second.order);
    expect(resumed.epoch).to.equal(2);
    resumed.epoch = 0;
    expect((await epoch(resumed)).order).to.deep.equal(first.order);
  });

  describe('position', () => {
    const noise: Mix = ({ pixels, labels, classes }, random) => {
      pixels.forEach((x, i) => { pixels[i] = x + random.uniform(); });
      return Float32Array.from({ length: labels.length * classes }, () => random.uniform());
    };
    const shuffled = (): DataLoader =>
      make({ shuffle: true, seed: 7, batchSize: 3, augment: compose(randomFlip, padAndCrop(1)), mix: noise });
    /** At most `most` batches, each as text, and where the loader said it was. */
    const take = async (loader: DataLoader, most = Infinity): Promise<{ rows: string[]; at: string[] }> => {
      const [rows, at]: string[][] = [[], []];
      for await (const { images, labels, indices } of loader) {
        rows.push([indices, images.toFloat32Array(), labels.toFloat32Array()].map((array) => array.join()).join(' | '));
        at.push(`${loader.epoch}:${loader.position}`);
        if (rows.length === most) break;
      }
      return { rows, at };
    };

    it('counts the batches given, and the epochs at their end', async () => {
      const loader = shuffled();
      expect((await take(loader)).at).to.deep.equal(['0:1', '0:2', '0:3', '0:4']);
      expect([loader.epoch, loader.position]).to.deep.equal([1, 0]);
      const empty = make({ dataset: tiny(0) });
      await take(empty);
      expect([empty.epoch, empty.position]).to.deep.equal([1, 0]);
    });

    for (const left of [1, 2, 3, 4]) {
      it(`a loop left after ${left} of 4 batches goes on where it was, here or in another loader`, async () => {
        const whole = shuffled();
        const want = [...(await take(whole)).rows, ...(await take(whole)).rows];
        expect(new Set(want).size).to.equal(8);

        const loader = shuffled();
        const { rows } = await take(loader, left);
        expect([loader.epoch, loader.position]).to.deep.equal(left === 4 ? [1, 0] : [0, left]);
        const other = Object.assign(shuffled(), { epoch: loader.epoch, position: loader.position });
        expect([...rows, ...(await take(loader)).rows]).to.deep.equal(want.slice(0, left === 4 ? 8 : 4));
        expect((await take(other)).rows).to.deep.equal(want.slice(left, left === 4 ? 8 : 4));
      });
    }

    it('of two loops at once the newer goes on, and the older throws', async () => {
      const want = (await take(shuffled())).rows;
      const loader = shuffled();
      const rows: string[] = [];
      const outer = async (): Promise<void> => {
        for await (const _ of loader) rows.push(...(await take(loader, 2)).rows);
      };
      expect(await rejection(outer())).to.match(/^DataLoader: this loop .* batch 1 of epoch 0,.* at batch 3 /);
      expect([loader.epoch, loader.position]).to.deep.equal([0, 3]);
      expect([...rows, ...(await take(loader)).rows], 'none twice, none left out').to.deep.equal(want.slice(1));
      expect([loader.epoch, loader.position]).to.deep.equal([1, 0]);
      const both = await Promise.allSettled([take(loader), take(loader)]);
      expect(both.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      expect([loader.epoch, loader.position]).to.deep.equal([2, 0]);
    });

    it('an iterator that was given up without a word is in nobody\'s way', async () => {
      const want = (await take(shuffled())).rows;
      const loader = shuffled();
      await loader[Symbol.asyncIterator]().next();
      expect((await take(loader)).rows).to.deep.equal(want.slice(1));
    });

    it('a loop goes on after a pass in its body that puts the place back', async () => {
      const want = (await take(shuffled())).rows;
      const loader = shuffled();
      let batch = 0;
      for await (const { indices } of loader) {
        const { epoch, position } = loader;
        loader.position = 0;
        expect((await take(loader)).rows).to.deep.equal(want);
        Object.assign(loader, { epoch, position });
        expect(want[batch++].startsWith(`${indices.join()} | `)).to.equal(true);
      }
      expect([batch, loader.epoch, loader.position]).to.deep.equal([4, 1, 0]);
    });

    it('all batches given is an epoch of none left', async () => {
      const loader = Object.assign(shuffled(), { position: 4 });
      expect((await take(loader)).rows).to.deep.equal([]);
      expect([loader.epoch, loader.position]).to.deep.equal([1, 0]);
    });

    for (const position of [-1, 5, 0.5]) {
      it(`refuses ${position}`, async () => {
        expect(await rejection(take(Object.assign(shuffled(), { position }))))
          .to.equal(`DataLoader: position is ${position}; expected a non-negative integer of at most 4, ` +
            'the batches of an epoch');
      });
    }
  });

  it('an augmentation depends on seed, epoch and index alone', async () => {
    const augment = compose(randomFlip, padAndCrop(1));
    const loader = make({ augment, seed: 3 });
    const [first, second] = [await epoch(loader), await epoch(loader)];
    const shuffled = await epoch(make({ augment, seed: 3, shuffle: true, batchSize: 7 }));
    for (const index of all) {
      expect(shuffled.images.get(index), `image ${index}`).to.deep.equal(first.images.get(index));
    }
    expect(second.images).to.not.deep.equal(first.images);
    expect((await epoch(make({ augment, seed: 4 }))).images).to.not.deep.equal(first.images);
    expect(first.images).to.not.deep.equal((await epoch(make())).images);
  });

  it('augments bytes before the canvas, and normalises after it', async () => {
    const sizes: string[] = [];
    const wide: Augment = ({ width, height, channels }) => {
      sizes.push(`${height}×${width}×${channels}`);
      return { width: 2, height: 6, channels, data: bytes(12, (i) => 51 * (i % 6)) };
    };
    // Two columns, six rows; the canvas takes the middle three rows (PIL rounds the half to the even side).
    const { images } = await epoch(make({ dataset: tiny(1), size: 3, augment: wide, mean: [0.2], std: [0.2] }));
    expect(sizes).to.deep.equal(['3×4×1']);
    const want = [4, 5, 0, 0, 1, 0, 2, 3, 0].map((fifth) => fifth - 1);
    images.get(0)?.forEach((x, i) => expect(x, `element ${i}`).to.be.closeTo(want[i], 1e-6));
    expect(images.get(0)).to.have.length(9);
  });

  it('takes the middle of images that are larger', async () => {
    const { images } = await epoch(make({ dataset: tiny(1), size: 2 }));
    expect(images.get(0)).to.deep.equal([1, 2, 5, 6].map((byte) => Math.fround(byte / 255)));
  });

  it('mixes a batch last, and gives its targets', async () => {
    const seen: unknown[] = [];
    const mix: Mix = ({ pixels, shape, labels, classes }) => {
      seen.push([...shape], [...labels], classes, pixels.length);
      pixels.reverse();
      return Float32Array.from({ length: labels.length * classes }, (_, i) => i);
    };
    const loader = make({ dataset: tiny(3), batchSize: 2, mean: [1], mix });
    const got: unknown[] = [];
    for await (const { images, labels } of loader) {
      got.push([...labels.shape], images.toFloat32Array()[0], labels.toFloat32Array().at(-1));
    }
    expect(seen).to.deep.equal([[2, 3, 4, 1], [0, 1], 3, 24, [1, 3, 4, 1], [2], 3, 12]);
    expect(got).to.deep.equal([[2, 3], Math.fround(Math.fround(21 / 255) - 1), 5,
      [1, 3], Math.fround(Math.fround(31 / 255) - 1), 2]);
  });

  describe('a source', () => {
    const asked: number[] = [];
    /** The images of `tiny`, later ones sooner. */
    const slow = (...damaged: number[]): ImageSource => {
      const { classes, labels, images } = tiny(10);
      return {
        name: 'slow', classes, labels, channels: 1, length: 10,
        read: async (index) => {
          asked.push(index);
          await new Promise((resolve) => setTimeout(resolve, 10 - index));
          if (damaged.includes(index)) throw new Error(`image ${index} is damaged`);
          return { width: 4, height: 3, channels: 1, data: images.subarray(12 * index, 12 * index + 12) };
        },
      };
    };

    it('gives what a set in memory gives, whichever image is ready first', async () => {
      const options = { size: 4, shuffle: true, augment: padAndCrop(1), seed: 2 };
      expect(await epoch(make({ ...options, dataset: slow() }))).to.deep.equal(await epoch(make(options)));
    });

    it('names of several bad images the first, whichever is noticed first', async () => {
      expect(await rejection(epoch(make({ dataset: slow(1, 3), size: 4 })))).to.equal('image 1 is damaged');
    });

    it('is asked for the next batch while one is in use, and not for more', async () => {
      asked.length = 0;
      const counts: number[] = [];
      for await (const _ of make({ dataset: slow(), size: 4 })) counts.push(asked.length);
      expect(counts).to.deep.equal([8, 10, 10]);
      expect(asked).to.deep.equal(all);
    });

    it('that fails, fails the batch, which may be tried again; one not reached is nobody\'s error', async () => {
      const loader = make({ dataset: slow(5), size: 4 });
      for await (const _ of loader) break;
      expect(loader.position).to.equal(1);
      for (let trial = 0; trial < 2; trial++) {
        expect(await rejection(epoch(loader))).to.equal('image 5 is damaged');
        expect([loader.epoch, loader.position]).to.deep.equal([0, 1]);
      }
    });

    it('needs a size, labels and channels that fit', () => {
      expect(() => make({ dataset: slow() })).to.throw(/^DataLoader: the images of slow may differ .*: give size/);
      expect(() => make({ dataset: { ...slow(), labels: Uint8Array.of(1) }, size: 4 }))
        .to.throw('DataLoader: slow: 1 labels for 10 images');
      expect(() => make({ dataset: { ...slow(), channels: 5 }, size: 4 }))
        .to.throw('DataLoader: slow: 5 channels; expected 1 to 4');
    });
  });

  it('refuses an augmentation that changes the number of channels', async () => {
    const augment: Augment = ({ width, height }) => ({ width, height, channels: 3, data: new Uint8Array(36) });
    expect(await rejection(epoch(make({ augment })))).to.match(/image 0 of tiny has 3 channels; expected 1/);
  });

  it('refuses pixels that are missing, of an augmentation or of a source', async () => {
    const short: Augment = ({ width, height, channels }) => ({ width, height, channels, data: new Uint8Array(11) });
    const message = '11 bytes of pixels; expected 3·4·1 = 12 (HWC), at least one';
    expect(await rejection(epoch(make({ augment: short })))).to.equal(`DataLoader: image 0 of tiny: ${message}`);
    const { length, classes, labels } = tiny(10);
    const data = new Uint8Array(12);
    const read: ImageSource['read'] = (index) =>
      ({ width: 4, height: 3, channels: 1, data: index === 5 ? data.subarray(1) : data });
    const dataset: ImageSource = { name: 'own', length, classes, labels, channels: 1, read };
    for (const size of [2, 4]) {
      expect(await rejection(epoch(make({ dataset, size })))).to.equal(`DataLoader: image 5 of own: ${message}`);
    }
  });

  const bad: { title: string; options: Partial<DataLoaderOptions>; message: RegExp }[] = [
    { title: 'batchSize 0', options: { batchSize: 0 }, message: /batchSize is 0/ },
    { title: 'size 0', options: { size: 0 }, message: /size is 0; expected a positive integer/ },
    { title: 'three means for one channel', options: { mean: [0, 0, 0] }, message: /mean is \[0, 0, 0\]; expected 1/ },
    { title: 'std 0', options: { std: [0] }, message: /std is \[0\]; expected positive/ },
  ];
  for (const { title, options, message } of bad) {
    it(`refuses ${title}`, () => {
      expect(() => make(options)).to.throw(/^DataLoader: /).and.match(message);
    });
  }

  it('refuses an epoch that is none', async () => {
    const loader = make();
    loader.epoch = -1;
    expect(await rejection(epoch(loader))).to.match(/DataLoader: epoch is -1/);
  });
});
