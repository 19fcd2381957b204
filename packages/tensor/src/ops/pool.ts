/** Pooling: one number a window and channel. */
import { formatShape, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { mul } from './elementwise.js';
import { poolGeometry } from './geometry.js';
import type { PoolGeometry, WindowOptions } from './geometry.js';
import { mean } from './reduce.js';
import { contiguous } from './views.js';

export interface PoolOptions extends WindowOptions {
  /** Window size in pixels: one number, or [down, across]. The stride, if not given, is the window. */
  readonly kernel: number | readonly [number, number];
  /**
   * Whether a last window that begins in the image but ends beyond the padding is kept, instead of left out: the
   * number of windows is rounded up. Default false.
   */
  readonly ceilMode?: boolean | undefined;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether pixels of the padding count, as zeros. Default false; PyTorch's count_include_pad is true by default. */
  readonly countIncludePad?: boolean | undefined;
}

/** Stride and padding of a pooling, whose windows stand side by side unless it says otherwise. */
export const windowOptions = ({ kernel, stride = kernel, padding }: PoolOptions): WindowOptions =>
  ({ stride, padding });

const averageGeometry = (op: string, input: Shape, options: AveragePoolOptions): PoolGeometry =>
  poolGeometry(op, input, options.kernel, windowOptions(options), options.ceilMode);

/**
 * Mean of every window; pixels of the padding do not count, unless `countIncludePad`. `[N,H,W,C]` → `[N,outH,outW,C]`,
 * outH = ⌊(H + top + bottom − kH)/stride⌋ + 1 (⌈…⌉ with `ceilMode`). Source: PyTorch's avg_pool2d.
 */
export function averagePool2d(x: Tensor, options: AveragePoolOptions): Tensor {
  checkTensor('averagePool2d', 'x', x);
  const g = averageGeometry('averagePool2d', x.shape, options);
  const out = allocateLike([g.N, g.outH, g.outW, g.C], x);
  if (!out.isMeta && out.size > 0) kernelsFor(x).averagePool(g, elements(contiguous(x)), elements(out));
  return options.countIncludePad === true ? mul(out, imageShare(g, out)) : out;
}

/** Gradient of `averagePool2d`: each cotangent spread evenly over its window. */
export function averagePool2dGrad(dout: Tensor, inputShape: Shape, options: AveragePoolOptions): Tensor {
  checkTensor('averagePool2dGrad', 'dout', dout);
  const g = averageGeometry('averagePool2dGrad', inputShape, options);
  const expected = [g.N, g.outH, g.outW, g.C];
  if (!sameShape(dout.shape, expected)) {
    throw new RangeError(
      `averagePool2dGrad: the cotangent has the shape of the output, ${formatShape(expected)}; ` +
        `got ${formatShape(dout.shape)}`,
    );
  }
  const spread = contiguous(options.countIncludePad === true ? mul(dout, imageShare(g, dout)) : dout);
  const dx = allocateLike(inputShape, dout);
  if (!dx.isMeta && dx.size > 0) kernelsFor(dout).averagePoolGrad(g, elements(spread), elements(dx));
  return dx;
}

/**
 * `[outH,outW,1]`: of each window the part that is image. Padding adds nothing to a sum and only enlarges what it is
 * divided by, so that the mean with padding is this times the mean without. What a last window has beyond the padding
 * (`ceilMode`) does not count either way, as in PyTorch.
 */
function imageShare(g: PoolGeometry, like: Tensor): Tensor {
  const share = (i: number, stride: number, k: number, before: number, length: number, padded: number): number => {
    const start = i * stride - before;
    const inside = Math.min(start + k, length) - Math.max(start, 0);
    return Math.max(inside, 0) / (Math.min(start + k, padded - before) - start);
  };
  const out = allocateLike([g.outH, g.outW, 1], like);
  if (out.isMeta) return out;
  const shares = elements(out);
  for (let i = 0; i < g.outH; i++) {
    const down = share(i, g.strideH, g.kH, g.padTop, g.H, g.paddedH);
    for (let j = 0; j < g.outW; j++) {
      shares[i * g.outW + j] = down * share(j, g.strideW, g.kW, g.padLeft, g.W, g.paddedW);
    }
  }
  return out;
}

/** Mean of every channel over the whole image: `[N,H,W,C]` → `[N,C]`, or `[N,1,1,C]` with `keepDims`. */
export function globalAveragePool(x: Tensor, { keepDims = false } = {}): Tensor {
  checkTensor('globalAveragePool', 'x', x);
  if (x.rank !== 4) throw new RangeError(`globalAveragePool: input is [N,H,W,C]; got ${formatShape(x.shape)}`);
  return mean(x, { axes: [1, 2], keepDims });
}
