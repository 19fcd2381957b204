/** Fused-MBConv: the block of EfficientNetV2's early stages. */
import { add } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Conv2d, Module, StochasticDepth } from '@vitrine/nn';
import type { BatchNorm2d } from '@vitrine/nn';
import { normOf, paddingOf } from './layers.js';
import type { MBConvOptions } from './mbconv.js';

export type FusedMBConvOptions = Omit<MBConvOptions, 'squeezeRatio'>;

/**
 * MBConv with expansion and depthwise convolution fused into one k×k convolution: more multiply-adds, fewer passes over
 * memory, which is faster where images are large and channels few. With expandRatio 1 that convolution is all there is.
 * `[N,H,W,inChannels]` → `[N,⌈H/stride⌉,⌈W/stride⌉,outChannels]`.
 * Source: Gupta & Tan 2019 (EfficientNet-EdgeTPU); Tan & Le 2021.
 */
export class FusedMBConv extends Module {
  readonly conv: Conv2d;
  readonly convNorm: BatchNorm2d;
  readonly project: Conv2d | null;
  readonly projectNorm: BatchNorm2d | null;
  readonly stochasticDepth: StochasticDepth | null;

  constructor(options: FusedMBConvOptions) {
    super();
    const { inChannels, outChannels, kernel, stride, expandRatio, dropPath } = options;
    const widens = expandRatio !== 1;
    const wide = widens ? inChannels * expandRatio : outChannels;
    this.conv = new Conv2d(inChannels, wide, kernel, { stride, padding: paddingOf(kernel, options), bias: false });
    this.convNorm = normOf(wide, options, 'activated');
    this.project = widens ? new Conv2d(wide, outChannels, 1, { bias: false }) : null;
    this.projectNorm = widens ? normOf(outChannels, options, 'plain') : null;
    this.stochasticDepth = stride === 1 && inChannels === outChannels ? new StochasticDepth(dropPath) : null;
  }

  forward(x: Variable): Variable {
    let branch = this.convNorm.call(this.conv.call(x));
    if (this.project !== null && this.projectNorm !== null) branch = this.projectNorm.call(this.project.call(branch));
    return this.stochasticDepth === null ? branch : add(this.stochasticDepth.call(branch), x);
  }
}
