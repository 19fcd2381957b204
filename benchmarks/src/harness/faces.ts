/** The faces every kernel is measured on. */
import { availableParallelism } from 'node:os';
import { setBackend, setThreads, threadsReady } from '@vitrine/tensor';
import type { BackendName } from '@vitrine/tensor';
import { activeKernels, runtime } from '@vitrine/tensor/internal';
import type { Kernels } from '@vitrine/tensor/internal';
import { supportsSimd } from '../../../packages/tensor/dist/wasm/probe.js';

export interface Face {
  readonly name: string;
  readonly backend: BackendName;
  readonly threads: number;
}

export const REFERENCE: Face = { name: 'reference', backend: 'reference', threads: 1 };

/**
 * The reference kernels, SIMD on one thread, and on `threads` (all cores if not given), as far as the machine has
 * them.
 */
export function facesOf(threads = availableParallelism()): Face[] {
  if (!supportsSimd() || runtime.heap.memory === null) return [REFERENCE];
  const simd = (n: number): Face => ({ name: `SIMD ×${n}`, backend: 'simd', threads: n });
  const several = threads > 1 && runtime.heap.kind === 'shared';
  return [REFERENCE, simd(1), ...(several ? [simd(threads)] : [])];
}

/** Makes a face the active one, workers booted. */
export async function enter({ backend, threads }: Face): Promise<Kernels> {
  setBackend(backend);
  setThreads(threads);
  await threadsReady();
  return activeKernels();
}
