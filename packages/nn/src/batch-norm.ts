/** Batch normalisation, with running statistics. */
import { lerpInto, moments, mul, ones, scope, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { batchNormEval, batchNormSiluEval, batchNormSiluTrain, batchNormTrain, relu6 } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';
import { ModuleBuffer, Parameter } from './parameter.js';

export interface BatchNormOptions {
  /** Added to the variance inside the root. Default 1e-5. */
  readonly eps?: number;
  /**
   * Share of the new batch in the running statistics, as in PyTorch (TensorFlow's momentum is 1 minus this).
   * Default 0.1.
   */
  readonly momentum?: number;
  /** What follows the normalisation; silu in the same pass over memory. Default nothing. */
  readonly activation?: 'silu' | 'relu6';
}

/**
 * (x − mean)/√(variance + eps)·weight + bias, channel by channel, then the activation if there is one. x `[N,H,W,C]`,
 * or any shape that ends in C.
 * In training, by the batch's own mean and biased variance, while the running ones move towards it by `momentum` (the
 * running variance being unbiased, n/(n−1), as in PyTorch); in evaluation, by the running ones.
 * Throws in training when there is one value a channel: its variance says nothing.
 *
 * `frozen` keeps the running statistics as they are: they normalise in training, too. Whether weight and bias learn is
 * for their `requiresGrad` to say.
 */
export class BatchNorm2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly runningMean: ModuleBuffer;
  readonly runningVar: ModuleBuffer;
  readonly eps: number;
  readonly momentum: number;
  readonly activation: 'silu' | 'relu6' | null;
  /** Of its own, and no `training` that stays false: `train` would have to know which modules not to touch. */
  frozen = false;

  constructor(readonly channels: number, { eps = 1e-5, momentum = 0.1, activation }: BatchNormOptions = {}) {
    super();
    if (!Number.isInteger(channels) || channels < 1) {
      throw new RangeError(`BatchNorm2d: channels is a whole number >= 1; got ${channels}`);
    }
    this.eps = eps;
    this.momentum = momentum;
    if (activation !== undefined && activation !== 'silu' && activation !== 'relu6') {
      throw new RangeError(`BatchNorm2d: activation is 'silu', 'relu6' or left out; got ${String(activation)}`);
    }
    this.activation = activation ?? null;
    this.weight = new Parameter(ones([channels]));
    this.bias = new Parameter(zeros([channels]));
    this.runningMean = new ModuleBuffer(zeros([channels]));
    this.runningVar = new ModuleBuffer(ones([channels]));
  }

  forward(x: Variable): Variable {
    const normalised = this.normalise(x);
    return this.activation === 'relu6' ? relu6(normalised) : normalised;
  }

  private normalise(x: Variable): Variable {
    const [train, evaluate] = this.activation === 'silu'
      ? [batchNormSiluTrain, batchNormSiluEval]
      : [batchNormTrain, batchNormEval];
    if (!this.training || this.frozen) {
      return evaluate(x, this.weight, this.bias, this.runningMean.value, this.runningVar.value, this.eps);
    }
    const n = x.value.size / this.channels;
    if (n === 1) {
      throw new RangeError(`BatchNorm2d: one value a channel has no variance; give more than one image, or use eval()`);
    }
    const { mean, variance } = moments(x.value);
    // A checkpoint's second run is the same batch once more.
    if (!runtime.recomputing) this.updateStatistics(mean, variance, n);
    return train(x, this.weight, this.bias, mean, variance, this.eps);
  }

  private updateStatistics(mean: Tensor, variance: Tensor, n: number): void {
    scope(() => {
      lerpInto(this.runningMean.value, mean, this.momentum);
      lerpInto(this.runningVar.value, mul(variance, n / (n - 1)), this.momentum);
    });
  }

  override describe(): string {
    return `${this.channels}, eps=${this.eps}, ` +
      `momentum=${this.momentum}${this.activation === null ? '' : `, activation=${this.activation}`}`;
  }
}
