/** What Vitrine runs on, and what it holds: for programs that want to print it. */
import { activeBackend, activeThreads } from './backend.js';
import type { BackendName } from './backend.js';
import { runtime } from './runtime.js';

export interface Info {
  /** Which face of the kernels float32 operations run on. */
  readonly backend: BackendName;
  /** 'simd128', or 'none' on the reference kernels. */
  readonly simd: 'simd128' | 'none';
  readonly threads: number;
  readonly heap: {
    /** 'shared' or 'private' WebAssembly memory, or 'array' where none could be had. */
    readonly kind: 'shared' | 'private' | 'array';
    /** Bytes in use now, at most so far, and existing in the memory. */
    readonly liveBytes: number;
    readonly peakBytes: number;
    readonly capacityBytes: number;
    readonly liveTensors: number;
  };
}

export function info(): Info {
  const { kind, liveBytes, peakBytes, capacityBytes, liveBlocks } = runtime.heap;
  const backend = activeBackend();
  return {
    backend,
    simd: backend === 'simd' ? 'simd128' : 'none',
    threads: activeThreads(),
    heap: { kind, liveBytes, peakBytes, capacityBytes, liveTensors: liveBlocks },
  };
}
