/** MBConv: the mobile inverted bottleneck, the one block the first EfficientNets are built of. */
import { add } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Conv2d, Module, StochasticDepth } from '@vitrine/nn';
import type { BatchNorm2d } from '@vitrine/nn';
import { normOf, paddingOf } from './layers.js';
import type { LayerSettings } from './layers.js';
import { SqueezeExcitation } from './squeeze-excitation.js';

export interface MBConvOptions extends LayerSettings {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  /** The block works on inChannels · expandRatio channels; 1 leaves the expansion out. */
  readonly expandRatio: number;
  /** Probability of dropping the block's branch, for a sample, in training. */
  readonly dropPath: number;
  /** Squeezed channels as a share of inChannels; 0: no squeeze-excitation. */
  readonly squeezeRatio: number;
}

/**
 * Widen (1×1), look around each channel by itself (k×k depthwise), weigh the channels, narrow (1×1); add the input
 * where the shape has not changed. Each convolution is followed by batch norm, the first two also by the activation,
 * the last by nothing.
 * `[N,H,W,inChannels]` → `[N,⌈H/stride⌉,⌈W/stride⌉,outChannels]`.
 * Source: Sandler et al. 2018 (MobileNetV2); Tan & Le 2019.
 */
export class MBConv extends Module {
  readonly expand: Conv2d | null;
  readonly expandNorm: BatchNorm2d | null;
  readonly depthwise: Conv2d;
  readonly depthwiseNorm: BatchNorm2d;
  readonly squeezeExcitation: SqueezeExcitation | null;
  readonly project: Conv2d;
  readonly projectNorm: BatchNorm2d;
  readonly stochasticDepth: StochasticDepth | null;

  constructor(options: MBConvOptions) {
    super();
    const { inChannels, outChannels, kernel, stride, expandRatio, dropPath, squeezeRatio } = options;
    const wide = inChannels * expandRatio;
    const widens = expandRatio !== 1;
    this.expand = widens ? new Conv2d(inChannels, wide, 1, { bias: false }) : null;
    this.expandNorm = widens ? normOf(wide, options, 'activated') : null;
    this.depthwise = new Conv2d(wide, wide, kernel, {
      stride,
      padding: paddingOf(kernel, options),
      groups: wide,
      bias: false,
    });
    this.depthwiseNorm = normOf(wide, options, 'activated');
    this.squeezeExcitation = squeezeRatio > 0
      ? new SqueezeExcitation(wide, Math.max(1, Math.floor(inChannels * squeezeRatio)))
      : null;
    this.project = new Conv2d(wide, outChannels, 1, { bias: false });
    this.projectNorm = normOf(outChannels, options, 'plain');
    this.stochasticDepth = stride === 1 && inChannels === outChannels ? new StochasticDepth(dropPath) : null;
  }

  forward(x: Variable): Variable {
    let branch = x;
    if (this.expand !== null && this.expandNorm !== null) branch = this.expandNorm.call(this.expand.call(branch));
    branch = this.depthwiseNorm.call(this.depthwise.call(branch));
    if (this.squeezeExcitation !== null) branch = this.squeezeExcitation.call(branch);
    branch = this.projectNorm.call(this.project.call(branch));
    return this.stochasticDepth === null ? branch : add(this.stochasticDepth.call(branch), x);
  }
}
