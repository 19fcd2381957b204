/** Looking elements up by their indices, and adding them up where they came from. */
import { checkShape, formatShape, normalizeAxis, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { add } from './elementwise.js';
import { flatPositions, indexTensor, positionsOf } from './indices.js';
import type { Indices } from './indices.js';
import { contiguous, reshape } from './views.js';

/**
 * The slices of x at the given positions of an axis, in that order, as often as they are named: out[k, …] =
 * x[indices[k], …] for axis 0. `[…,N,…]` → `[…,K,…]`. Throws a RangeError for an index outside 0 … N − 1.
 */
export function indexSelect(x: Tensor, axis: number, indices: Indices): Tensor {
  checkTensor('indexSelect', 'x', x);
  const along = normalizeAxis('indexSelect', axis, x.shape);
  const list = indexTensor('indexSelect', indices);
  const out = allocateLike(x.shape.with(along, list.size), x, list);
  if (list.isMeta) return out;
  const positions = positionsOf('indexSelect', list, along, x.shape);
  if (out.isMeta || out.size === 0) return out;
  const source = contiguous(x);
  const [outer, inner] = [sizeOf(x.shape.slice(0, along)), sizeOf(x.shape.slice(along + 1))];
  kernelsFor(x).indexSelect(outer, x.shape[along], inner, positions, elements(source), elements(out));
  return out;
}

/**
 * Gradient of `indexSelect`: zeros of `inputShape`, to which every slice of dout is added at its index. A position that
 * was read twice gets both. (PyTorch's `index_add` on zeros.)
 */
export function indexSelectGrad(dout: Tensor, inputShape: Shape, axis: number, indices: Indices): Tensor {
  checkTensor('indexSelectGrad', 'dout', dout);
  checkShape('indexSelectGrad', inputShape);
  const along = normalizeAxis('indexSelectGrad', axis, inputShape);
  const list = indexTensor('indexSelectGrad', indices);
  const expected = inputShape.with(along, list.size);
  if (!sameShape(dout.shape, expected)) {
    throw new RangeError(`indexSelectGrad: the cotangent has the shape of the output, ${formatShape(expected)}; ` +
      `got ${formatShape(dout.shape)}`);
  }
  const dx = allocateLike(inputShape, dout, list);
  if (list.isMeta) return dx;
  const positions = positionsOf('indexSelectGrad', list, along, inputShape);
  if (dx.isMeta || dx.size === 0) return dx;
  const source = contiguous(dout);
  const [outer, inner] = [sizeOf(inputShape.slice(0, along)), sizeOf(inputShape.slice(along + 1))];
  kernelsFor(dout).indexSelectGrad(outer, inputShape[along], inner, positions, elements(source), elements(dx));
  return dx;
}

/**
 * One element of x for every element of `index`, which says where along the axis it stands: out[i, j] =
 * x[i, index[i, j]] for axis 1 of a matrix. `index` has as many axes as x, and the result its shape; its other axes may
 * be shorter than x's. Made of `indexSelect` on x as one long row. PyTorch's `gather`.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  checkTensor('gather', 'x', x);
  const positions = flatPositions('gather', index, axis, x.shape);
  return reshape(indexSelect(reshape(x, [x.size]), 0, positions), index.shape);
}

/**
 * x with every element of `source` added where `gather` with this index would read it: for axis 1 of a matrix,
 * out[i, index[i, j]] = x[i, index[i, j]] + Σ source[i, j]. `source` has the shape of `index`. x itself stays as it is.
 * PyTorch's `scatter_add`.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  checkScatter(x, index, source);
  const positions = flatPositions('scatterAdd', index, axis, x.shape);
  const added = indexSelectGrad(reshape(source, [source.size]), [x.size], 0, positions);
  return add(x, reshape(added, x.shape));
}

export function checkScatter(x: Tensor, index: Tensor, source: Tensor): void {
  for (const [name, operand] of Object.entries({ x, index, source })) checkTensor('scatterAdd', name, operand);
  checkSameDType('scatterAdd', x, source);
  if (!sameShape(source.shape, index.shape)) {
    throw new RangeError(`scatterAdd: source has the shape of index, ${formatShape(index.shape)}; ` +
      `got ${formatShape(source.shape)}`);
  }
}
