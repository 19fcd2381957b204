/** The bookkeeping of one training: where it stands, and whom it tells. */
import type { ExponentialMovingAverage } from '../ema.js';
import type { Module } from '../module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { Callback, EpochResult, Training, TrainingPosition } from './callback.js';
import { groupsOf, seek } from './data.js';
import type { Batch, TrainingData } from './data.js';
import { checkFinite } from './divergence.js';
import type { StepOutcome } from './step.js';
import type { FitOptions } from './trainer.js';

export type RunOptions =
  Pick<FitOptions, 'optimizer' | 'ema' | 'from' | 'signal' | 'onStep' | 'onEpoch' | 'callbacks'>;

/** What is counted in an epoch. */
interface Tally {
  batch: number;
  lossSum: number;
  images: number;
  /** Of training, before `since`. */
  seconds: number;
  /** When the clock was started; null between two epochs. */
  since: number | null;
}

const nothing = (batch = 0): Tally => ({ batch, lossSum: 0, images: 0, seconds: 0, since: null });

export class Run implements Training {
  readonly optimizer: Optimizer;
  readonly ema: ExponentialMovingAverage | undefined;
  readonly callbacks: readonly Callback[];
  stopReason: string | null = null;
  /** Epochs finished. */
  epoch = 0;
  /** Steps made. */
  step = 0;
  /** Whether it was stopped within an epoch. */
  interrupted = false;
  readonly #data: TrainingData;
  readonly #signal: AbortSignal | undefined;
  readonly #results: EpochResult[] = [];
  /** The data's epoch, of which `#tally.batch` batches have been trained on. */
  #dataEpoch: number | null;
  #tally = nothing();
  /** Batches of the data's next iteration that have been trained on before. */
  #skip = 0;

  constructor(readonly model: Module, data: TrainingData, options: RunOptions) {
    const { optimizer, ema, from, signal, onStep, onEpoch, callbacks = [] } = options;
    this.optimizer = optimizer;
    this.ema = ema;
    this.#data = data;
    this.#signal = signal;
    const own: Callback = { ...(onStep !== undefined && { onStep }), ...(onEpoch !== undefined && { onEpoch }) };
    this.callbacks = [own, ...callbacks];
    if (from === undefined) {
      this.#dataEpoch = data.epoch ?? null;
      this.#tally = nothing(data.position);
    } else {
      const { epoch, step, batch, dataEpoch, lossSum, images, seconds, results } = from;
      this.epoch = epoch;
      this.step = step;
      this.#dataEpoch = dataEpoch;
      this.#tally = { ...nothing(), batch, lossSum, images, seconds };
      this.#results.push(...results);
      this.#skip = seek(data, dataEpoch, batch);
    }
  }

  get position(): TrainingPosition {
    const { lossSum, images, batch } = this.#tally;
    const results = [...this.#results];
    const seconds = this.#seconds();
    const dataEpoch = batch === 0 ? this.#data.epoch ?? null : this.#dataEpoch;
    return { epoch: this.epoch, batch, step: this.step, dataEpoch, lossSum, images, seconds, results };
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  get stopped(): boolean {
    if (this.#signal?.aborted === true) this.stop('the signal was aborted');
    return this.stopReason !== null;
  }

  async start(): Promise<void> {
    for (const callback of this.callbacks) await callback.onStart?.(this);
  }

  /** What is left of the epoch, `size` batches at a time, or until it is stopped. */
  async *groups(size: number): AsyncGenerator<readonly Batch[], void, undefined> {
    const skip = this.#skip;
    this.#skip = 0;
    this.#tally.since = performance.now();
    // A callback between two epochs may have gone through the data.
    if (this.#tally.batch === 0) this.#dataEpoch = this.#data.epoch ?? null;
    const { length } = this.#data;
    if (length !== undefined && this.#tally.batch >= length && length > 0) {
      // Saved after the last step of an epoch, before its end was told.
      seek(this.#data, this.#dataEpoch === null ? null : this.#dataEpoch + 1, 0);
      return;
    }
    for await (const group of groupsOf(this.#data, size, skip)) {
      if (this.stopped) {
        this.interrupted = true;
        return;
      }
      yield group;
    }
  }

  async afterStep({ loss, images, gradientNorm }: StepOutcome, batches: number): Promise<void> {
    const result = {
      step: this.step, epoch: this.epoch + 1, loss, learningRate: this.optimizer.lr, images,
      ...(gradientNorm !== undefined && { gradientNorm }),
    };
    this.step++;
    this.#tally.batch += batches;
    this.#tally.lossSum += loss * images;
    this.#tally.images += images;
    for (const callback of this.callbacks) await callback.onStep?.(result, this);
  }

  async afterEpoch(): Promise<void> {
    const { lossSum, images } = this.#tally;
    if (images === 0) {
      throw new Error(this.epoch === 0
        ? 'fit: the data yielded no batches; is the batch larger than the data set, with dropLast?'
        : `fit: the data yielded no batches in epoch ${this.epoch + 1}; a generator runs but once: `
          + 'give an object that begins anew at every iteration');
    }
    checkFinite(this.model, this.step, 'the epoch is not told to the callbacks');
    const seconds = this.#seconds();
    // Filled as callbacks return what they have measured.
    const metrics: Record<string, number> = {};
    const result: EpochResult = {
      epoch: ++this.epoch, trainLoss: lossSum / images, seconds, imagesPerSecond: images / seconds,
      learningRate: this.optimizer.lr, metrics,
    };
    this.#results.push(result);
    this.#tally = nothing();
    this.#dataEpoch = this.#data.epoch ?? null;
    for (const callback of this.callbacks) Object.assign(metrics, await callback.onEpoch?.(result, this));
  }

  async end(): Promise<readonly EpochResult[]> {
    // A batch that was fetched and not trained on is the next to come.
    if (this.interrupted && this.#data.position !== undefined) seek(this.#data, this.#dataEpoch, this.#tally.batch);
    for (const callback of this.callbacks) await callback.onEnd?.(this.#results, this);
    return this.#results;
  }

  #seconds(): number {
    const { seconds, since } = this.#tally;
    return seconds + (since === null ? 0 : (performance.now() - since) / 1000);
  }
}
