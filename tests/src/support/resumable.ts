/** Two trainings that leave out nothing that has a state, to be killed and resumed (see resume-killed.test.ts). */
import { EfficientNet } from '@vitrine/efficientnet';
import {
  AdamW, ExponentialMovingAverage, RECIPES, ReduceOnPlateau, bestCheckpoint, earlyStopping, fit,
  fitOptionsOf, onPlateau, periodicCheckpoint, resumeTraining, validation,
} from '@vitrine/nn';
import type { Batch, Callback, FitOptions, TrainingData } from '@vitrine/nn';
import { Random, encodeTensors, fromArray, manualSeed, randomState } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = 20;
const CLASSES = 3;
const BATCH = 8;

/** Stripes whose direction is the class, in noise; a new order and new noise in every epoch. */
export class Stripes implements TrainingData {
  epoch = 0;
  position = 0;
  readonly #random = new Random(6);

  constructor(readonly length: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { epoch } = this;
    const order = this.#random.split('order').split(epoch).permutation(this.length * BATCH);
    while (this.position < this.length) {
      const indices = order.subarray(this.position * BATCH, (this.position + 1) * BATCH);
      this.position++;
      await Promise.resolve();
      yield this.#batch(epoch, indices);
    }
    this.epoch = epoch + 1;
    this.position = 0;
  }

  #batch(epoch: number, indices: Int32Array): Batch {
    const pixels = Array.from(indices, (index) => {
      const noise = this.#random.split(epoch).split(index);
      return Array.from({ length: SIZE * SIZE }, (_, i) => {
        const [y, x] = [Math.floor(i / SIZE), i % SIZE];
        return Math.sin([x, y, x + y][index % CLASSES]) + noise.normal();
      });
    });
    const labels = Array.from(indices, (index) => index % CLASSES);
    return { images: fromArray(pixels.flat(), [indices.length, SIZE, SIZE, 1]), labels: fromArray(labels) };
  }
}

/** The first batch of the first epoch, every time it is asked. */
const held: AsyncIterable<Batch> = {
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    yield* new Stripes(1);
  },
};

const makeModel = (): EfficientNet => EfficientNet.fromName('tiny-28', { numClasses: CLASSES });

interface Setup {
  readonly model: EfficientNet;
  readonly options: FitOptions;
  /** Before the one that saves. */
  readonly callbacks: readonly Callback[];
}

const STEPS_PER_EPOCH = 5;
export const EPOCHS = 3;
export const STEPS = EPOCHS * STEPS_PER_EPOCH;

export const trainings = {
  /** RMSprop with momentum, staircase and averages, as the paper has them, and clipping. */
  paper: (): Setup => {
    const model = makeModel();
    const shorter = { epochs: EPOCHS, batchSize: BATCH, lr: 4, warmupEpochs: 1, ema: 0.9, clipNorm: 1 };
    const recipe = { ...RECIPES.paper, ...shorter };
    return { model, options: fitOptionsOf(recipe, model, STEPS_PER_EPOCH), callbacks: [] };
  },
  /** AdamW over two batches a step, one in an epoch's last, with all the callbacks that remember something. */
  callbacks: (folder: string): Setup => {
    const model = makeModel();
    const optimizer = new AdamW(model.parameters(), { lr: 0.003 });
    const ema = new ExponentialMovingAverage(model, { decay: 0.9, buffers: 'copy' });
    return {
      model,
      options: { epochs: EPOCHS, optimizer, ema, accumulate: 2 },
      callbacks: [
        validation(held),
        onPlateau(new ReduceOnPlateau(optimizer, { patience: 0, factor: 0.7, threshold: 0.2 }), 'loss'),
        bestCheckpoint({ path: join(folder, 'best.safetensors'), metric: 'accuracy', mode: 'max' }),
        earlyStopping({ metric: 'accuracy', mode: 'max', patience: 50 }),
      ],
    };
  },
} satisfies Readonly<Record<string, (folder: string) => Setup>>;

export type TrainingName = keyof typeof trainings;

/**
 * Trains to the end, from the checkpoint in `folder` if there is one. Returns, as the bytes of a file, all that is
 * left: weights, averages, the optimizer's state, losses, random stream. `watch` stands before the one that saves.
 */
export async function trainToEnd(name: TrainingName, folder: string, watch: Callback = {}): Promise<Uint8Array> {
  manualSeed(11);
  const { model, options, callbacks: own } = trainings[name](folder);
  const path = join(folder, 'training.safetensors');
  const callbacks = [...own, watch, periodicCheckpoint({ path, everySteps: 3, everyEpoch: 1 })];
  const { optimizer, ema } = options;
  // A seed that is not the one saved: what is resumed must come from the file.
  manualSeed(12);
  const from = existsSync(path) ? await resumeTraining(path, { model, optimizer, ema, callbacks }) : undefined;
  const batches = STEPS_PER_EPOCH * (options.accumulate ?? 1) - (options.accumulate === undefined ? 0 : 1);
  const results = await fit(model, new Stripes(batches), { ...options, callbacks, from });
  const { key, counter } = randomState();
  const losses = results.flatMap(({ trainLoss, learningRate, metrics }) =>
    [trainLoss, learningRate, ...Object.values(metrics)]);
  const prefixed = (prefix: string, state: ReadonlyMap<string, Tensor>): [string, Tensor][] =>
    Array.from(state, ([key, tensor]) => [`${prefix}.${key}`, tensor]);
  return encodeTensors(new Map([
    ...prefixed('model', model.stateDict()),
    ...prefixed('optimizer', optimizer.stateDict()),
    ...prefixed('ema', ema?.stateDict() ?? new Map<string, Tensor>()),
    ['losses', fromArray(losses, [losses.length], 'float64')],
    ['random', fromArray([...key, counter], [3], 'float64')],
  ]));
}
