/** The runner of one thread. */
import type { Heap } from '../heap/heap.js';
import type { KernelFunction } from './module.js';
import type { Runner } from './runner.js';

export function serialRunner(kernels: Readonly<Record<string, KernelFunction>>, heap: Heap): Runner {
  return {
    ranges(name, total, chunk, args) {
      const run = kernels[name];
      for (let begin = 0; begin < total; begin += chunk) run(...args, begin, Math.min(total, begin + chunk));
    },
    scratch: (length, body) => withScratch(heap, length, body),
  };
}

/** Borrows a block of the heap. */
export function withScratch(heap: Heap, length: number, body: (array: Float32Array) => void): void {
  const block = heap.allocate(length, '[scratch]');
  try {
    body(heap.view(block, length));
  } finally {
    heap.free(block);
  }
}
