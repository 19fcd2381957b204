/** RMSProp as the EfficientNet paper used it. */
import { onesLike, rmspropInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import { Optimizer } from './optimizer.js';
import type { GroupSettings, ParameterGroup } from './optimizer.js';

export interface RmspropOptions {
  readonly lr: number;
  /** Of the mean square. Default 0.9. */
  readonly decay?: number;
  readonly momentum?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
}

/**
 * TensorFlow's RMSProp, which differs from PyTorch's in three ways that matter at large eps: eps stands inside the root, the
 * mean square starts at one, and the learning rate is inside the momentum buffer.
 * Source: tpu `main.py`; defaults are the paper's (decay 0.9, momentum 0.9, eps 1e-3).
 */
export class RMSpropTF extends Optimizer {
  readonly decay: number;
  readonly momentum: number;
  readonly eps: number;

  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], { lr, decay = 0.9, momentum = 0.9, eps = 1e-3, weightDecay = 0 }: RmspropOptions) {
    super(parameters, lr, weightDecay);
    this.decay = decay;
    this.momentum = momentum;
    this.eps = eps;
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: GroupSettings): void {
    const meanSquare = this.slot(parameter, 'meanSquare', onesLike);
    rmspropInto(parameter.value, gradient, meanSquare, this.slot(parameter, 'buffer'), {
      ...settings, decay: this.decay, momentum: this.momentum, eps: this.eps,
    });
  }
}
