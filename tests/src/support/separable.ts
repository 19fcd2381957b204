/** A task that is learnt in a few steps, for tests of what is around the learning. */
import { GlobalAveragePool, Linear, Sequential } from '@vitrine/nn';
import type { Batch } from '@vitrine/nn';
import { Random, fromArray, manualSeed } from '@vitrine/tensor';

/** Images [N,2,2,2] of two classes, whose first channel is brighter in class 0, whose second in class 1. */
export function separableBatch(random: Random, size: number): Batch {
  const labels = Array.from({ length: size }, () => random.integer(2));
  const images = labels.flatMap((label) =>
    Array.from({ length: 8 }, (_, i) => random.uniform() + (i % 2 === label ? 1.5 : 0)));
  return { images: fromArray(images, [size, 2, 2, 2]), labels: fromArray(labels) };
}

/** Batches of these sizes, the same in every iteration; `seen` counts those given. */
export class SeparableData implements AsyncIterable<Batch> {
  seen = 0;

  constructor(readonly sizes: readonly number[], readonly seed = 4) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const random = new Random(this.seed);
    for (const size of this.sizes) {
      await Promise.resolve();
      this.seen++;
      yield separableBatch(random, size);
    }
  }
}

/** A linear classifier of the channels' means: without batch norm, so that a batch may be cut into pieces. */
export function linearModel(): Sequential {
  manualSeed(2);
  return new Sequential(new GlobalAveragePool(), new Linear(2, 2));
}

export const weightsOf = (model: Sequential): number[] =>
  [...model.stateDict().values()].flatMap((value) => Array.from(value.toFloat32Array()));
