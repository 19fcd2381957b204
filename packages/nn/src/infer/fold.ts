/**
 * Batch normalisation in evaluation is a multiplication and an addition a channel: both fit into the convolution before
 * it.
 */
import { add, broadcastTo, clone, keep, mul, rsqrt, scope, sub, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { BatchNorm2d } from '../batch-norm.js';
import type { Conv2d } from '../conv.js';

export interface FoldedConv {
  /** `[kH,kW,inChannels/groups,outChannels]`. */
  readonly weight: Tensor;
  /** `[outChannels]`. */
  readonly bias: Tensor;
}

/**
 * norm(conv(x)) = conv′(x) with weight′ = weight·s and bias′ = beta + (bias − mean)·s, s = gamma/√(variance + eps), by
 * output channel.
 * Copies: later training of the model does not reach them.
 */
export const foldBatchNorm = (conv: Conv2d, norm: BatchNorm2d): FoldedConv =>
  scope(() => {
    const s = mul(norm.weight.value, rsqrt(add(norm.runningVar.value, norm.eps)));
    const bias = conv.bias?.value ?? zeros([conv.outChannels]);
    return keep({
      weight: mul(conv.weight.value, broadcastTo(s, conv.weight.shape)),
      bias: add(norm.bias.value, mul(sub(bias, norm.runningMean.value), s)),
    });
  }, 'foldBatchNorm');

/** A convolution without normalisation, as it is. Copies. */
export const plainConv = (conv: Conv2d): FoldedConv =>
  scope(() => keep({
    weight: clone(conv.weight.value),
    bias: conv.bias === null ? zeros([conv.outChannels]) : clone(conv.bias.value),
  }), 'plainConv');
