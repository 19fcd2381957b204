/** Products, convolutions, pooling. */
import * as t from '@vitrine/tensor';
import type { AveragePoolOptions, Conv2dOptions, ConvTranspose2dOptions, Shape } from '@vitrine/tensor';
import { convTransposeShape, productShape } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { mean } from './reduce.js';
import { reshape } from './views.js';

/**
 * `[…,M,K]` × `[…,K,N]` → `[…,M,N]`, vectors and broadcasting as `matmul` on tensors has them.
 * What is recorded is a product of matrices: of vectors as one row or column, and where one matrix is shared, of all
 * rows of a at once, so that the shared matrix's gradient is one product, too, and not a sum over products.
 */
export function matmul(a: Input, b: Input): Variable {
  const [left, right] = [variable('matmul', a), variable('matmul', b)];
  const { shape } = productShape(left.shape, right.shape);
  const K = left.shape.at(-1)!;
  const columns = right.shape.length === 1 ? reshape(right, [K, 1]) : right;
  const isShared = left.shape.length > 2 && columns.shape.length === 2;
  const rows =
    left.shape.length === 1 ? reshape(left, [1, K])
    : isShared ? reshape(left, [t.sizeOf(left.shape.slice(0, -1)), K])
    : left;
  const out = apply('matmul', rows, columns);
  return t.sameShape(out.shape, shape) ? out : reshape(out, shape);
}

/** x `[N,H,W,C]` with w `[kH,kW,C/groups,O]` → `[N,outH,outW,O]`. */
export const conv2d = (x: Input, w: Input, options: Conv2dOptions = {}): Variable =>
  apply('conv2d', variable('conv2d', x), variable('conv2d', w), options);
export const conv2dInputGrad = (dout: Input, w: Input, inputShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dInputGrad', variable('conv2dInputGrad', dout), variable('conv2dInputGrad', w), inputShape, options);
export const conv2dWeightGrad = (x: Input, dout: Input, weightShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dWeightGrad', variable('conv2dWeightGrad', x), variable('conv2dWeightGrad', dout), weightShape, options);

/** x `[N,H,W,C]` with w `[kH,kW,O/groups,C]` → `[N,outH,outW,O]`: the input gradient of a convolution. */
export function convTranspose2d(x: Input, w: Input, options: ConvTranspose2dOptions = {}): Variable {
  const [input, weight] = [variable('convTranspose2d', x), variable('convTranspose2d', w)];
  return conv2dInputGrad(input, weight, convTransposeShape(input.shape, weight.shape, options), options);
}

export const averagePool2d = (x: Input, options: AveragePoolOptions): Variable =>
  apply('averagePool2d', variable('averagePool2d', x), options);
export const averagePool2dGrad = (dout: Input, inputShape: Shape, options: AveragePoolOptions): Variable =>
  apply('averagePool2dGrad', variable('averagePool2dGrad', dout), inputShape, options);

/** Mean of every channel over the image: `[N,H,W,C]` → `[N,C]`, or `[N,1,1,C]` with `keepDims`. */
export function globalAveragePool(x: Input, { keepDims = false } = {}): Variable {
  const v = variable('globalAveragePool', x);
  if (v.shape.length !== 4) {
    throw new RangeError(`globalAveragePool: input is [N,H,W,C]; got ${t.formatShape(v.shape)}`);
  }
  return mean(v, { axes: [1, 2], keepDims });
}
