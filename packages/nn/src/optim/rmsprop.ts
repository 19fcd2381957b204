/** RMSProp, as PyTorch has it, and as the EfficientNet paper used it. */
import { onesLike, rmspropInto, rmspropTFInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import type { ParameterGroup } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { StepSettings } from './optimizer.js';
import { checkNonNegative, checkShares } from './settings.js';

export interface RmspropOptions {
  readonly lr: number;
  /** Of the mean square. Default 0.99. */
  readonly alpha?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  /** Divides by the standard deviation of the gradient instead of the root of its mean square. Default false. */
  readonly centered?: boolean;
}

/**
 * PyTorch's RMSProp: eps stands outside the root, the mean square starts at zero, and the learning rate is outside the
 * momentum buffer. Defaults as in `torch.optim.RMSprop`. Formula in tensor's kernels/update.ts.
 */
export class RMSprop extends Optimizer {
  protected readonly slotNames: readonly string[];
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly centered: boolean;

  constructor(
    parameters: readonly Parameter[] | readonly ParameterGroup[],
    { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false }: RmspropOptions,
  ) {
    super(parameters, lr, weightDecay);
    checkShares('RMSprop', { alpha });
    checkNonNegative('RMSprop', { eps, momentum });
    this.alpha = alpha;
    this.eps = eps;
    this.momentum = momentum;
    this.centered = centered;
    this.slotNames = ['meanSquare', 'buffer', ...(centered ? ['mean'] : [])];
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: StepSettings): void {
    const { alpha, eps, momentum } = this;
    rmspropInto(
      parameter.value, gradient, this.slot(parameter, 'meanSquare'), this.slot(parameter, 'buffer'),
      { ...settings, alpha, eps, momentum },
      this.centered ? this.slot(parameter, 'mean') : null,
    );
  }
}

export interface RmspropTFOptions {
  readonly lr: number;
  /** Of the mean square. Default 0.9. */
  readonly decay?: number;
  readonly momentum?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
}

/**
 * TensorFlow's RMSProp, which differs from PyTorch's in three ways that matter at large eps: eps stands inside the
 * root, the mean square starts at one, and the learning rate is inside the momentum buffer.
 * Source: tpu `main.py`; defaults are the paper's (decay 0.9, momentum 0.9, eps 1e-3).
 */
export class RMSpropTF extends Optimizer {
  protected readonly slotNames = ['meanSquare', 'buffer'];
  readonly decay: number;
  readonly momentum: number;
  readonly eps: number;

  constructor(
    parameters: readonly Parameter[] | readonly ParameterGroup[],
    { lr, decay = 0.9, momentum = 0.9, eps = 1e-3, weightDecay = 0 }: RmspropTFOptions,
  ) {
    super(parameters, lr, weightDecay);
    checkShares('RMSpropTF', { decay });
    checkNonNegative('RMSpropTF', { momentum, eps });
    this.decay = decay;
    this.momentum = momentum;
    this.eps = eps;
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: StepSettings): void {
    const meanSquare = this.slot(parameter, 'meanSquare', onesLike);
    rmspropTFInto(parameter.value, gradient, meanSquare, this.slot(parameter, 'buffer'), {
      ...settings, decay: this.decay, momentum: this.momentum, eps: this.eps,
    });
  }
}
