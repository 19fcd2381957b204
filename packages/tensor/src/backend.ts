/**
 * Which face of the kernels runs, and on how many threads. Chosen at first use: SIMD and all cores where the machine
 * has them, else the reference kernels; `setBackend` and `setThreads` choose otherwise.
 */
import { hardwareThreads } from '#spawn';
import * as reference from './kernels/index.js';
import { runtime } from './runtime.js';
import type { Kernels } from './runtime.js';
import { MAX_WORKERS } from './threads/control.js';
import { Pool } from './threads/pool.js';
import { compileKernels } from './wasm/module.js';
import type { KernelModule } from './wasm/module.js';
import { supportsSimd } from './wasm/probe.js';
import type { Runner } from './wasm/runner.js';
import { serialRunner } from './wasm/serial.js';
import { simdFuncs, simdKernels } from './wasm/simd/index.js';

export type BackendName = 'reference' | 'simd';

/** The kernels of float32 operations. */
export function activeKernels(): Kernels {
  return (runtime.kernels ??= start(runtime.backend ?? (canRunSimd() ? 'simd' : 'reference')));
}

export const activeBackend = (): BackendName => (activeKernels() === reference ? 'reference' : 'simd');

/** 'reference': plain TypeScript loops; 'simd': the same kernels as WebAssembly SIMD. Throws where there is no SIMD. */
export function setBackend(name: BackendName): void {
  if (name !== 'reference' && name !== 'simd') {
    throw new RangeError(`setBackend: 'reference' or 'simd'; got ${String(name)}`);
  }
  if (name === 'simd' && !canRunSimd()) {
    throw new Error(
      'setBackend: no SIMD here: ' +
        (runtime.heap.memory === null
          ? 'the heap has no WebAssembly memory'
          : 'this engine does not validate SIMD instructions'),
    );
  }
  runtime.backend = name;
  restart();
}

/**
 * Threads that share the work, the caller among them; 1 starts no worker. Default: all cores. The reference kernels
 * always use one.
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_WORKERS + 1) {
    throw new RangeError(`setThreads: a whole number from 1 to ${MAX_WORKERS + 1}; got ${threads}`);
  }
  runtime.threads = threads;
  restart();
}

/** Threads the next operation may use. */
export const activeThreads = (): number => (activeBackend() === 'simd' ? plannedThreads() : 1);

/** Waits until all workers have booted: for benchmarks. Resolves at once where there are none. */
export async function threadsReady(): Promise<void> {
  activeKernels();
  await runtime.pool?.whenReady();
}

function restart(): void {
  runtime.pool?.close();
  runtime.pool = null;
  runtime.kernels = null;
}

const canRunSimd = (): boolean => runtime.heap.memory !== null && supportsSimd();

function start(backend: BackendName): Kernels {
  if (backend === 'reference') return reference;
  runtime.module ??= compileKernels(simdFuncs(), runtime.heap);
  return simdKernels(startRunner(runtime.module));
}

function startRunner(kernels: KernelModule): Runner {
  const threads = plannedThreads();
  if (threads === 1) return serialRunner(kernels.kernels, runtime.heap);
  return (runtime.pool = new Pool(threads, kernels, runtime.heap));
}

function plannedThreads(): number {
  if (runtime.heap.kind !== 'shared' || !mayWait()) return 1;
  return runtime.threads ?? Math.min(hardwareThreads(), MAX_WORKERS + 1);
}

/** A page's main thread may not wait: there, Vitrine runs on one thread. In a worker of the page it may. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
