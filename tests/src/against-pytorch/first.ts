/** Arithmetic, products, convolutions, means over windows, batch normalisation. */
import * as ag from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { moments } from '@vitrine/tensor';
import type { ReduceOptions } from '@vitrine/tensor';
import type { OpOptions } from '../support/fixtures.js';
import { binary, unary } from './family.js';
import type { Family, Run } from './family.js';

const reduction = (f: (x: Variable, options: ReduceOptions) => Variable): Run<OpOptions> => ([x], { axes, keepDims }) =>
  f(x, { axes: axes ?? undefined, keepDims });
const alongLast = (f: (x: Variable) => Variable): Run<OpOptions> => ([x], { axis }) => {
  if (axis !== -1) throw new Error(`the fixture wants axis ${axis}; only the last is offered`);
  return f(x);
};

export const first: Family<OpOptions> = {
  file: 'ops.safetensors',
  title: 'Arithmetic, products, convolutions',
  about: 'What EfficientNet itself is made of.',
  runs: {
    neg: unary(ag.neg), exp: unary(ag.exp), log: unary(ag.log), sqrt: unary(ag.sqrt), rsqrt: unary(ag.rsqrt),
    square: unary(ag.square), abs: unary(ag.abs), sigmoid: unary(ag.sigmoid), tanh: unary(ag.tanh),
    relu: unary(ag.relu), silu: unary(ag.silu), reciprocal: unary(ag.reciprocal),
    add: binary(ag.add), sub: binary(ag.sub), mul: binary(ag.mul), div: binary(ag.div), maximum: binary(ag.maximum),
    minimum: binary(ag.minimum), pow: binary(ag.pow),
    matmul: binary(ag.matmul),
    sum: reduction(ag.sum), mean: reduction(ag.mean), max: reduction(ag.max),
    softmax: alongLast(ag.softmax), logSoftmax: alongLast(ag.logSoftmax),
    conv2d: ([x, w], { stride, padding, groups }) => ag.conv2d(x, w, { stride, padding, groups }),
    averagePool2d: ([x], { kernel = [1, 1], stride, padding }) => ag.averagePool2d(x, { kernel, stride, padding }),
    globalAveragePool: unary((x) => ag.globalAveragePool(x)),
    batchNorm: ([x, gamma, beta], { eps = NaN }) => {
      const { mean, variance } = moments(x.value);
      return ag.batchNormTrain(x, gamma, beta, mean, variance, eps);
    },
    batchNormEval: ([x, gamma, beta, mean, variance], { eps = NaN }) =>
      ag.batchNormEval(x, gamma, beta, mean.value, variance.value, eps),
  },
};
