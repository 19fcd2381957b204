/** Pooling: one number a window and channel. */
import { formatShape, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { poolGeometry } from './geometry.js';
import type { WindowOptions } from './geometry.js';
import { mean } from './reduce.js';
import { contiguous } from './views.js';

export interface PoolOptions extends WindowOptions {
  /** Window size in pixels: one number, or [down, across]. The stride, if not given, is the window. */
  readonly kernel: number | readonly [number, number];
}

const window = (options: PoolOptions): WindowOptions => ({ stride: options.stride ?? options.kernel, padding: options.padding });

/** Mean of every window; pixels of the padding do not count. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export function averagePool2d(x: Tensor, options: PoolOptions): Tensor {
  checkTensor('averagePool2d', 'x', x);
  const g = poolGeometry('averagePool2d', x.shape, options.kernel, window(options));
  const out = allocateLike([g.N, g.outH, g.outW, g.C], x);
  if (!out.isMeta && out.size > 0) kernelsFor(x).averagePool(g, elements(contiguous(x)), elements(out));
  return out;
}

/** Gradient of `averagePool2d`: each cotangent spread evenly over its window. */
export function averagePool2dGrad(dout: Tensor, inputShape: Shape, options: PoolOptions): Tensor {
  checkTensor('averagePool2dGrad', 'dout', dout);
  const g = poolGeometry('averagePool2dGrad', inputShape, options.kernel, window(options));
  const expected = [g.N, g.outH, g.outW, g.C];
  if (!sameShape(dout.shape, expected)) {
    throw new RangeError(`averagePool2dGrad: the cotangent has the shape of the output, ${formatShape(expected)}; got ${formatShape(dout.shape)}`);
  }
  const dx = allocateLike(inputShape, dout);
  if (!dx.isMeta && dx.size > 0) kernelsFor(dout).averagePoolGrad(g, elements(contiguous(dout)), elements(dx));
  return dx;
}

/** Mean of every channel over the whole image: `[N,H,W,C]` → `[N,C]`, or `[N,1,1,C]` with `keepDims`. */
export function globalAveragePool(x: Tensor, { keepDims = false } = {}): Tensor {
  checkTensor('globalAveragePool', 'x', x);
  if (x.rank !== 4) throw new RangeError(`globalAveragePool: input is [N,H,W,C]; got ${formatShape(x.shape)}`);
  return mean(x, { axes: [1, 2], keepDims });
}
