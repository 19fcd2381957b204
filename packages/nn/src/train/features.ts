/** Cached features: what a frozen backbone makes of the data is worked out once; only what stands on it is trained. */
import { breathe, formatShape, fromArray, Random, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { noGrad } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import type { Module } from '../module.js';
import { classIndices, inEvaluation, mirrored } from './evaluate.js';
import { wholePass } from './data.js';
import type { Batch, TrainingData } from './data.js';

export interface CacheOptions {
  /** What of the model to keep, `[N,C]`. Default: what `model.call` gives. */
  readonly features?: (images: Tensor) => Variable;
  /** Keeps each image's mirror image as well, in the place of flipping at random: twice the features. Default false. */
  readonly flip?: boolean;
}

/**
 * Runs the model over the data once, in evaluation mode (batch norm by running statistics, nothing dropped) and without
 * gradients, and keeps its features. Leaves every module in the mode it was in, and the data where they stood.
 *
 *     const cache = await cacheFeatures(model, data, { features: (images) => model.pooledFeatures(images) });
 *     const head = new Sequential(model.dropout, model.classifier);
 *     const optimizer = new AdamW(head.parameters(), { lr: 1e-2 });
 *     await fit(head, cache.batches({ batchSize: 64 }), { epochs: 30, optimizer });
 *
 * The features are those of one look at every image: augmentation of `data` happens once, not anew in every epoch.
 * Throws if the data are empty, or if labels are probabilities.
 */
export async function cacheFeatures(
  model: Module, data: TrainingData,
  { features = (images) => model.call(images), flip = false }: CacheOptions = {},
): Promise<FeatureCache> {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  let channels = -1;
  const look = (images: Tensor): Float32Array => scope(() => noGrad(() => {
    const { value } = features(images);
    if (value.rank !== 2 || value.shape[0] !== images.shape[0] || (channels >= 0 && value.shape[1] !== channels)) {
      const want = `[${images.shape[0]},${channels < 0 ? 'C' : channels}]`;
      throw new RangeError(`cacheFeatures: features are ${want}; got ${formatShape(value.shape)}; pool them first`);
    }
    channels = value.shape[1];
    return value.toFloat32Array();
  }), 'cacheFeatures');
  await inEvaluation(model, async () => {
    for await (const batch of wholePass(data)) {
      const truths = classIndices('cacheFeatures', batch.labels);
      for (const mirror of flip ? [false, true] : [false]) {
        rows.push(mirror ? scope(() => look(mirrored(batch.images))) : look(batch.images));
        labels.push(...truths);
      }
    }
  });
  if (labels.length === 0) throw new Error('cacheFeatures: the data yielded no batches');
  const all = new Float32Array(labels.length * channels);
  let offset = 0;
  for (const row of rows) {
    all.set(row, offset);
    offset += row.length;
  }
  return new FeatureCache(all, Float32Array.from(labels), channels);
}

export interface FeatureBatchesOptions {
  readonly batchSize: number;
  /** A new order in every epoch; the order of the cache otherwise. Default true. */
  readonly shuffle?: boolean;
  /** Seed of the order. Default 0. */
  readonly seed?: number;
  /** Leave out a last batch smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
}

/** Features `[N,C]` and their labels `[N]`, as plain arrays outside the heap: 4·N·(C + 1) bytes. */
export class FeatureCache {
  /** Vectors. */
  readonly length: number;

  /** Throws if the numbers do not make N vectors, each with a label. */
  constructor(readonly features: Float32Array, readonly labels: Float32Array, readonly channels: number) {
    this.length = labels.length;
    if (features.length !== labels.length * channels) {
      throw new RangeError(
        `FeatureCache: ${labels.length} labels and ${channels} channels make ${labels.length * channels} numbers; `
          + `got ${features.length}`,
      );
    }
  }

  /** Batches for `fit` and `evaluate`, whose images are the features, `[n,C]`. */
  batches(options: FeatureBatchesOptions): FeatureBatches {
    return new FeatureBatches(this, options);
  }
}

/**
 * Each `for await` is one epoch. The order depends on (seed, epoch) alone, and an epoch can be taken up in its middle:
 * it begins at batch `position`, with the batches that an uninterrupted run would have seen.
 */
export class FeatureBatches implements AsyncIterable<Batch> {
  /** The epoch of the next `for await`, or of the one that is going on. */
  epoch = 0;
  /** Batches of it that have been given already. */
  position = 0;
  /** Batches an epoch. */
  readonly length: number;
  readonly #cache: FeatureCache;
  readonly #batchSize: number;
  readonly #order: (epoch: number) => Int32Array;

  constructor(cache: FeatureCache, { batchSize, shuffle = true, seed = 0, dropLast = false }: FeatureBatchesOptions) {
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`FeatureCache.batches: batchSize is a whole number >= 1; got ${batchSize}`);
    }
    const random = new Random(seed).split('order');
    this.#cache = cache;
    this.#batchSize = batchSize;
    this.#order = (epoch) => (shuffle
      ? random.split(epoch).permutation(cache.length)
      : Int32Array.from({ length: cache.length }, (_, i) => i));
    this.length = dropLast ? Math.floor(cache.length / batchSize) : Math.ceil(cache.length / batchSize);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { features, labels, channels } = this.#cache;
    const order = this.#order(this.epoch);
    while (this.position < this.length) {
      const indices = order.subarray(this.position * this.#batchSize, (this.position + 1) * this.#batchSize);
      const rows = new Float32Array(indices.length * channels);
      const row = (index: number): Float32Array => features.subarray(index * channels, (index + 1) * channels);
      indices.forEach((index, n) => rows.set(row(index), n * channels));
      await breathe();
      this.position++;
      yield {
        images: fromArray(rows, [indices.length, channels]),
        labels: fromArray(Float32Array.from(indices, (index) => labels[index]), [indices.length]),
      };
    }
    this.epoch++;
    this.position = 0;
  }
}
