/** Products, convolutions, pooling. */
import * as t from '@vitrine/tensor';
import type { Conv2dOptions, PoolOptions, Shape } from '@vitrine/tensor';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { mean } from './reduce.js';

export const matmul = (a: Input, b: Input): Variable => apply('matmul', variable('matmul', a), variable('matmul', b));

/** x `[N,H,W,C]` with w `[kH,kW,C/groups,O]` → `[N,outH,outW,O]`. */
export const conv2d = (x: Input, w: Input, options: Conv2dOptions = {}): Variable =>
  apply('conv2d', variable('conv2d', x), variable('conv2d', w), options);
export const conv2dInputGrad = (dout: Input, w: Input, inputShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dInputGrad', variable('conv2dInputGrad', dout), variable('conv2dInputGrad', w), inputShape, options);
export const conv2dWeightGrad = (x: Input, dout: Input, weightShape: Shape, options: Conv2dOptions = {}): Variable =>
  apply('conv2dWeightGrad', variable('conv2dWeightGrad', x), variable('conv2dWeightGrad', dout), weightShape, options);

export const averagePool2d = (x: Input, options: PoolOptions): Variable => apply('averagePool2d', variable('averagePool2d', x), options);
export const averagePool2dGrad = (dout: Input, inputShape: Shape, options: PoolOptions): Variable =>
  apply('averagePool2dGrad', variable('averagePool2dGrad', dout), inputShape, options);

/** Mean of every channel over the image: `[N,H,W,C]` → `[N,C]`, or `[N,1,1,C]` with `keepDims`. */
export function globalAveragePool(x: Input, { keepDims = false } = {}): Variable {
  const v = variable('globalAveragePool', x);
  if (v.shape.length !== 4) throw new RangeError(`globalAveragePool: input is [N,H,W,C]; got ${t.formatShape(v.shape)}`);
  return mean(v, { axes: [1, 2], keepDims });
}
