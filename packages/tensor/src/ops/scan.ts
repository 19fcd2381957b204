/** Running totals. */
import { normalizeAxis } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { asOuterInner } from './reduce.js';

export interface CumsumOptions {
  /** Sums from the end instead. Default false. */
  readonly reverse?: boolean | undefined;
}

/** out[…,k,…] = Σ_{j ≤ k} x[…,j,…] along one axis, of the shape of x; with `reverse`, Σ_{j ≥ k}. */
export function cumsum(x: Tensor, axis: number, { reverse = false }: CumsumOptions = {}): Tensor {
  checkTensor('cumsum', 'x', x);
  const along = normalizeAxis('cumsum', axis, x.shape);
  const out = allocateLike(x.shape, x);
  if (out.isMeta || out.size === 0) return out;
  const { source, outer, inner } = asOuterInner(x, [along]);
  kernelsFor(x).cumsum(outer, x.shape[along], inner, reverse, elements(source), elements(out));
  return out;
}
