import {
  type Augment, compose, DataLoader, type DataLoaderOptions, type ImageDataset, randomFlip, randomShift,
} from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { rejection, tiny } from './data-samples.js';

describe('data: augmentation', () => {
  /** What comes out of 100 streams: of nine results equally probable, one is missing once in 14,000 seeds. */
  const results = (augment: Augment, input: Float32Array, h: number, w: number, c: number): Set<string> =>
    new Set(Array.from({ length: 100 }, (_, i) => {
      const pixels = input.slice();
      augment(pixels, h, w, c, new Random(1).split(i));
      return pixels.join();
    }));

  it('randomFlip leaves or mirrors, channels kept together', () => {
    const input = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12); // 2×3×2
    expect(results(randomFlip, input, 2, 3, 2)).to.deep.equal(new Set([
      '1,2,3,4,5,6,7,8,9,10,11,12', '5,6,3,4,1,2,11,12,9,10,7,8',
    ]));
  });

  it('randomShift makes every shift of up to k, zeros outside', () => {
    const got = results(randomShift(1), Float32Array.of(1, 2, 3, 4), 2, 2, 1);
    expect(got).to.deep.equal(new Set([
      '1,2,3,4', '2,0,4,0', '0,1,0,3', '3,4,0,0', '0,0,1,2', '4,0,0,0', '0,3,0,0', '0,0,2,0', '0,0,0,1',
    ]));
    expect(results(randomShift(0), Float32Array.of(1, 2, 3, 4), 2, 2, 1)).to.deep.equal(new Set(['1,2,3,4']));
    expect(results(randomShift(1), Float32Array.of(1), 1, 1, 1)).to.deep.equal(new Set(['1', '0']));
    expect(() => randomShift(-1)).to.throw(/randomShift: -1 pixels/);
  });

  it('compose applies the first first', () => {
    const add: Augment = (pixels) => pixels.forEach((x, i) => { pixels[i] = x + 1; });
    const double: Augment = (pixels) => pixels.forEach((x, i) => { pixels[i] = 2 * x; });
    expect(results(compose(add, double), Float32Array.of(3), 1, 1, 1)).to.deep.equal(new Set(['8']));
  });
});

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

  it('an epoch left early counts as one', async () => {
    const loader = make({ shuffle: true, seed: 7 });
    for await (const _ of loader) break;
    const whole = make({ shuffle: true, seed: 7 });
    await epoch(whole);
    expect((await epoch(loader)).order).to.deep.equal((await epoch(whole)).order);
  });

  it('an augmentation depends on seed, epoch and index alone', async () => {
    const augment = compose(randomFlip, randomShift(1));
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

  it('transform comes before augment, both on the canvas and before normalisation', async () => {
    const log: string[] = [];
    const { images } = await epoch(make({
      dataset: tiny(1), size: 4, mean: [1], std: [2],
      transform: (pixels, height, width, channels) => {
        log.push(`transform ${height}×${width}×${channels}`);
        pixels.fill(3);
      },
      augment: (pixels, height, width, channels) => {
        log.push(`augment ${height}×${width}×${channels}`);
        pixels.forEach((x, i) => { pixels[i] = x + 2; });
      },
    }));
    expect(log).to.deep.equal(['transform 4×4×1', 'augment 4×4×1']);
    expect(images.get(0)).to.deep.equal(new Array<number>(16).fill(2));
  });

  const bad: { title: string; options: Partial<DataLoaderOptions>; message: RegExp }[] = [
    { title: 'batchSize 0', options: { batchSize: 0 }, message: /batchSize is 0/ },
    { title: 'a size below the images', options: { size: 3 }, message: /size is 3; expected an integer of at least 4/ },
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
