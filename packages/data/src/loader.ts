import { breathe, fromArray, Random, type Tensor } from '@vitrine/tensor';
import type { Augment } from './augment/basic.js';
import { type ImageDataset, imageAt, validateDataset } from './datasets/dataset.js';

/** What one step of training sees: N images of the data set. */
export interface Batch {
  /** [N,H,W,C] float32, normalised. */
  readonly images: Tensor;
  /** [N] float32, class indices. */
  readonly labels: Tensor;
  /** Where the N images stand in the data set. */
  readonly indices: Int32Array;
}

/** Changes one image in place: H·W·C floats, HWC, 0 to 1, always in the same way. */
export type Transform = (pixels: Float32Array, height: number, width: number, channels: number) => void;

export interface DataLoaderOptions {
  readonly dataset: ImageDataset;
  readonly batchSize: number;
  /** A new order in every epoch; the data set's order otherwise. Default false. */
  readonly shuffle?: boolean;
  /** Seed of order and augmentation. Default 0. */
  readonly seed?: number;
  /** Leave out a last batch smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
  /** Centre every image on a black canvas of size×size pixels (an odd rest goes below and right). */
  readonly size?: number;
  /** Applied to every image, on the canvas. */
  readonly transform?: Transform;
  /** Applied after `transform`, with an image's own stream of chance. */
  readonly augment?: Augment;
  /** One number a channel, on the scale of 0 to 1; subtracted last. Default 0. */
  readonly mean?: readonly number[];
  /** One number a channel, on the scale of 0 to 1; divided by last. Default 1. */
  readonly std?: readonly number[];
}

const perChannel = (name: string, values: readonly number[], channels: number): readonly number[] => {
  if (values.length !== channels || !values.every(Number.isFinite)) {
    throw new Error(`DataLoader: ${name} is [${values.join(', ')}]; expected ${channels} finite, one a channel`);
  }
  return values;
};

/**
 * Batches of a data set: bytes x become (x/255 − mean) / std.
 *
 * Each `for await` is one epoch. Everything depends on (seed, epoch) alone: the order of epoch e is a permutation drawn
 * from the stream (seed, e), the augmentation of an image from the stream (seed, e, index in the data set), whatever
 * the batch size and whatever was iterated before. So a run resumes by setting `epoch`.
 *
 * An image's way: byte → x/255 → canvas of `size` → `transform` → `augment` → (x − mean) / std.
 * Throws at construction if an option does not fit the data set.
 */
export class DataLoader implements AsyncIterable<Batch> {
  /** The epoch of the next `for await`; it counts as begun, and this goes up by one, at the first batch. */
  epoch = 0;
  /** Batches an epoch. */
  readonly length: number;
  readonly dataset: ImageDataset;
  readonly batchSize: number;
  /** Of the images it makes, pixels. */
  readonly height: number;
  readonly width: number;
  readonly #shuffle: boolean;
  readonly #random: Random;
  readonly #transform: Transform | undefined;
  readonly #augment: Augment | undefined;
  readonly #mean: readonly number[];
  readonly #std: readonly number[];

  constructor(options: DataLoaderOptions) {
    const { dataset, batchSize, shuffle = false, seed = 0, dropLast = false, size } = options;
    const { height, width, channels, length } = validateDataset(dataset);
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new Error(`DataLoader: batchSize is ${batchSize}; expected a positive integer`);
    }
    if (size !== undefined && !(Number.isInteger(size) && size >= Math.max(height, width))) {
      throw new Error(`DataLoader: size is ${size}; expected an integer of at least ${Math.max(height, width)}, ` +
        `to hold images of ${height}×${width}`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
    this.height = size ?? height;
    this.width = size ?? width;
    this.#shuffle = shuffle;
    this.#random = new Random(seed);
    this.#transform = options.transform;
    this.#augment = options.augment;
    this.#mean = perChannel('mean', options.mean ?? new Array<number>(channels).fill(0), channels);
    this.#std = perChannel('std', options.std ?? new Array<number>(channels).fill(1), channels);
    if (this.#std.some((value) => value <= 0)) {
      throw new Error(`DataLoader: std is [${this.#std.join(', ')}]; expected positive numbers`);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const epoch = this.epoch;
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new Error(`DataLoader: epoch is ${epoch}; expected a non-negative integer`);
    }
    this.epoch = epoch + 1;

    const { dataset, batchSize, height, width } = this;
    const { channels } = dataset;
    const order = this.#order(epoch);
    const chance = this.#random.split('augment').split(epoch);
    const size = height * width * channels;
    // One buffer for the whole epoch: fromArray copies.
    const buffer = new Float32Array(Math.min(batchSize, dataset.length) * size);

    for (let batch = 0; batch < this.length; batch++) {
      const indices = order.slice(batch * batchSize, (batch + 1) * batchSize);
      const pixels = buffer.subarray(0, indices.length * size);
      indices.forEach((index, n) => this.#prepare(pixels.subarray(n * size, (n + 1) * size), index, chance));
      const labels = Float32Array.from(indices, (index) => dataset.labels[index]);
      await breathe();
      yield {
        images: fromArray(pixels, [indices.length, height, width, channels]),
        labels: fromArray(labels, [indices.length]),
        indices,
      };
    }
  }

  /** The order of an epoch. */
  #order(epoch: number): Int32Array {
    const { length } = this.dataset;
    if (this.#shuffle) return this.#random.split('order').split(epoch).permutation(length);
    return Int32Array.from({ length }, (_, i) => i);
  }

  /** Writes image `index`, H·W·C floats, to `out`. */
  #prepare(out: Float32Array, index: number, chance: Random): void {
    const { height, width, dataset } = this;
    const { channels } = dataset;
    const source = imageAt(dataset, index);
    const top = Math.floor((height - dataset.height) / 2);
    const left = Math.floor((width - dataset.width) / 2);
    const row = dataset.width * channels;
    out.fill(0);
    for (let y = 0; y < dataset.height; y++) {
      const target = ((top + y) * width + left) * channels;
      for (let i = 0; i < row; i++) out[target + i] = source[y * row + i] / 255;
    }
    this.#transform?.(out, height, width, channels);
    this.#augment?.(out, height, width, channels, chance.split(index));
    for (let i = 0; i < out.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        out[i + c] = (out[i + c] - this.#mean[c]) / this.#std[c];
      }
    }
  }
}
