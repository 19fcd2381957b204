/** Derivatives of batch normalisation. */
import * as t from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { NormArgs, Vjps } from '../args.js';
import { add, mean as meanOf, mul, reshape, rsqrt, siluGrad, square, sub, sum } from '../ops/index.js';
import { joint, vjp } from '../record.js';
import { Variable } from '../variable.js';

export const norm: Vjps<NormArgs> = {
  // One pass over x and g makes all three. Where it is recorded, to be differentiated again, it is made of operations.
  batchNormTrain: joint([0, 1, 3, 4], (g, _out, x, gamma, _beta, mean, variance, eps) => {
    if (runtime.gradientMode) return trainingGradient(g, gamma, normalise(x, mean, eps));
    const { dx, dgamma, dbeta } = t.batchNormGrad(g.value, x.value, gamma.value, mean, variance, eps);
    return [new Variable(dx), new Variable(dgamma), new Variable(dbeta)];
  }),
  batchNormSiluTrain: joint([0, 1, 2, 3, 4], (g, _out, x, gamma, beta, mean, variance, eps) => {
    if (runtime.gradientMode) {
      const normalised = normalise(x, mean, eps);
      return trainingGradient(siluGrad(g, add(mul(normalised.xHat, gamma), beta)), gamma, normalised);
    }
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

interface Normalised {
  /** (x − mean)/σ, by the moments of x itself. */
  readonly xHat: Variable;
  /** 1/σ, `[C]`. */
  readonly inverse: Variable;
}

/**
 * x̂ as a function of x alone, mean and variance included. `center` is the mean as the forward pass found it: taken
 * away first, as a constant, it spares the mean and the variance the cancelling of large numbers, and changes no
 * derivative.
 */
function normalise(x: Variable, center: t.Tensor, eps: number): Normalised {
  const near = sub(x, new Variable(center));
  const centred = sub(near, meanRows(near));
  const inverse = rsqrt(add(meanRows(square(centred)), eps));
  return { xHat: mul(centred, inverse), inverse };
}

/** The formula of the kernel `batchNormGrad`, of operations: dx, dgamma, dbeta. */
function trainingGradient(g: Variable, gamma: Variable, { xHat, inverse }: Normalised): readonly Variable[] {
  const gx = mul(g, xHat);
  const dx = mul(mul(gamma, inverse), sub(sub(g, meanRows(g)), mul(xHat, meanRows(gx))));
  return [dx, sumRows(gx), sumRows(g)];
}

/** The mean over all axes but the last. */
const meanRows = (x: Variable): Variable => meanOf(reshape(x, [-1, x.shape.at(-1)!]), { axes: 0 });
