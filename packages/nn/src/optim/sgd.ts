/** Stochastic gradient descent with momentum. */
import { sgdInto } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import type { ParameterGroup } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { StepSettings } from './optimizer.js';
import { checkNonNegative } from './settings.js';

export interface SgdOptions {
  readonly lr: number;
  readonly momentum?: number;
  /** The velocity takes 1 − dampening of the gradient, from the second step on. Default 0. */
  readonly dampening?: number;
  /** Looks ahead along the velocity. Wants momentum, and no dampening. Default false. */
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

/**
 * d = g + weightDecay·p;  v ← momentum·v + (1 − dampening)·d, but v ← d at first;  p ← p − lr·v,
 * with Nesterov's momentum p ← p − lr·(d + momentum·v). Source: PyTorch `torch.optim.SGD`.
 */
export class SGD extends Optimizer {
  protected readonly slotNames = ['velocity'];
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;

  constructor(
    parameters: readonly Parameter[] | readonly ParameterGroup[],
    { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdOptions,
  ) {
    super(parameters, lr, weightDecay);
    checkNonNegative('SGD', { momentum });
    if (!Number.isFinite(dampening)) throw new RangeError(`SGD: dampening is a finite number; got ${dampening}`);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError(`SGD: nesterov wants momentum > 0 and dampening 0; got ${momentum} and ${dampening}`);
    }
    this.momentum = momentum;
    this.dampening = dampening;
    this.nesterov = nesterov;
  }

  protected update(parameter: Parameter, gradient: Tensor, settings: StepSettings): void {
    const { momentum, dampening, nesterov } = this;
    const velocity = this.slot(parameter, 'velocity');
    sgdInto(parameter.value, gradient, velocity, { ...settings, momentum, dampening, nesterov });
  }
}
