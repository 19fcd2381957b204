/** The last step of every operation: from checked tensors to a kernel and its arrays. */
import { activeKernels } from '../backend.js';
import type { Floats } from '../kernels/geometry.js';
import * as reference from '../kernels/index.js';
import type { Kernels } from '../runtime.js';
import { Storage } from '../storage.js';
import { allocate } from '../tensor.js';
import type { Tensor } from '../tensor.js';

/** float64 exists to check gradients and always runs on the reference kernels. */
export const kernelsFor = (tensor: Tensor): Kernels => (tensor.dtype === 'float64' ? reference : activeKernels());

/** The elements of a contiguous tensor, from index 0. Valid until the next allocation. */
export const elements = (tensor: Tensor): Floats =>
  tensor.storage.data.subarray(tensor.offset, tensor.offset + tensor.size);

/** The elements of a strided tensor: index 0 is its first element, strides reach the others. */
export const elementsFrom = (tensor: Tensor): Floats => tensor.storage.data.subarray(tensor.offset);

/** An uninitialised result like its operands: same element type, meta if any of them is. */
export const allocateLike = (shape: readonly number[], ...operands: readonly Tensor[]): Tensor =>
  allocate(shape, operands[0].dtype, operands.some((operand) => operand.isMeta));

/** Runs `body` with `length` elements of scratch space, given back at once. */
export function withScratch(length: number, like: Tensor, body: (scratch: Storage) => void): void {
  const scratch = new Storage(like.dtype, [length], false);
  try {
    body(scratch);
  } finally {
    scratch.release('the operation that borrowed it');
  }
}
