/** Runners for kernels by themselves: what threads may do to ranges, without threads. */
import { Random } from '@vitrine/tensor';
import { Heap } from '../../../packages/tensor/dist/heap/heap.js';
import type { KernelSource } from '../../../packages/tensor/dist/wasm/asm.js';
import { compileKernels } from '../../../packages/tensor/dist/wasm/module.js';
import type { Runner } from '../../../packages/tensor/dist/wasm/runner.js';
import { serialRunner, withScratch } from '../../../packages/tensor/dist/wasm/serial.js';

/** Cuts every range into chunks of `chunk` and runs them in a random order. */
function shuffledRunner(funcs: readonly KernelSource[], heap: Heap, chunk: number): Runner {
  const { kernels } = compileKernels(funcs, heap);
  const random = new Random(99);
  return {
    ranges(name, total, _chunk, args) {
      const count = Math.ceil(total / chunk);
      for (const i of random.permutation(count)) kernels[name](...args, chunk * i, Math.min(total, chunk * (i + 1)));
    },
    scratch: (length, body) => withScratch(heap, length, body),
  };
}

export interface Ground {
  readonly name: string;
  readonly runner: Runner;
  /** A copy of the values on the heap. */
  readonly place: (values: ArrayLike<number>) => Float32Array;
}

/** A shared heap with ranges in order, and a private one with ranges of `chunk` elements in any order. */
export function grounds(funcs: readonly KernelSource[], chunk: number): Ground[] {
  const make = (name: string, heap: Heap, runner: Runner): Ground => {
    heap.free(heap.allocate(2 ** 22, '[room]')); // grows now, so that views of a private heap stay valid
    const place = (values: ArrayLike<number>): Float32Array => {
      const view = heap.view(heap.allocate(values.length, '[test]'), values.length);
      view.set(values);
      return view;
    };
    return { name, runner, place };
  };
  const [shared, own] = [new Heap(['shared']), new Heap(['private'])];
  return [
    make('in order', shared, serialRunner(compileKernels(funcs, shared).kernels, shared)),
    make(`chunks of ${chunk} in any order`, own, shuffledRunner(funcs, own, chunk)),
  ];
}
