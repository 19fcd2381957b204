/** A learning rate that falls when training stops to get better. */
import { fromArray } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Optimizer } from './optimizer.js';

export interface ReduceOnPlateauOptions {
  /** Whether the metric should fall, as a loss, or rise, as an accuracy. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** The rate is multiplied by it. Default 0.1. */
  readonly factor?: number;
  /** How many calls without improvement are borne; the next one reduces. Default 10. */
  readonly patience?: number;
  /** What counts as improvement: better than the best by this much. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best, or a difference. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Calls after a reduction in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The rate stays above. Default 0. */
  readonly minLr?: number;
  /** Smaller changes of the rate are left out. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Call `step(metric)` after every epoch: if the metric has not improved for more than `patience` of them, the
 * optimizer's learning rate is multiplied by `factor`. It sets `optimizer.lr`, as `fit` does by a schedule, so use one
 * of the two.
 * Source: PyTorch `ReduceLROnPlateau`.
 */
export class ReduceOnPlateau {
  /** The best metric so far; what is worse than any before there was one. */
  best: number;
  /** Calls without improvement since the last one with, or since the last reduction. */
  badSteps = 0;
  /** Calls of the cooldown that are left. */
  cooldownLeft = 0;
  readonly options: Required<ReduceOnPlateauOptions>;

  constructor(readonly optimizer: Optimizer, options: ReduceOnPlateauOptions = {}) {
    const {
      mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel', cooldown = 0, minLr = 0,
      eps = 1e-8,
    } = options;
    if (mode !== 'min' && mode !== 'max') {
      throw new RangeError(`ReduceOnPlateau: mode is 'min' or 'max'; got ${String(mode)}`);
    }
    if (thresholdMode !== 'rel' && thresholdMode !== 'abs') {
      throw new RangeError(`ReduceOnPlateau: thresholdMode is 'rel' or 'abs'; got ${String(thresholdMode)}`);
    }
    if (!(factor > 0 && factor < 1)) throw new RangeError(`ReduceOnPlateau: factor is between 0 and 1; got ${factor}`);
    for (const [name, value] of Object.entries({ patience, threshold, cooldown, minLr, eps })) {
      if (!(value >= 0)) throw new RangeError(`ReduceOnPlateau: ${name} is >= 0; got ${value}`);
    }
    this.options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
    this.best = mode === 'min' ? Infinity : -Infinity;
  }

  /** Takes note of the metric, NaN being no improvement. Returns whether it has reduced the learning rate. */
  step(metric: number): boolean {
    const { patience, cooldown } = this.options;
    if (this.#isBetter(metric)) {
      this.best = metric;
      this.badSteps = 0;
    } else {
      this.badSteps++;
    }
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--;
      this.badSteps = 0;
    }
    if (this.badSteps <= patience) return false;
    this.cooldownLeft = cooldown;
    this.badSteps = 0;
    return this.#reduce();
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  #reduce(): boolean {
    const { factor, minLr, eps } = this.options;
    const { lr } = this.optimizer;
    const reduced = Math.max(lr * factor, minLr);
    if (lr - reduced <= eps) return false;
    this.optimizer.lr = reduced;
    return true;
  }

  /** What a later `loadStateDict` needs to go on. The rate itself is part of the optimizer's state. */
  stateDict(): Map<string, Tensor> {
    const numbers = { best: this.best, badSteps: this.badSteps, cooldownLeft: this.cooldownLeft };
    return new Map(Object.entries(numbers).map(([name, value]) => [name, fromArray([value], [], 'float64')]));
  }

  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const [best, badSteps, cooldownLeft] = ['best', 'badSteps', 'cooldownLeft'].map((name) => {
      const tensor = state.get(name);
      if (tensor === undefined) throw new Error(`ReduceOnPlateau.loadStateDict: the state has no entry '${name}'`);
      return tensor.item();
    });
    this.best = best;
    this.badSteps = badSteps;
    this.cooldownLeft = cooldownLeft;
  }
}
