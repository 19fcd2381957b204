/** Cached features: the same head comes out as if the frozen backbone had been run each time. */
import { noGrad, reshape } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { EfficientNet, freeze } from '@vitrine/efficientnet';
import {
  BatchNorm2d, Dropout, FeatureCache, GlobalAveragePool, SGD, Sequential, cacheFeatures, fit,
} from '@vitrine/nn';
import type { Batch } from '@vitrine/nn';
import { fromArray, info, manualSeed, randn, Random, scope, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { rejection } from './data-samples.js';
import { expectClose } from './support/close.js';

/** Noise of a seed: N images of 8×8 in batches of 4. */
const noise = (count: number): AsyncIterable<Batch> => ({
  async *[Symbol.asyncIterator]() {
    const random = new Random(8);
    for (let start = 0; start < count; start += 4) {
      const n = Math.min(4, count - start);
      await Promise.resolve();
      const labels = fromArray(Array.from({ length: n }, (_, i) => (start + i) % 3));
      yield { images: randn([n, 8, 8, 1], random), labels };
    }
  },
});

/** Its statistics are those of noise: with the first ones a fresh network lets hardly anything through. */
const network = (): EfficientNet => {
  manualSeed(3);
  const options = { numClasses: 3, dropout: 0, dropPath: 0, imageSize: 8, batchNormMomentum: 0.5 };
  const model = EfficientNet.fromName('tiny-28', options);
  for (let i = 0; i < 5; i++) scope(() => noGrad(() => void model.call(randn([8, 8, 8, 1], new Random(i)))));
  return model;
};

/** Ten vectors [i, −i] of class i mod 2. */
const counted = (): FeatureCache => new FeatureCache(
  Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i / 2 : -(i - 1) / 2)),
  Float32Array.from({ length: 10 }, (_, i) => i % 2), 2,
);
const seen = async (data: AsyncIterable<Batch>): Promise<number[][]> => {
  const batches: number[][] = [];
  for await (const { images, labels } of data) {
    const [x, y] = [images.toFloat32Array(), labels.toFloat32Array()];
    const rows = Array.from(y, (label, i) => {
      expect([x[2 * i + 1], label], `vector ${x[2 * i]}`).to.deep.equal([-x[2 * i], x[2 * i] % 2]);
      return x[2 * i];
    });
    batches.push(rows);
  }
  return batches;
};

describe('features: cacheFeatures', () => {
  it('gives what the model computes in evaluation mode, in the order of the data', async () => {
    const model = network();
    const pooled = (images: Tensor): Variable => model.pooledFeatures(images);
    const { features, labels, length, channels } = await cacheFeatures(model, noise(10), { features: pooled });
    expect([length, channels]).to.deep.equal([10, model.config.headChannels]);
    expect([...labels]).to.deep.equal([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    model.eval();
    let row = 0;
    for await (const { images } of noise(10)) {
      const want = pooled(images).value;
      const got = features.subarray(row * channels, (row + want.shape[0]) * channels);
      expect(Array.from(got)).to.deep.equal(Array.from(want.toFloat32Array()));
      row += want.shape[0];
    }
  });

  it('a head trained on them is the head trained on the frozen model', async () => {
    const [one, other] = [network(), network()];
    const options = { epochs: 3 };
    const pooled = (images: Tensor): Variable => one.pooledFeatures(images);
    const cache = await cacheFeatures(one, noise(10), { features: pooled });
    const head = new Sequential(one.dropout, one.classifier);
    const batches = cache.batches({ batchSize: 4, shuffle: false });
    await fit(head, batches, { ...options, optimizer: new SGD(head.parameters(), { lr: 0.5, momentum: 0.9 }) });

    freeze(other, { until: 'head', batchNormStats: true });
    await fit(other, noise(10), { ...options, optimizer: new SGD(other.parameters(), { lr: 0.5, momentum: 0.9 }) });
    const before = network().classifier.weight.value.toFloat32Array();
    const [got, want] = [one, other].map(({ classifier }) => classifier.weight.value);
    expectClose(got, { shape: want.shape, data: want.toFloat64Array() }, 1e-5, 'weight');
    expect(Math.max(...got.toFloat32Array().map((w, i) => Math.abs(w - before[i])))).to.be.greaterThan(0.01);
  });

  it('with flip, each batch is followed by its mirror image', async () => {
    const left = new (class extends Dropout {
      override forward(x: Variable): Variable {
        return x;
      }
    })(0);
    const data: AsyncIterable<Batch> = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve();
        yield { images: fromArray([1, 2, 3, 4], [2, 1, 2, 1]), labels: fromArray([0, 1]) };
      },
    };
    const flat = (images: Tensor): Variable => reshape(left.call(images), [images.shape[0], 2]);
    const { features, labels } = await cacheFeatures(left, data, { features: flat, flip: true });
    expect([...features]).to.deep.equal([1, 2, 3, 4, 2, 1, 4, 3]);
    expect([...labels]).to.deep.equal([0, 1, 0, 1]);
  });

  it('leaves modes, statistics, gradients and the heap as they were', async () => {
    const model = new Sequential(new BatchNorm2d(1), new GlobalAveragePool());
    model.layers[0].eval();
    const live = scope(() => info().heap.liveTensors);
    const given: Batch[] = [];
    for await (const batch of noise(8)) given.push(batch);
    const before = info().heap.liveTensors;
    expect(before).to.be.greaterThan(live);
    const data = { [Symbol.asyncIterator]: () => (async function* () { yield* given; })() };
    await cacheFeatures(model, data, { flip: true });
    expect(info().heap.liveTensors).to.be.at.most(before);
    expect(model.training).to.equal(true);
    expect(model.layers.map(({ training }) => training)).to.deep.equal([false, true]);
    expect(model.parameters().every(({ grad }) => grad === null)).to.equal(true);
  });

  it('refuses no data, features that are no vectors, and labels that are probabilities', async () => {
    const model = new GlobalAveragePool();
    expect(await rejection(cacheFeatures(model, noise(0)))).to.match(/^cacheFeatures: the data yielded no batches/);
    expect(await rejection(cacheFeatures(new Dropout(0), noise(4))))
      .to.match(/^cacheFeatures: features are \[4,C\]; got \[4,8,8,1\]; pool them first$/);
    const soft: AsyncIterable<Batch> = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve();
        yield { images: zeros([1, 2, 2, 1]), labels: zeros([1, 3]) };
      },
    };
    expect(await rejection(cacheFeatures(model, soft)))
      .to.match(/^cacheFeatures: labels are one class index an image, \[N\]; got \[1,3\]/);
  });
});

describe('features: batches', () => {
  it('every vector once an epoch, with its label, in an order that depends on seed and epoch', async () => {
    const [one, other] = [0, 0].map(() => counted().batches({ batchSize: 4, seed: 5 }));
    const epochs = [await seen(one), await seen(one)];
    for (const epoch of epochs) {
      expect(epoch.map((rows) => rows.length)).to.deep.equal([4, 4, 2]);
      expect(epoch.flat().sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(epochs[0]).not.to.deep.equal(epochs[1]);
    expect([await seen(other), await seen(other)]).to.deep.equal(epochs);
    expect(await seen(counted().batches({ batchSize: 4, seed: 6 }))).not.to.deep.equal(epochs[0]);
    expect([one.epoch, one.position, one.length]).to.deep.equal([2, 0, 3]);
  });

  it('in order without shuffling; a small last batch is left out if asked', async () => {
    const batches = counted().batches({ batchSize: 4, shuffle: false, dropLast: true });
    expect(await seen(batches)).to.deep.equal([[0, 1, 2, 3], [4, 5, 6, 7]]);
    expect(batches.length).to.equal(2);
  });

  it('an epoch is taken up in its middle', async () => {
    const whole = counted().batches({ batchSize: 3, seed: 1 });
    const epochs = [await seen(whole), await seen(whole), await seen(whole)];
    const resumed = counted().batches({ batchSize: 3, seed: 1 });
    resumed.epoch = 1;
    resumed.position = 2;
    expect(await seen(resumed)).to.deep.equal(epochs[1].slice(2));
    expect([resumed.epoch, resumed.position]).to.deep.equal([2, 0]);
    const positions: number[] = [];
    for await (const _ of resumed) positions.push(resumed.position);
    expect(positions).to.deep.equal([1, 2, 3, 4]);
  });

  it('refuses numbers that do not fit', () => {
    expect(() => new FeatureCache(new Float32Array(7), new Float32Array(3), 2))
      .to.throw(RangeError, 'FeatureCache: 3 labels and 2 channels make 6 numbers; got 7');
    for (const batchSize of [0, 1.5]) {
      expect(() => counted().batches({ batchSize })).to.throw(RangeError, /batchSize is a whole number >= 1; got/);
    }
  });
});
