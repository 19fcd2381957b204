/** What every framework under measurement looks like from here. */
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';

/** What frameworks have in common, whatever they run. */
export interface Timed {
  readonly name: string;
  /** Threads it really uses, which may be fewer than were asked for. */
  readonly threads: number;
  /** Seconds of one run. */
  readonly time: () => Promise<number>;
  readonly close?: () => Promise<void>;
}

export interface Peer extends Timed {
  /** Logits of the batch, from an array of images in the framework's own layout. */
  readonly logits: () => Promise<Float32Array>;
}

/** Builds the model in a framework. Throws if the framework is not there or cannot. */
export type MakePeer = (model: EfficientNet, batch: Batch, threads: number) => Promise<readonly Peer[]>;

export interface Batch {
  readonly count: number;
  readonly size: number;
  /** `[N,H,W,3]`. */
  readonly channelsLast: Float32Array;
  /** `[N,3,H,W]`: the same images. */
  readonly channelsFirst: Float32Array;
}

export const LEARNING_RATE = 1e-3;

/** A run is a step of training: forward, cross-entropy, backward, SGD. */
export interface TrainingPeer extends Timed {
  /** Makes the first step. */
  readonly firstStep: () => Promise<FirstStep>;
}

export interface FirstStep {
  readonly loss: number;
  /** Of the stem's weight, at the far end of the way back: `[O,C,kH,kW]`. */
  readonly stemGradient: Float32Array;
}

/** A peer whose run is a function in this process. */
export const inProcess = (name: string, threads: number, run: () => Promise<Float32Array>): Peer => ({
  name,
  threads,
  logits: run,
  time: () => secondsOf(run),
});

export async function secondsOf(run: () => unknown): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}
