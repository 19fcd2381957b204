/**
 * All process-wide state, in one place. Everything else in Vitrine is a function of its arguments and of this.
 */
import { Heap } from './heap/heap.js';
import type { Scope } from './heap/scope.js';
import { Random } from './random.js';
import type { RandomState } from './random.js';
import type { Pool } from './threads/pool.js';
import type { KernelModule } from './wasm/module.js';
import type * as reference from './kernels/index.js';

/** A table of kernels: the reference ones, or another face of them under the same contracts. */
export type Kernels = typeof reference;

/** What the function of a checkpoint has read and made so far, on its way forward (see autograd's checkpoint.ts). */
export interface Tracing {
  /** Variables from outside that an operation read and that need gradients. */
  readonly reads: Set<object>;
  readonly made: WeakSet<object>;
}

/** Where anomaly mode stands (see autograd's anomaly.ts). */
export interface AnomalyMode {
  /** Whether infinities count, or only NaN. */
  readonly infinities: boolean;
  /** Whether a gradient is being computed: its result is looked at, not the operations it is made of. */
  pulling: boolean;
  /** The module that is running: its path, seen from the outermost module that was called. */
  call: { readonly root: object; readonly path: string } | null;
}

/**
 * Who watches passes through a network, to measure them (see nn's profile.ts): what is to be measured is handed over
 * as a function, to be called exactly once.
 */
export interface Observer {
  /** A module's call. */
  forward<T>(module: object, input: T, run: () => T): T;
  /** What a backward pass does for the operation with this number: its gradient, and passing that on. */
  backward(order: number, run: () => void): void;
}

export interface Runtime {
  /** Where float32 storage lives. Made at first use, so that importing the library costs nothing. */
  readonly heap: Heap;
  /** The innermost open scope. */
  scope: Scope | null;
  /** Whether operations on variables are recorded for `backward`. */
  gradientMode: boolean;
  /** Operations recorded so far; each node keeps its number. */
  nodes: number;
  /** Set while a checkpoint's function runs forward: operations then leave no nodes, but what they read is noted. */
  tracing: Tracing | null;
  /** Whether a checkpoint's function runs once more, for its gradient: what belongs to a batch once has been done. */
  recomputing: boolean;
  /** Set while every result is searched for NaN. */
  anomaly: AnomalyMode | null;
  /** Set while passes are measured. */
  observer: Observer | null;
  /** Whether new tensors get shapes only (see `meta`). */
  metaMode: boolean;
  /** The kernels float32 operations run on; null until first use (see backend.ts). */
  kernels: Kernels | null;
  /** What the user asked for; null leaves the choice to the machine. */
  backend: 'reference' | 'simd' | null;
  threads: number | null;
  /** The emitted kernels, compiled once. */
  module: KernelModule | null;
  /** The workers, where there are any. */
  pool: Pool | null;
  /** The stream that initialisers, dropout and stochastic depth draw from; seeded with 0 until `manualSeed`. */
  random: Random;
  /**
   * Heap bytes that no scope releases, made since the collector last ran and not released since (see heap/valve.ts).
   */
  unscopedBytes: number;
  /** When `breathe` last let the event loop turn, in ms. */
  lastTurn: number;
  /** Heap bytes that finalizers have freed so far. */
  finalizedBytes: number;
}

let heap: Heap | undefined;

export const runtime: Runtime = {
  get heap() {
    return (heap ??= new Heap());
  },
  scope: null,
  gradientMode: true,
  nodes: 0,
  tracing: null,
  recomputing: false,
  anomaly: null,
  observer: null,
  metaMode: false,
  kernels: null,
  backend: null,
  threads: null,
  module: null,
  pool: null,
  random: new Random(0),
  unscopedBytes: 0,
  lastTurn: 0,
  finalizedBytes: 0,
};

/** Starts the default random stream anew: initialisation and dropout repeat exactly. */
export function manualSeed(seed: number): void {
  runtime.random = new Random(seed);
}

/** Where the default random stream stands: what a file needs to keep so that dropout goes on with the same numbers. */
export function randomState(): RandomState {
  return runtime.random.state;
}

/** Goes on from where a default random stream stood. Throws a RangeError if `state` is none. */
export function setRandomState(state: RandomState): void {
  const { key, counter } = state;
  const isWord = (word: number): boolean => Number.isInteger(word) && word >= 0 && word < 2 ** 32;
  if (key.length !== 2 || !key.every(isWord) || !Number.isSafeInteger(counter) || counter < 0) {
    throw new RangeError('setRandomState: a state has two 32-bit words as its key, and as its counter a whole number ' +
      `>= 0; got ${JSON.stringify(state)}; take what randomState() returns`);
  }
  runtime.random = new Random({ key: [key[0], key[1]], counter });
}
