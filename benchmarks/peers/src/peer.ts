/** What every framework under measurement looks like from here. */
import type { Network } from './network.js';

export interface Peer {
  readonly name: string;
  /** Threads it really uses, which may be fewer than were asked for. */
  readonly threads: number;
  /** Logits of the batch, from an array of images in the framework's own layout. */
  readonly logits: () => Promise<Float32Array>;
  /** Seconds of one such run. */
  readonly time: () => Promise<number>;
  readonly close?: () => Promise<void>;
}

/** Builds the network in a framework. Throws if the framework is not there or cannot. */
export type MakePeer = (network: Network, batch: Batch, threads: number) => Promise<readonly Peer[]>;

export interface Batch {
  readonly count: number;
  readonly size: number;
  /** `[N,H,W,3]`. */
  readonly channelsLast: Float32Array;
  /** `[N,3,H,W]`: the same images. */
  readonly channelsFirst: Float32Array;
}

/** A peer whose run is a function in this process. */
export const inProcess = (name: string, threads: number, run: () => Promise<Float32Array>): Peer => ({
  name,
  threads,
  logits: run,
  async time() {
    const started = performance.now();
    await run();
    return (performance.now() - started) / 1000;
  },
});
