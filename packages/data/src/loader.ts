import { breathe, fromArray, Random, type Tensor } from '@vitrine/tensor';
import { checkImage } from './checks.js';
import type { Augment } from './augment/augment.js';
import type { Mix } from './augment/mix.js';
import type { ImageDataset } from './datasets/dataset.js';
import { type ImageSource, sourceOf } from './datasets/source.js';
import { centerCrop } from './image/preprocess.js';
import type { RasterImage } from './image/raster.js';

/** What one step of training sees: N images of the data set. */
export interface Batch {
  /** [N,H,W,C] float32, normalised. */
  readonly images: Tensor;
  /** float32: [N], class indices; after a mix [N, classes], probabilities. */
  readonly labels: Tensor;
  /** Where the N images stand in the data set. */
  readonly indices: Int32Array;
}

export interface DataLoaderOptions {
  readonly dataset: ImageDataset | ImageSource;
  readonly batchSize: number;
  /** A new order in every epoch; the data set's order otherwise. Default false. */
  readonly shuffle?: boolean;
  /** Seed of order, augmentation and mix. Default 0. */
  readonly seed?: number;
  /** Leave out a last batch smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
  /**
   * Take the middle size×size pixels of every image, black where it is smaller (an odd rest goes below and right).
   * Default: the size of the images; of a source whose images differ, there is no default.
   */
  readonly size?: number;
  /** Applied to every image before `size`, on its bytes, with an image's own stream of chance. */
  readonly augment?: Augment;
  /** Applied to every batch, last. */
  readonly mix?: Mix;
  /** One number a channel, on the scale of 0 to 1; subtracted. Default 0. */
  readonly mean?: readonly number[];
  /** One number a channel, on the scale of 0 to 1; divided by. Default 1. */
  readonly std?: readonly number[];
}

/**
 * Batches of a data set: bytes x become (x/255 − mean) / std.
 *
 * An image's way: read → `augment` → middle of `size` → x/255 → (x − mean) / std → `mix` with its batch.
 *
 * Each `for await` is one epoch, or the rest of one: it begins at batch `position` of epoch `epoch`, and a loop that
 * was left early is taken up where it was left. Everything depends on (seed, epoch) alone: the order of epoch e is a
 * permutation drawn from the stream (seed, e), the augmentation of an image from the stream (seed, e, index in the data
 * set), whatever the batch size and whatever was iterated before; the mix of a batch from the stream (seed, e, number
 * of the batch). So a run resumes, with the very batches it would have seen, by setting `epoch` and `position`.
 *
 * There is one place, so that of two loops at once the older throws as soon as it goes on; a pass in the body of a loop
 * that puts `epoch` and `position` back, as nn's `evaluate` does, is nobody's loss.
 *
 * A batch's images are asked for while the one before is in use, so that a source with threads of its own (an image
 * folder) decodes during the step. What is left to do runs in the caller when the batch's turn comes: a step is
 * synchronous, and work moved ahead within its thread would gain nothing. That is all there is for a set in memory.
 *
 * Throws at construction if an option does not fit the data set.
 */
export class DataLoader implements AsyncIterable<Batch> {
  /** The epoch of the next `for await`; goes up by one at the end of an epoch. */
  epoch = 0;
  /** Batches of this epoch already given. In the body of the loop it counts that batch, too; 0 after the last. */
  position = 0;
  /** Batches an epoch. */
  readonly length: number;
  readonly dataset: ImageDataset | ImageSource;
  readonly batchSize: number;
  /** Of the images it makes, pixels. */
  readonly height: number;
  readonly width: number;
  readonly #source: ImageSource;
  readonly #shuffle: boolean;
  readonly #random: Random;
  readonly #augment: Augment | undefined;
  readonly #mix: Mix | undefined;
  /** (x/255 − mean) / std of every byte x, for each channel. */
  readonly #tables: readonly Float32Array[];

  constructor(options: DataLoaderOptions) {
    const { dataset, batchSize, shuffle = false, seed = 0, dropLast = false } = options;
    const source = sourceOf('DataLoader', dataset);
    const { length } = source;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new Error(`DataLoader: batchSize is ${batchSize}; expected a positive integer`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
    [this.height, this.width] = sizeOf(options);
    this.#source = source;
    this.#shuffle = shuffle;
    this.#random = new Random(seed);
    this.#augment = options.augment;
    this.#mix = options.mix;
    this.#tables = normalizationTables(source.channels, options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { epoch, length, batchSize, height, width } = this;
    checkCount('epoch', epoch, Infinity);
    checkCount('position', this.position, length);
    const { labels, channels, classes } = this.#source;
    const order = this.#order(epoch);
    const chance = this.#random.split('augment').split(epoch);
    const indicesOf = (batch: number): Int32Array =>
      (batch < length ? order.slice(batch * batchSize, (batch + 1) * batchSize) : new Int32Array(0));
    const size = height * width * channels;
    // One buffer for the whole epoch: fromArray copies.
    const buffer = new Float32Array(Math.min(batchSize, order.length) * size);
    try {
      let next = this.#read(indicesOf(this.position));
      for (let batch = this.position; batch < length; batch++) {
        const indices = indicesOf(batch);
        const images = await next;
        next = this.#read(indicesOf(batch + 1));
        const shape = [indices.length, height, width, channels] as const;
        const pixels = buffer.subarray(0, indices.length * size);
        images.forEach((image, n) =>
          this.#prepare(pixels.subarray(n * size, (n + 1) * size), image, indices[n], chance));
        const single = Float32Array.from(indices, (index) => labels[index]);
        const mixed = this.#mix?.({ pixels, shape, labels: single, classes: classes.length },
          this.#random.split('mix').split(epoch).split(batch));
        await breathe();
        if (this.epoch !== epoch || this.position !== batch) throw movedFrom(epoch, batch, this);
        this.position = batch + 1;
        yield {
          images: fromArray(pixels, shape),
          labels: mixed === undefined
            ? fromArray(single, [indices.length]) : fromArray(mixed, [indices.length, classes.length]),
          indices,
        };
      }
    } finally {
      // Also of a loop that was left in the body of its last batch.
      if (this.epoch === epoch && this.position === length) [this.epoch, this.position] = [epoch + 1, 0];
    }
  }

  /** The order of an epoch. */
  #order(epoch: number): Int32Array {
    const { length } = this.#source;
    if (this.#shuffle) return this.#random.split('order').split(epoch).permutation(length);
    return Int32Array.from({ length }, (_, i) => i);
  }

  /** Asks for images. What goes wrong is an error to whoever awaits them, and nobody may: a loop can be left. */
  #read(indices: Int32Array): Promise<readonly RasterImage[]> {
    const readAll = async (): Promise<readonly RasterImage[]> => {
      const reads = await Promise.allSettled(Array.from(indices, async (index) => this.#source.read(index)));
      // In order, that of several bad images the same one is named each time.
      return reads.map((read) => {
        if (read.status === 'rejected') throw read.reason;
        return read.value;
      });
    };
    const images = readAll();
    images.catch(() => undefined);
    return images;
  }

  /** Writes image `index`, H·W·C floats, to `out`. */
  #prepare(out: Float32Array, image: RasterImage, index: number, chance: Random): void {
    const { height, width } = this;
    const augmented = this.#augment === undefined ? image : this.#augment(image, chance.split(index));
    // Bytes that are missing would be NaN in the tensor, and so in every weight after the step.
    checkImage(`DataLoader: image ${index} of ${this.#source.name}`, augmented);
    const { channels, data } = augmented.height === height && augmented.width === width
      ? augmented : centerCrop(augmented, [height, width]);
    if (channels !== this.#source.channels) {
      throw new Error(`DataLoader: image ${index} of ${this.#source.name} has ${channels} channels; ` +
        `expected ${this.#source.channels}, also after augment`);
    }
    for (let c = 0; c < channels; c++) {
      const table = this.#tables[c];
      for (let i = c; i < out.length; i += channels) out[i] = table[data[i]];
    }
  }
}

const movedFrom = (epoch: number, batch: number, now: Pick<DataLoader, 'epoch' | 'position'>): Error =>
  new Error(`DataLoader: this loop had come to batch ${batch} of epoch ${epoch}, and the loader stands at batch ` +
    `${now.position} of epoch ${now.epoch}; expected one loop at a time, and epoch and position set between loops; ` +
    'make a second DataLoader for a second loop');

function checkCount(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new Error(`DataLoader: ${name} is ${value}; expected a non-negative integer` +
    (most === Infinity ? '' : ` of at most ${most}, the batches of an epoch`));
}

function sizeOf({ dataset, size }: DataLoaderOptions): readonly [height: number, width: number] {
  if (size !== undefined) {
    if (Number.isInteger(size) && size >= 1) return [size, size];
    throw new Error(`DataLoader: size is ${size}; expected a positive integer, in pixels`);
  }
  if ('height' in dataset) return [dataset.height, dataset.width];
  throw new Error(`DataLoader: the images of ${dataset.name} may differ in size, and size is not given; ` +
    'a batch needs one size: give size, and let the data set or augment make the images fit it');
}

/** Each byte's result is a fraction rounded to float32, then normalised. */
function normalizationTables(channels: number, options: DataLoaderOptions): readonly Float32Array[] {
  const perChannel = (name: 'mean' | 'std', fallback: number): readonly number[] => {
    const values = options[name] ?? new Array<number>(channels).fill(fallback);
    if (values.length === channels && values.every(Number.isFinite)) return values;
    throw new Error(`DataLoader: ${name} is [${values.join(', ')}]; expected ${channels} finite, one a channel`);
  };
  const mean = perChannel('mean', 0);
  const std = perChannel('std', 1);
  if (std.some((value) => value <= 0)) {
    throw new Error(`DataLoader: std is [${std.join(', ')}]; expected positive numbers`);
  }
  return mean.map((m, c) => Float32Array.from({ length: 256 }, (_, byte) => (Math.fround(byte / 255) - m) / std[c]));
}
