/** Convolution over images, and its two gradients, which are operations of their own. */
import type { Geometry } from '../kernels/geometry.js';
import { formatShape, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor, withScratch } from './dispatch.js';
import { convGeometry } from './geometry.js';
import type { Conv2dOptions } from './geometry.js';
import { contiguous } from './views.js';

/** One filter a channel and no mixing between channels: worth kernels of its own. */
const isDepthwise = (g: Geometry): boolean => g.groups === g.C && g.O === g.C && g.groups > 1;

const outShape = (g: Geometry): number[] => [g.N, g.outH, g.outW, g.O];

/**
 * out[n,i,j,o] = Σ_{r,s,c} x[n, i·stride − top + r·dilation, j·stride − left + s·dilation, c] · w[r,s,c,o], pixels
 * outside x being zero. outH = ⌊(H + top + bottom − (kH − 1)·dilation − 1)/stride⌋ + 1.
 * x `[N,H,W,C]`, w `[kH,kW,C/groups,O]` → `[N,outH,outW,O]`. No bias: add it.
 * Throws a RangeError if channels, groups or window do not fit.
 */
export function conv2d(x: Tensor, w: Tensor, options: Conv2dOptions = {}): Tensor {
  checkTensor('conv2d', 'x', x);
  checkTensor('conv2d', 'w', w);
  checkSameDType('conv2d', x, w);
  const g = convGeometry('conv2d', x.shape, w.shape, options);
  const out = allocateLike(outShape(g), x, w);
  if (out.isMeta || out.size === 0) return out;
  const [input, weight] = [contiguous(x), contiguous(w)];
  const kernels = kernelsFor(x);
  if (isDepthwise(g)) {
    kernels.depthwise(g, elements(input), elements(weight), elements(out));
  } else {
    withScratch(kernels.columnsSize(g), x, (columns) =>
      kernels.conv2d(g, elements(input), elements(weight), elements(out), columns.data));
  }
  return out;
}

/** Gradient of `conv2d` for its input: the cotangent `[N,outH,outW,O]` pulled back to `inputShape`. */
export function conv2dInputGrad(dout: Tensor, w: Tensor, inputShape: Shape, options: Conv2dOptions = {}): Tensor {
  const g = gradGeometry('conv2dInputGrad', dout, 'w', w, inputShape, w.shape, options);
  const dx = allocateLike(inputShape, dout, w);
  if (dx.isMeta || dx.size === 0) return dx;
  const [cotangent, weight] = [contiguous(dout), contiguous(w)];
  const kernels = kernelsFor(dout);
  if (isDepthwise(g)) {
    kernels.depthwiseInputGrad(g, elements(cotangent), elements(weight), elements(dx));
  } else {
    withScratch(kernels.columnsSize(g), dout, (columns) =>
      kernels.conv2dInputGrad(g, elements(cotangent), elements(weight), elements(dx), columns.data));
  }
  return dx;
}

/** Gradient of `conv2d` for its weight: the cotangent `[N,outH,outW,O]` pulled back to `weightShape`. */
export function conv2dWeightGrad(x: Tensor, dout: Tensor, weightShape: Shape, options: Conv2dOptions = {}): Tensor {
  const g = gradGeometry('conv2dWeightGrad', dout, 'x', x, x.shape, weightShape, options);
  const dw = allocateLike(weightShape, x, dout);
  if (dw.isMeta || dw.size === 0) return dw;
  const [input, cotangent] = [contiguous(x), contiguous(dout)];
  const kernels = kernelsFor(x);
  if (isDepthwise(g)) {
    kernels.depthwiseWeightGrad(g, elements(input), elements(cotangent), elements(dw));
  } else {
    withScratch(kernels.columnsSize(g), x, (columns) =>
      kernels.conv2dWeightGrad(g, elements(input), elements(cotangent), elements(dw), columns.data));
  }
  return dw;
}

function gradGeometry(
  op: string, dout: Tensor, name: string, other: Tensor, input: Shape, weight: Shape, options: Conv2dOptions,
): Geometry {
  checkTensor(op, 'dout', dout);
  checkTensor(op, name, other);
  checkSameDType(op, dout, other);
  const g = convGeometry(op, input, weight, options);
  if (!sameShape(dout.shape, outShape(g))) {
    throw new RangeError(
      `${op}: the cotangent has the shape of the output, ${formatShape(outShape(g))}; got ${formatShape(dout.shape)}`,
    );
  }
  return g;
}
