/** What every row of the samples is run on. */
import { runtime } from '@vitrine/tensor/internal';
import type { Kernels } from '@vitrine/tensor/internal';
import { Heap } from '../../../packages/tensor/dist/heap/heap.js';
import * as reference from '../../../packages/tensor/dist/kernels/index.js';
import { Pool } from '../../../packages/tensor/dist/threads/pool.js';
import { compileKernels } from '../../../packages/tensor/dist/wasm/module.js';
import { supportsSimd } from '../../../packages/tensor/dist/wasm/probe.js';
import type { Runner } from '../../../packages/tensor/dist/wasm/runner.js';
import { serialRunner } from '../../../packages/tensor/dist/wasm/serial.js';
import { simdFuncs, simdKernels } from '../../../packages/tensor/dist/wasm/simd/index.js';
import { RestlessHeap, withHeap, withKernels } from './heaps.js';

export interface Backend {
  readonly name: string;
  /** Its kernels, over the process's own heap; null where the heap is another. */
  readonly kernels: Kernels | null;
  /** max|got − want| / max|want| allowed in float32. */
  readonly tolerance: number;
  readonly run: <T>(body: () => T) => T;
}

const restless = new RestlessHeap();
const arrays = new Heap(['array']);

/** Sums are made in float64 and rounded once, except where a gradient is scattered: there once an addition. */
const REFERENCE_TOLERANCE = 1e-6;
/** Sums are made in float32. */
const SIMD_TOLERANCE = 1e-5;

/** SIMD on one thread, on three that share out even the smallest work, and on the worst of private memories. */
function simdBackends(): Backend[] {
  const { heap } = runtime;
  const module = compileKernels(simdFuncs(), heap);
  const serial = simdKernels(serialRunner(module.kernels, heap));
  const pool = new Pool(3, module, heap);
  const eager: Runner = {
    ranges: (name, total, _chunk, args) => pool.ranges(name, total, Math.max(1, Math.ceil(total / 3)), args),
    scratch: (length, body) => pool.scratch(length, body),
  };
  const threaded = simdKernels(eager);
  const own = simdKernels(serialRunner(compileKernels(simdFuncs(), restless).kernels, restless));
  return [
    { name: 'simd', kernels: serial, tolerance: SIMD_TOLERANCE, run: (body) => withKernels(serial, body) },
    { name: 'simd, 3 threads', kernels: threaded, tolerance: SIMD_TOLERANCE,
      run: (body) => withKernels(threaded, body) },
    { name: 'simd, private memory', kernels: null, tolerance: SIMD_TOLERANCE,
      run: (body) => withHeap(restless, body, own) },
  ];
}

export const backends: readonly Backend[] = [
  { name: 'reference', kernels: reference, tolerance: REFERENCE_TOLERANCE,
    run: (body) => withKernels(reference, body) },
  { name: 'reference, private memory', kernels: null, tolerance: REFERENCE_TOLERANCE,
    run: (body) => withHeap(restless, body) },
  { name: 'reference, arrays', kernels: null, tolerance: REFERENCE_TOLERANCE, run: (body) => withHeap(arrays, body) },
  ...(supportsSimd() ? simdBackends() : []),
];

/** A suite that runs once on each face of the kernels, and is told which. */
export function describeOnBackends(title: string, body: (face: string) => void): void {
  for (const { name, kernels } of backends) {
    if (kernels === null) continue;
    describe(`${title}, on ${name}`, () => {
      let before: Kernels | null = null;
      beforeEach(() => {
        before = runtime.kernels;
        runtime.kernels = kernels;
      });
      afterEach(() => (runtime.kernels = before));
      body(name);
    });
  }
}
