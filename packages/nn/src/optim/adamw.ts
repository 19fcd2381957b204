/** Adam with decoupled weight decay. */
import { adamwInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import { Optimizer } from './optimizer.js';
import type { GroupSettings, ParameterGroup } from './optimizer.js';

export interface AdamWOptions {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
}

/** Source: Loshchilov & Hutter 2019; defaults as in PyTorch `torch.optim.AdamW`. Formula in tensor's kernels/update.ts. */
export class AdamW extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;

  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 }: AdamWOptions) {
    super(parameters, lr, weightDecay);
    this.betas = betas;
    this.eps = eps;
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: GroupSettings): void {
    const [beta1, beta2] = this.betas;
    adamwInto(parameter.value, gradient, this.slot(parameter, 'first'), this.slot(parameter, 'second'), {
      ...settings, beta1, beta2, eps: this.eps, step: this.steps,
    });
  }
}
