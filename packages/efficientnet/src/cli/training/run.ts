/** One training, from a network to its files: what `train` and `finetune` have in common. */
import { DataLoader } from '@vitrine/data';
import {
  bestCheckpoint, earlyStopping, evaluate, fit, fitOptionsOf, formatPercent, periodicCheckpoint, resumeTraining,
  saveTraining,
} from '@vitrine/nn';
import type {
  Callback, EpochResult, Evaluation, ParameterGroup, StepMetrics, Training, TrainingPosition, TrainingState,
} from '@vitrine/nn';
import type { RunLog } from '@vitrine/nn/node';
import { existsSync } from 'node:fs';
import type { EfficientNet } from '../../model.js';
import { UsageError } from '../options.js';
import { parseAugmentation } from './augment.js';
import { describeImages } from './data.js';
import type { Sets } from './data.js';
import type { RecipeValues, RunValues } from './options.js';
import { stopOnInterrupt } from './output.js';
import type { Output } from './output.js';
import { recipeOf } from './presets.js';
import { checkImages } from './run-folder.js';

/** Test images computed together. */
const TEST_BATCH = 100;

export interface Loaders {
  readonly training: DataLoader;
  readonly testing: DataLoader;
}

/** Throws a UsageError if there are fewer images than a batch has. */
export function makeLoaders({ train, test, preprocessing }: Sets, values: RecipeValues & RunValues): Loaders {
  const { 'batch-size': batchSize, seed } = values;
  const { crop: size, mean, std } = preprocessing;
  if (train.length < batchSize) {
    throw new UsageError(`--batch-size takes at most the number of training images, ${train.length}; got ${batchSize}`);
  }
  if (test.length === 0) throw new UsageError('there are no images to test with; --test-share sets some aside');
  const common = { size, mean, std };
  const augmentation = parseAugmentation(values.augment, size);
  return {
    training: new DataLoader({
      ...common, ...augmentation, dataset: train, batchSize, shuffle: true, dropLast: true, seed,
    }),
    testing: new DataLoader({ ...common, dataset: test, batchSize: TEST_BATCH }),
  };
}

export interface Setup {
  readonly model: EfficientNet;
  readonly sets: Sets;
  readonly loaders: Loaders;
  readonly values: RecipeValues & RunValues;
  /** Of the optimizer's parameters, if not the recipe's: those of a network that knows something already. */
  readonly groups?: readonly ParameterGroup[];
  readonly log: RunLog;
  readonly output: Output;
}

export interface Ending {
  readonly results: readonly EpochResult[];
  readonly steps: readonly StepMetrics[];
  /** Of the weights at the end, or their averages; null if no epoch was finished. */
  readonly evaluation: Evaluation | null;
  /** Of training and its evaluations, those before it was resumed included. */
  readonly seconds: number;
  readonly interrupted: boolean;
  /** Why it stopped before its last epoch; null if it did not, or was interrupted. */
  readonly stopped: string | null;
  readonly state: TrainingState;
  readonly criterion: NonNullable<ReturnType<typeof fitOptionsOf>['loss']>;
}

/** All that is needed to use the weights of a file without the training. */
function describeWeights(model: EfficientNet, { train: { classes }, preprocessing }: Sets): Map<string, string> {
  const texts = Object.entries({ model: model.config, classes, preprocessing });
  return new Map(texts.map(([name, value]) => [name, JSON.stringify(value)]));
}

/**
 * Trains to the end, or until Ctrl-C, from checkpoint.safetensors if the folder has one. Leaves metrics.jsonl, that
 * checkpoint, and the weights of the best epoch as best.safetensors.
 */
export async function runTraining(setup: Setup): Promise<Ending> {
  const { model, sets, loaders: { training, testing }, values, groups, log, output } = setup;
  const { epochs, accumulate, 'early-stopping': patience, 'test-flip': flip } = values;
  const options = fitOptionsOf(recipeOf(values), model, Math.ceil(training.length / accumulate), groups);
  const { optimizer, ema, loss: criterion } = options;
  if (criterion === undefined) throw new Error('runTraining: the recipe has no loss');
  const path = log.path('checkpoint.safetensors');
  const images = await describeImages(sets);
  const metadata = describeWeights(model, sets);
  const inCheckpoint = new Map([...metadata, ['images', images]]);

  const measure = async (): Promise<Evaluation> => {
    const look = (): Promise<Evaluation> => evaluate(model, testing, { flip });
    return ema === undefined ? look() : ema.apply(look);
  };
  const watch = new Watch(setup, measure, inCheckpoint);
  const callbacks: readonly Callback[] = [
    watch,
    bestCheckpoint({
      path: log.path('best.safetensors'), metric: 'accuracy', mode: 'max',
      metadata: ({ epoch, metrics }) => new Map([...metadata, ['training', JSON.stringify({ epoch, ...metrics })]]),
    }),
    ...(patience === null ? [] : [earlyStopping({ metric: 'accuracy', mode: 'max', patience })]),
    watch.afterAll,
    periodicCheckpoint({ path, everyMinutes: values['checkpoint-minutes'], metadata: inCheckpoint }),
  ];
  const state: TrainingState = { model, optimizer, ema, callbacks };
  const from = existsSync(path)
    ? await resumeTraining(path, state, (texts) => checkImages(path, images, texts))
    : undefined;
  watch.begin(from);
  const { signal, release } = stopOnInterrupt(output);
  const started = performance.now();
  try {
    const results = await fit(model, training, { ...options, accumulate, callbacks, from, signal });
    const { stopped } = watch;
    // A signal that came when nothing was left to do interrupted nothing.
    const interrupted = signal.aborted && stopped === null && results.length < epochs;
    const knows = results.length > 0 || groups !== undefined;
    // What weights in the middle of an epoch are worth, nobody asked: Ctrl-C should not take a pass over the images.
    if (watch.evaluation === null && knows && !interrupted) watch.evaluation = await measure();
    return {
      results, steps: watch.steps, evaluation: watch.evaluation, state, criterion,
      seconds: secondsBefore(from) + (performance.now() - started) / 1000,
      interrupted, stopped,
    };
  } finally {
    output.progress.end();
    release();
  }
}

const secondsBefore = (from: TrainingPosition | undefined): number =>
  (from === undefined ? 0 : from.results.reduce((sum, { seconds }) => sum + seconds, from.seconds));

/** What is seen of a training while it goes on, and written into metrics.jsonl. */
class Watch implements Callback {
  evaluation: Evaluation | null = null;
  /** Why a callback asked the training to stop. */
  stopped: string | null = null;
  readonly steps: StepMetrics[] = [];
  readonly #setup: Setup;
  readonly #measure: () => Promise<Evaluation>;
  readonly #metadata: ReadonlyMap<string, string>;
  #images = 0;

  /** `metadata` is the checkpoint's. */
  constructor(setup: Setup, measure: () => Promise<Evaluation>, metadata: ReadonlyMap<string, string>) {
    this.#setup = setup;
    this.#measure = measure;
    this.#metadata = metadata;
  }

  /** What was written after the checkpoint will be written again. */
  begin(from: TrainingPosition | undefined): void {
    const { log, output } = this.#setup;
    const [steps, epochs] = [from?.step ?? 0, from?.epoch ?? 0];
    const records = log.trim(({ kind, step, epoch }) =>
      (kind === 'step' ? Number(step) < steps : kind === 'epoch' && Number(epoch) <= epochs));
    for (const { kind, step, loss, learningRate } of records) {
      if (kind !== 'step') continue;
      this.steps.push({ step: Number(step), loss: Number(loss), learningRate: Number(learningRate) });
    }
    this.#images = from?.images ?? 0;
    if (from !== undefined) output.say(`resumed after step ${steps}, in epoch ${epochs + 1}`);
  }

  async onStart(training: Training): Promise<void> {
    const { log, values: { epochs } } = this.#setup;
    const { position } = training;
    if (position.epoch < epochs) this.#startEpoch(position.epoch);
    // So that there is always something to go on from.
    if (position.step === 0) {
      await saveTraining(log.path('checkpoint.safetensors'), training, position, this.#metadata);
    }
  }

  onStep({ step, loss, images, learningRate }: Parameters<NonNullable<Callback['onStep']>>[0]): void {
    const { log, output } = this.#setup;
    this.#images += images;
    this.steps.push({ step, loss, learningRate });
    log.append({ kind: 'step', step, loss, learningRate });
    output.progress.update(this.#images, { loss });
  }

  async onEpoch({ epoch, trainLoss, seconds, imagesPerSecond, learningRate }: EpochResult): Promise<{
    readonly loss: number; readonly accuracy: number;
  }> {
    const { log, output } = this.#setup;
    output.progress.end();
    const { loss, accuracy } = this.evaluation = await this.#measure();
    log.append({
      kind: 'epoch', epoch, trainLoss, testLoss: loss, testAccuracy: accuracy, learningRate, seconds, imagesPerSecond,
    });
    output.say(`test accuracy ${formatPercent(accuracy)}`);
    return { loss, accuracy };
  }

  /** Behind those that may stop the training. */
  readonly afterAll: Callback = {
    // Here it is no reason of the signal's, which is looked at between steps.
    onStart: ({ stopReason }) => {
      this.stopped = stopReason;
    },
    onEpoch: ({ epoch }, { stopReason }) => {
      this.stopped = stopReason;
      this.#images = 0;
      if (stopReason === null && epoch < this.#setup.values.epochs) this.#startEpoch(epoch);
    },
  };

  #startEpoch(finished: number): void {
    const { loaders: { training }, values: { epochs }, output } = this.#setup;
    output.progress.start(`train ${finished + 1}/${epochs}`, training.length * training.batchSize);
  }
}
