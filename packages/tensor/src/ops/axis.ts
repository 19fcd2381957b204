/** One axis: told by index, and moved to the end and back for kernels that work on rows. */
import { formatShape, normalizeAxis } from '../shape.js';
import { LARGEST_INTEGER } from '../storage.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { contiguous, permute } from './views.js';

/** x with `axis` (normalised) last and the others in their order. A view. */
export const axisLast = (x: Tensor, axis: number): Tensor =>
  permute(x, [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis]);

/** Undoes `axisLast`: the last axis stands at `axis` again. Contiguous. */
export const axisBack = (x: Tensor, axis: number): Tensor =>
  contiguous(permute(x, x.shape.map((_, i) => i).slice(0, -1).toSpliced(axis, 0, x.rank - 1)));

/** The axis, normalised. Throws where it is longer than x's element type can count, for indices have that type. */
export function indexedAxis(op: string, x: Tensor, axis: number): number {
  checkTensor(op, 'x', x);
  const along = normalizeAxis(op, axis, x.shape);
  if (x.shape[along] > LARGEST_INTEGER[x.dtype]) {
    throw new RangeError(
      `${op}: float32 indices are exact up to 2^24; ${formatShape(x.shape)} is longer along axis ${axis}; ` +
        "use toDType(x, 'float64')",
    );
  }
  return along;
}
