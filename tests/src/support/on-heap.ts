/** Kernels by themselves on arrays of a heap, whose views may go stale, with guards around each. */
import { expect } from 'chai';
import type { Heap } from '../../../packages/tensor/dist/heap/heap.js';

/** No multiple of four: arrays begin where no vector does. */
const GUARD = 19;
const POISON = 12345;

/**
 * Copies `arrays` onto the heap, calls `body` with views of the copies, and returns what they hold afterwards. Throws
 * if anything beside them was written.
 */
export function onHeap(
  heap: Heap, arrays: readonly Float32Array[], body: (...views: Float32Array[]) => void,
): Float32Array[] {
  const blocks = arrays.map(({ length }) => ({ length, block: heap.allocate(length + 2 * GUARD, '[test]') }));
  // Views are made anew at each look: every allocation, of scratch too, may have made older ones stale.
  const whole = (): Float32Array[] => blocks.map(({ block, length }) => heap.view(block, length + 2 * GUARD));
  const inner = (): Float32Array[] => whole().map((view) => view.subarray(GUARD, view.length - GUARD));
  for (const view of whole()) view.fill(POISON);
  inner().forEach((view, i) => view.set(arrays[i]));
  body(...inner());
  for (const view of whole()) {
    for (const guard of [view.subarray(0, GUARD), view.subarray(view.length - GUARD)]) {
      expect([...guard], 'beside an array').to.deep.equal(Array(GUARD).fill(POISON));
    }
  }
  const results = inner().map((view) => view.slice());
  for (const { block } of blocks) heap.free(block);
  return results;
}
