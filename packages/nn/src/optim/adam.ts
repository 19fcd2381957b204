/** Adam, and Adam with decoupled weight decay. */
import { adamwInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import type { ParameterGroup } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { StepSettings } from './optimizer.js';
import { checkNonNegative, checkShares } from './settings.js';

export interface AdamOptions {
  readonly lr: number;
  /** Shares of the old value in the mean of the gradient and in that of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
  /** Divides by the largest mean square so far, so that a parameter's rate never rises. Default false. */
  readonly amsgrad?: boolean;
}

/** What both have in common; they differ in where the decay goes. */
abstract class AdamBase extends Optimizer {
  protected readonly slotNames: readonly string[];
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly amsgrad: boolean;

  constructor(
    parameters: readonly Parameter[] | readonly ParameterGroup[],
    { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false }: AdamOptions,
    private readonly decay: 'coupled' | 'decoupled',
  ) {
    super(parameters, lr, weightDecay);
    checkShares(this.constructor.name, { 'betas[0]': betas[0], 'betas[1]': betas[1] });
    checkNonNegative(this.constructor.name, { eps });
    this.betas = betas;
    this.eps = eps;
    this.amsgrad = amsgrad;
    this.slotNames = ['first', 'second', ...(amsgrad ? ['largest'] : [])];
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: StepSettings): void {
    const [beta1, beta2] = this.betas;
    adamwInto(
      parameter.value, gradient, this.slot(parameter, 'first'), this.slot(parameter, 'second'),
      { ...settings, beta1, beta2, eps: this.eps, decay: this.decay },
      this.amsgrad ? this.slot(parameter, 'largest') : null,
    );
  }
}

/**
 * Adam with weight decay in the gradient, where its size is normalised away like the gradient's: AdamW is the better
 * one if there is any decay. Source: Kingma & Ba 2015; defaults as in PyTorch `torch.optim.Adam`. Formula in tensor's
 * kernels/update.ts.
 */
export class Adam extends AdamBase {
  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], options: AdamOptions) {
    super(parameters, options, 'coupled');
  }
}

export type AdamWOptions = AdamOptions;

/**
 * Adam with weight decay beside the gradient. Source: Loshchilov & Hutter 2019; defaults as in PyTorch
 * `torch.optim.AdamW`. Formula in tensor's kernels/update.ts.
 */
export class AdamW extends AdamBase {
  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], options: AdamWOptions) {
    const { weightDecay = 0.01 } = options;
    super(parameters, { ...options, weightDecay }, 'decoupled');
  }
}
