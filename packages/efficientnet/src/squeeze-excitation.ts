/** Squeeze-and-excitation: every channel is weighed by what all channels look like on average. */
import { globalAveragePool, mul, sigmoid, silu } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Conv2d, Module } from '@vitrine/nn';

/**
 * x · σ(expand(silu(reduce(mean of x over the image)))). `[N,H,W,C]` → `[N,H,W,C]`.
 * Source: Hu et al. 2018; SiLU in the middle as in EfficientNet.
 */
export class SqueezeExcitation extends Module {
  readonly reduce: Conv2d;
  readonly expand: Conv2d;

  constructor(channels: number, squeezedChannels: number) {
    super();
    this.reduce = new Conv2d(channels, squeezedChannels, 1);
    this.expand = new Conv2d(squeezedChannels, channels, 1);
  }

  forward(x: Variable): Variable {
    const squeezed = globalAveragePool(x, { keepDims: true }); // [N,1,1,C]
    const weights = sigmoid(this.expand.call(silu(this.reduce.call(squeezed))));
    return mul(x, weights);
  }
}
