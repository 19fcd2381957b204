/** Matrix products. */
import { broadcastShapes, broadcastStrides, formatShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, elementsFrom, kernelsFor } from './dispatch.js';
import { contiguous, reshape, unsqueeze } from './views.js';

/**
 * out[…,m,n] = Σₖ a[…,m,k]·b[…,k,n];  a `[…,M,K]`, b `[…,K,N]` → `[…,M,N]`.
 *
 * The axes before the last two count matrices and are broadcast: `[8,1,M,K]` × `[5,K,N]` → `[8,5,M,N]`. A vector on the
 * left is a row, on the right a column, and its axis is not in the result: `[K]` × `[K]` → `[]`,
 * `[…,M,K]` × `[K]` → `[…,M]`. K = 0 gives zeros. Transposed views of either operand (`mT`) are read in place.
 * Throws a RangeError for scalars, different K, and axes that do not broadcast. Source: PyTorch's matmul.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul', 'a', a);
  checkTensor('matmul', 'b', b);
  checkSameDType('matmul', a, b);
  const { batch, M, N, shape } = productShape(a.shape, b.shape);
  const out = allocateLike(shape, a, b);
  if (out.isMeta || out.size === 0) return out;
  const left = a.rank === 1 ? unsqueeze(a, 0) : a;
  const right = b.rank === 1 ? unsqueeze(b, 1) : b;
  if (left.rank > 2 && right.rank === 2) {
    // One matrix for all: a single product with the rows of all of a, which packs b once.
    const K = right.shape[0];
    products([], sizeOf(batch) * M, N, reshape(left, [sizeOf(batch) * M, K]), right, out);
  } else {
    products(batch, M, N, left, right, out);
  }
  return out;
}

interface ProductShape {
  readonly batch: readonly number[];
  readonly M: number;
  readonly N: number;
  readonly shape: readonly number[];
}

/** Shape rule of `matmul`: the broadcast axes before the matrices, their sizes, and the shape of the result. */
export function productShape(a: Shape, b: Shape): ProductShape {
  const given = `${formatShape(a)} and ${formatShape(b)}`;
  if (a.length === 0 || b.length === 0) {
    throw new RangeError(`matmul: takes vectors and matrices, not scalars (mul does); got ${given}`);
  }
  if (a.at(-1) !== b.at(b.length === 1 ? -1 : -2)) {
    const operand = (rank: number, matrix: string): string =>
      (rank === 1 ? '[K]' : rank === 2 ? `[${matrix}]` : `[…,${matrix}]`);
    throw new RangeError(
      `matmul: takes ${operand(a.length, 'M,K')} and ${operand(b.length, 'K,N')} with the same K; got ${given}`,
    );
  }
  const batch = broadcastShapes(`matmul: ${given}: axes before the matrices`, a.slice(0, -2), b.slice(0, -2));
  const [rows, columns] = [a.slice(-2, -1), b.slice(-1)];
  const isVector = b.length === 1;
  return {
    batch,
    M: rows[0] ?? 1,
    N: isVector ? 1 : columns[0],
    shape: [...batch, ...rows, ...(isVector ? [] : columns)],
  };
}

/** Writes the products of all matrices of a and b, broadcast to `batch`, into out, one after the other. */
function products(batch: Shape, M: number, N: number, a: Tensor, b: Tensor, out: Tensor): void {
  const right = rowsStandFirst(b) || columnsStandFirst(b) ? b : contiguous(b);
  const byRows = rowsStandFirst(right);
  // Of two transposed operands only one can be read in place.
  const left = rowsStandFirst(a) || (byRows && columnsStandFirst(a)) ? a : contiguous(a);
  const kernels = kernelsFor(a);
  const [K, lda, ldb] = [left.shape.at(-1)!, ...[left, right].map(leadingDimension)];
  const product = !byRows ? kernels.gemmNT : rowsStandFirst(left) ? kernels.gemm : kernels.gemmTN;
  const [leftSteps, rightSteps] = [left, right].map(({ shape, strides }) =>
    broadcastStrides(shape.slice(0, -2), strides.slice(0, -2), batch));
  const index = batch.map(() => 0);
  for (let i = 0, at = 0, bt = 0; i < sizeOf(batch); i++) {
    // The arrays are asked for anew each time: a private heap that grows in a product makes old ones stale.
    const [x, y] = [elementsFrom(left).subarray(at), elementsFrom(right).subarray(bt)];
    product(M, N, K, x, lda, y, ldb, elements(out).subarray(i * M * N), N, false);
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      at += leftSteps[axis];
      bt += rightSteps[axis];
      if (++index[axis] < batch[axis]) break;
      at -= batch[axis] * leftSteps[axis];
      bt -= batch[axis] * rightSteps[axis];
      index[axis] = 0;
    }
  }
}

type Strided = Pick<Tensor, 'shape' | 'strides'>;

/** Each row is one run of memory, rows do not overlap: row-major matrices with this stride as leading dimension. */
const rowsStandFirst = ({ shape, strides }: Strided): boolean =>
  (strides.at(-1) === 1 || shape.at(-1)! <= 1) && (strides.at(-2)! >= shape.at(-1)! || shape.at(-2)! <= 1);

/** Their transposes have that property. */
const columnsStandFirst = ({ shape, strides }: Strided): boolean =>
  (strides.at(-2) === 1 || shape.at(-2)! <= 1) && (strides.at(-1)! >= shape.at(-2)! || shape.at(-1)! <= 1);

const leadingDimension = (x: Tensor): number => x.strides.at(rowsStandFirst(x) ? -2 : -1)!;
