/** One axis moved to the end and back, for kernels that work on rows. */
import type { Tensor } from '../tensor.js';
import { contiguous, permute } from './views.js';

/** x with `axis` (normalised) last and the others in their order. A view. */
export const axisLast = (x: Tensor, axis: number): Tensor =>
  permute(x, [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis]);

/** Undoes `axisLast`: the last axis stands at `axis` again. Contiguous. */
export const axisBack = (x: Tensor, axis: number): Tensor =>
  contiguous(permute(x, x.shape.map((_, i) => i).slice(0, -1).toSpliced(axis, 0, x.rank - 1)));
