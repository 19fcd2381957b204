/** Stochastic gradient descent with momentum. */
import { sgdInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import { Optimizer } from './optimizer.js';
import type { GroupSettings, ParameterGroup } from './optimizer.js';

export interface SgdOptions {
  readonly lr: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** v ← momentum·v + g + weightDecay·p;  p ← p − lr·v. Source: PyTorch `torch.optim.SGD`. */
export class SGD extends Optimizer {
  readonly momentum: number;

  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], { lr, momentum = 0, weightDecay = 0 }: SgdOptions) {
    super(parameters, lr, weightDecay);
    this.momentum = momentum;
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: GroupSettings): void {
    sgdInto(parameter.value, gradient, this.slot(parameter, 'velocity'), { ...settings, momentum: this.momentum });
  }
}
