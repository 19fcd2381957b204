/** Other heaps than the one the process has, for the time of a test. */
import { runtime } from '@vitrine/tensor/internal';
import { Heap } from '../../../packages/tensor/dist/heap/heap.js';
import type { Block } from '../../../packages/tensor/dist/heap/heap.js';
import * as reference from '../../../packages/tensor/dist/kernels/index.js';

/**
 * Runs `body` with float32 storage on `heap`, and on `kernels`: emitted ones know the memory they were made for, and no
 * other.
 */
export function withHeap<T>(heap: Heap, body: () => T, kernels: typeof runtime.kernels = reference): T {
  const before = runtime.heap;
  Object.defineProperty(runtime, 'heap', { value: heap, configurable: true, enumerable: true });
  try {
    return withKernels(kernels, body);
  } finally {
    Object.defineProperty(runtime, 'heap', { value: before, configurable: true, enumerable: true });
  }
}

export function withKernels<T>(kernels: typeof runtime.kernels, body: () => T): T {
  const before = runtime.kernels;
  runtime.kernels = kernels;
  try {
    return body();
  } finally {
    runtime.kernels = before;
  }
}

/** A private memory that grows, and so detaches every view there is, at every allocation: the worst that can happen. */
export class RestlessHeap extends Heap {
  constructor() {
    super(['private']);
  }

  override allocate(length: number, shape: string): Block {
    this.memory?.grow(0);
    this.generation++;
    return super.allocate(length, shape);
  }
}
