/** MBConv: the mobile inverted bottleneck, the one block EfficientNet is built of. */
import { add } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { BatchNorm2d, Conv2d, Module, StochasticDepth } from '@vitrine/nn';
import { SQUEEZE_RATIO } from './config.js';
import type { Conventions } from './config.js';
import { SqueezeExcitation } from './squeeze-excitation.js';

export interface MBConvOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  /** The block works on inChannels · expandRatio channels; 1 leaves the expansion out. */
  readonly expandRatio: number;
  /** Probability of dropping the block's branch, for a sample, in training. */
  readonly dropPath: number;
  readonly conventions: Conventions;
}

/** Padding that keeps ⌈size/stride⌉ pixels, by either lineage's rule. */
export const paddingOf = (kernel: number, { padding }: Conventions): 'same' | number => (padding === 'same' ? 'same' : (kernel - 1) / 2);

export const normOf = (channels: number, { batchNormEps, batchNormMomentum }: Conventions, activation?: 'silu'): BatchNorm2d =>
  new BatchNorm2d(channels, { eps: batchNormEps, momentum: batchNormMomentum, ...(activation === undefined ? {} : { activation }) });

/**
 * Widen (1×1), look around each channel by itself (k×k depthwise), weigh the channels, narrow (1×1); add the input where the
 * shape has not changed. Each convolution is followed by batch norm, the first two also by silu, the last by nothing.
 * `[N,H,W,inChannels]` → `[N,⌈H/stride⌉,⌈W/stride⌉,outChannels]`.
 * Source: Sandler et al. 2018 (MobileNetV2); Tan & Le 2019.
 */
export class MBConv extends Module {
  readonly expand: Conv2d | null;
  readonly expandNorm: BatchNorm2d | null;
  readonly depthwise: Conv2d;
  readonly depthwiseNorm: BatchNorm2d;
  readonly squeezeExcitation: SqueezeExcitation;
  readonly project: Conv2d;
  readonly projectNorm: BatchNorm2d;
  readonly stochasticDepth: StochasticDepth | null;

  constructor({ inChannels, outChannels, kernel, stride, expandRatio, dropPath, conventions }: MBConvOptions) {
    super();
    const wide = inChannels * expandRatio;
    const widens = expandRatio !== 1;
    this.expand = widens ? new Conv2d(inChannels, wide, 1, { bias: false }) : null;
    this.expandNorm = widens ? normOf(wide, conventions, 'silu') : null;
    this.depthwise = new Conv2d(wide, wide, kernel, { stride, padding: paddingOf(kernel, conventions), groups: wide, bias: false });
    this.depthwiseNorm = normOf(wide, conventions, 'silu');
    this.squeezeExcitation = new SqueezeExcitation(wide, Math.max(1, Math.floor(inChannels * SQUEEZE_RATIO)));
    this.project = new Conv2d(wide, outChannels, 1, { bias: false });
    this.projectNorm = normOf(outChannels, conventions);
    this.stochasticDepth = stride === 1 && inChannels === outChannels ? new StochasticDepth(dropPath) : null;
  }

  forward(x: Variable): Variable {
    let branch = x;
    if (this.expand !== null && this.expandNorm !== null) branch = this.expandNorm.call(this.expand.call(branch));
    branch = this.depthwiseNorm.call(this.depthwise.call(branch));
    branch = this.squeezeExcitation.call(branch);
    branch = this.projectNorm.call(this.project.call(branch));
    return this.stochasticDepth === null ? branch : add(this.stochasticDepth.call(branch), x);
  }
}
