/** Transposed convolution: a convolution's input gradient, used as a layer that makes images larger. */
import { formatShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { conv2dInputGrad } from './conv.js';
import { dilationOf, pairOf, resolvePadding, spanOf } from './geometry.js';
import type { Conv2dOptions } from './geometry.js';

/** Stride, padding, dilation and groups are those of the convolution that is transposed. */
export interface ConvTranspose2dOptions extends Conv2dOptions {
  /**
   * Rows and columns more at the bottom and right, from 0 to stride − 1: one number, or [down, across]. Default 0.
   * A convolution of stride 2 makes 4 pixels of 7 and of 8; this says which of them to go back to. (PyTorch also takes
   * numbers up to dilation − 1; such an image no convolution would lead back from.)
   */
  readonly outputPadding?: number | readonly [number, number] | undefined;
}

/**
 * out[n,h,v,o] = Σ x[n,i,j,c] · w[r,s,o,c] over all (i, r) with i·stride − top + r·dilation = h and all (j, s) with
 * j·stride − left + s·dilation = v: every input pixel stamps the kernel, times its value, onto the output.
 *
 * x `[N,H,W,C]`, w `[kH,kW,O/groups,C]` → `[N,outH,outW,O]`,
 * outH = (H − 1)·stride − top − bottom + (kH − 1)·dilation + 1 + outputPadding; with padding 'same', H·stride.
 *
 * It is, to the letter, `conv2dInputGrad(x, w, [N,outH,outW,O])`, the input gradient of a convolution from O to C
 * channels, and w has the layout of that convolution's weight. PyTorch's ConvTranspose2d has `[C,O/groups,kH,kW]`:
 * `permute(weight, [2, 3, 1, 0])`. No bias: add it.
 * Throws a RangeError if channels, groups or options do not fit.
 * Source: Zeiler et al. 2010, as deconvolution; PyTorch's conv_transpose2d.
 */
export function convTranspose2d(x: Tensor, w: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  checkTensor('convTranspose2d', 'x', x);
  checkTensor('convTranspose2d', 'w', w);
  checkSameDType('convTranspose2d', x, w);
  return conv2dInputGrad(x, w, convTransposeShape(x.shape, w.shape, options), options);
}

/** The shape rule: `[N,outH,outW,O]`. */
export function convTransposeShape(input: Shape, weight: Shape, options: ConvTranspose2dOptions): number[] {
  const op = 'convTranspose2d';
  const image = `input ${formatShape(input)} NHWC`;
  if (input.length !== 4) throw new RangeError(`${op}: input is [N,H,W,C]; got ${formatShape(input)}`);
  if (weight.length !== 4) throw new RangeError(`${op}: weight is [kH,kW,O/groups,C]; got ${formatShape(weight)}`);
  const [N, H, W, C] = input;
  const [kH, kW, perGroup] = weight;
  if (H === 0 || W === 0) {
    throw new RangeError(`${op}: an image has at least one pixel; got ${formatShape(input)} NHWC`);
  }
  if (kH < 1 || kW < 1) {
    throw new RangeError(`${op}: the kernel has no pixels; weight ${formatShape(weight)} kH,kW,O,C`);
  }
  const { groups = 1, padding = 0, outputPadding = 0 } = options;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(`${op}: groups is a whole number >= 1; got ${String(groups)}`);
  }
  if (weight[3] !== C) {
    throw new RangeError(
      `${op}: input has ${C} channels, weight wants ${weight[3]}; ${image}, ` +
        `weight ${formatShape(weight)} kH,kW,O/groups,C`,
    );
  }
  if (C % groups !== 0) {
    throw new RangeError(`${op}: ${C} input channels do not divide into ${groups} groups; ${image}`);
  }
  const [strideH, strideW] = pairOf(op, 'stride', options.stride);
  const [dilationH, dilationW] = dilationOf(op, kH, kW, options);
  const [moreH, moreW] = typeof outputPadding === 'number' ? [outputPadding, outputPadding] : outputPadding;
  for (const [more, stride] of [[moreH, strideH], [moreW, strideW]]) {
    if (!Number.isInteger(more) || more < 0 || more >= stride) {
      const range = `a whole number from 0 to stride - 1 = ${stride - 1}, or two of them`;
      throw new RangeError(`${op}: outputPadding is ${range}; got ${JSON.stringify(outputPadding)}`);
    }
  }
  const [spanH, spanW] = [spanOf(kH, dilationH), spanOf(kW, dilationW)];
  if (padding === 'same') {
    if (moreH > 0 || moreW > 0) {
      throw new RangeError(
        `${op}: with padding 'same' the output is the input times the stride; leave outputPadding out`,
      );
    }
    return [N, H * strideH, W * strideW, perGroup * groups];
  }
  const { top, bottom, left, right } = resolvePadding(op, padding, H, W, spanH, spanW, strideH, strideW);
  const outH = (H - 1) * strideH - top - bottom + spanH + moreH;
  const outW = (W - 1) * strideW - left - right + spanW + moreW;
  if (outH < 1 || outW < 1) {
    const pixels = `${outH}x${outW} pixels`;
    throw new RangeError(`${op}: padding ${JSON.stringify(padding)} leaves nothing of the output, ${pixels}; ${image}`);
  }
  return [N, outH, outW, perGroup * groups];
}
