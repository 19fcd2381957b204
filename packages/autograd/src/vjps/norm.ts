/** Derivatives of batch normalisation. */
import * as t from '@vitrine/tensor';
import type { NormArgs, Vjps } from '../args.js';
import { add, mul, reshape, rsqrt, sub, sum } from '../ops/index.js';
import { joint, vjp } from '../record.js';
import { Variable } from '../variable.js';

export const norm: Vjps<NormArgs> = {
  // One pass over x and g makes all three; its own derivative is not provided.
  batchNormTrain: joint([0, 1, 3, 4], (g, _out, x, gamma, _beta, mean, variance, eps) => {
    if (g.requiresGrad) throw new Error('batchNormTrain: gradients of its gradient are not provided; use eval mode (batchNormEval)');
    const { dx, dgamma, dbeta } = t.batchNormGrad(g.value, x.value, gamma.value, mean, variance, eps);
    return [new Variable(dx), new Variable(dgamma), new Variable(dbeta)];
  }),
  batchNormSiluTrain: joint([0, 1, 2, 3, 4], (g, _out, x, gamma, beta, mean, variance, eps) => {
    if (g.requiresGrad) throw new Error('batchNormSiluTrain: gradients of its gradient are not provided; use eval mode (batchNormSiluEval)');
    const { dx, dgamma, dbeta } = t.batchNormSiluGrad(g.value, x.value, gamma.value, beta.value, mean, variance, eps);
    return [new Variable(dx), new Variable(dgamma), new Variable(dbeta)];
  }),
  batchNormEval: [
    vjp([1, 4], (g, _out, _x, gamma, _beta, _mean, variance, eps) => mul(g, mul(gamma, inverseStd(variance, eps)))),
    vjp([0, 3, 4], (g, _out, x, _gamma, _beta, mean, variance, eps) => {
      const normalised = mul(sub(x, new Variable(mean)), inverseStd(variance, eps));
      return sumRows(mul(g, normalised));
    }),
    vjp([], (g) => sumRows(g)),
  ],
};

const inverseStd = (variance: t.Tensor, eps: number): Variable => rsqrt(add(new Variable(variance), eps));

/** `[…,C]` → `[C]`. */
const sumRows = (x: Variable): Variable => sum(reshape(x, [-1, x.shape.at(-1)!]), { axes: 0 });
