/** Matrix products. */
import { formatShape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, elementsFrom, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

/**
 * out[m,n] = Σₖ a[m,k]·b[k,n];  a `[M,K]`, b `[K,N]` → `[M,N]`.
 * A transposed view of either operand (`mT`) is read in place; K = 0 gives zeros.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul', 'a', a);
  checkTensor('matmul', 'b', b);
  checkSameDType('matmul', a, b);
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0]) {
    throw new RangeError(`matmul: takes [M,K] and [K,N] with the same K; got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const [M, K] = a.shape;
  const N = b.shape[1];
  const out = allocateLike([M, N], a, b);
  if (out.isMeta || out.size === 0) return out;
  const kernels = kernelsFor(a);
  if (rowsStandFirst(b)) {
    if (!rowsStandFirst(a) && columnsStandFirst(a)) {
      kernels.gemmTN(M, N, K, elementsFrom(a), a.strides[1], elementsFrom(b), b.strides[0], elements(out), N, false);
    } else {
      const rows = rowsStandFirst(a) ? a : contiguous(a);
      kernels.gemm(M, N, K, elementsFrom(rows), rows.strides[0], elementsFrom(b), b.strides[0], elements(out), N, false);
    }
    return out;
  }
  if (!columnsStandFirst(b)) return matmul(a, contiguous(b));
  const rows = rowsStandFirst(a) ? a : contiguous(a);
  kernels.gemmNT(M, N, K, elementsFrom(rows), rows.strides[0], elementsFrom(b), b.strides[1], elements(out), N, false);
  return out;
}

/** Each row is one run of memory, rows do not overlap: a row-major matrix with leading dimension strides[0]. */
const rowsStandFirst = ({ shape, strides }: Tensor): boolean =>
  (strides[1] === 1 || shape[1] <= 1) && (strides[0] >= shape[1] || shape[0] <= 1);

/** Its transpose has that property. */
const columnsStandFirst = ({ shape, strides }: Tensor): boolean =>
  (strides[0] === 1 || shape[0] <= 1) && (strides[1] >= shape[0] || shape[1] <= 1);
