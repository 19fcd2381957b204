/** What a training tells while it goes on, and who is told. */
import type { Tensor } from '@vitrine/tensor';
import type { ExponentialMovingAverage } from '../ema.js';
import type { Module } from '../module.js';
import type { Optimizer } from '../optim/optimizer.js';

export interface StepResult {
  /** Counted from 0 over the whole training. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the step's images. */
  readonly loss: number;
  readonly learningRate: number;
  readonly images: number;
  /** With `clipNorm`: the norm of the gradient before it was clipped. */
  readonly gradientNorm?: number;
}

/** Numbers by name, such as `{ accuracy: 0.91 }`. */
export type Metrics = Readonly<Record<string, number>>;

export interface EpochResult {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's images. */
  readonly trainLoss: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly learningRate: number;
  /** What `onEpoch` functions have measured so far. */
  readonly metrics: Metrics;
}

/** What has a state that a file can hold. */
export interface Stateful {
  stateDict(): Map<string, Tensor>;
  loadStateDict(state: ReadonlyMap<string, Tensor>): unknown;
}

/** Where a training stands between two steps. With the states of all that learns, it is enough to go on from. */
export interface TrainingPosition {
  /** Epochs finished. */
  readonly epoch: number;
  /** Batches that the epoch going on has been trained on. */
  readonly batch: number;
  /** Steps of the optimizer over the whole training. */
  readonly step: number;
  /** The data's own number for the epoch going on; null if they have none. */
  readonly dataEpoch: number | null;
  /** Of the epoch going on: Σ loss·images, images, and seconds of training. */
  readonly lossSum: number;
  readonly images: number;
  readonly seconds: number;
  /** Of the epochs finished. */
  readonly results: readonly EpochResult[];
}

/** All that a file has to hold for a training to go on. */
export interface TrainingState {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly ema?: ExponentialMovingAverage | undefined;
  /** Those with a `stateDict` are saved, by their names. */
  readonly callbacks?: readonly Callback[];
}

/** The training that a callback belongs to. */
export interface Training extends TrainingState {
  readonly callbacks: readonly Callback[];
  /** In `onEpoch`, the beginning of the next epoch. */
  readonly position: TrainingPosition;
  /** Why it has been asked to stop; null if it has not. */
  readonly stopReason: string | null;
  /** Asks it to stop before the next step. */
  stop(reason: string): void;
}

/**
 * Told what happens, and may ask to stop. All of it is optional, all may be async, and the training waits. Callbacks
 * are told in the order of their list, `fit`'s own `onStep` and `onEpoch` before them.
 */
export interface Callback extends Partial<Stateful> {
  /** The name of its state in a checkpoint. One that has a state needs a name of its own. */
  readonly name?: string;
  /** Before the first step, also of a training that is resumed. */
  onStart?(training: Training): unknown;
  onStep?(result: StepResult, training: Training): unknown;
  /** After every whole epoch. What it returns joins the epoch's `metrics`, for those that come after. */
  onEpoch?(result: EpochResult, training: Training): void | Metrics | Promise<void | Metrics>;
  /** After the last step, also of a training that was stopped; not after an error. */
  onEnd?(results: readonly EpochResult[], training: Training): unknown;
}

/** One number of an epoch: 'trainLoss', or one of its metrics by name. Throws, naming `op`, if there is none. */
export function metricOf(op: string, name: string, { trainLoss, metrics }: EpochResult): number {
  if (name === 'trainLoss') return trainLoss;
  if (Object.hasOwn(metrics, name)) return metrics[name];
  const known = ['trainLoss', ...Object.keys(metrics)].join(', ');
  throw new Error(`${op}: the epoch has no metric '${name}', only ${known}; what measures it comes before in the list`);
}

/** Which way a metric gets better: 'min' for a loss, 'max' for an accuracy. */
export type MetricMode = 'min' | 'max';

/** Whether `metric` is better than `best` by more than `minDelta`. NaN never is. */
export const isBetter = (mode: MetricMode, metric: number, best: number, minDelta = 0): boolean =>
  (mode === 'min' ? metric < best - minDelta : metric > best + minDelta);

/** What any first metric is better than. */
export const worst = (mode: MetricMode): number => (mode === 'min' ? Infinity : -Infinity);
