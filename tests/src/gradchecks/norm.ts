/** Derivatives of normalisation. */
import * as ag from '@vitrine/autograd';
import type { NormArgs, Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

export const norm: Cases<NormArgs> = {
  batchNormTrain: [[batchNorm, normal([2, 3, 2, 3]), normal([3]), normal([3])],
    [batchNorm, normal([6, 2], 'permuted'), normal([2]), normal([2])]],
  batchNormSiluTrain: [[batchNormSilu, normal([2, 3, 2, 3]), normal([3]), normal([3])],
    [batchNormSilu, normal([6, 2], 'permuted'), normal([2]), normal([2])]],
  batchNormEval: [
    [(x, gamma, beta) => ag.batchNormEval(x, gamma, beta, t.tensor([0.5, -1, 2], 'float64'),
      t.tensor([0.3, 1, 4], 'float64'), 1e-3), normal([2, 3, 3]), normal([3]), normal([3])],
  ],
};

function batchNorm(x: Variable, gamma: Variable, beta: Variable): Variable {
  const { mean, variance } = t.moments(x.value);
  return ag.batchNormTrain(x, gamma, beta, mean, variance, 1e-3);
}

function batchNormSilu(x: Variable, gamma: Variable, beta: Variable): Variable {
  const { mean, variance } = t.moments(x.value);
  return ag.batchNormSiluTrain(x, gamma, beta, mean, variance, 1e-3);
}
