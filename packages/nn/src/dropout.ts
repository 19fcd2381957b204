/** Leaving out at random, in training only: single values, or whole residual branches. */
import { bernoulli } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { mul } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

const checkProbability = (name: string, p: number): void => {
  if (!(p >= 0 && p < 1)) throw new RangeError(`${name}: the probability of dropping is from 0 to below 1; got ${p}`);
};

/**
 * Each value is 0 with probability p, else divided by 1 − p, so that its expectation stays.
 * Source: Srivastava et al. 2014.
 */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    checkProbability('Dropout', p);
  }

  forward(x: Variable): Variable {
    if (!this.training || this.p === 0) return x;
    const keep = 1 - this.p;
    return mul(x, bernoulli(x.shape, keep, runtime.random, { value: 1 / keep, dtype: x.value.dtype }));
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}

/**
 * Each sample's branch is 0 with probability p, else divided by 1 − p. Put before the residual sum.
 * Source: Huang et al. 2016.
 */
export class StochasticDepth extends Module {
  constructor(readonly p: number) {
    super();
    checkProbability('StochasticDepth', p);
  }

  forward(x: Variable): Variable {
    if (!this.training || this.p === 0) return x;
    const keep = 1 - this.p;
    const perSample = x.shape.map((length, axis) => (axis === 0 ? length : 1));
    return mul(x, bernoulli(perSample, keep, runtime.random, { value: 1 / keep, dtype: x.value.dtype }));
  }

  override describe(): string {
    return `p=${this.p.toFixed(4)}`;
  }
}
