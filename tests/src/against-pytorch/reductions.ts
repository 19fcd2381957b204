/** Products, norms, variances, logarithms of sums of exponentials; argmin, any, all; softmax along any axis. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { ReduceOptions, Tensor } from '@vitrine/tensor';
import type { Family, Run } from './family.js';

interface Options {
  /** null means all. */
  readonly axes: number | readonly number[] | null;
  readonly keepDims: boolean;
  readonly correction: number;
  readonly p: number | 'Infinity';
  /** argmin, softmax, logSoftmax. */
  readonly axis: number;
}

const kept = ({ axes, keepDims }: Options): ReduceOptions => ({ axes: axes ?? undefined, keepDims });
const constant = (f: (x: Tensor, options: Options) => Tensor): Run<Options> => ([x], options) =>
  new Variable(f(x.value, options));

export const reductions: Family<Options> = {
  file: 'reductions.safetensors',
  title: 'Reductions',
  about: 'At zeros, empty rows and infinities, too.',
  runs: {
    prod: ([x], options) => ag.prod(x, kept(options)),
    variance: ([x], options) => ag.variance(x, { ...kept(options), correction: options.correction }),
    std: ([x], options) => ag.std(x, { ...kept(options), correction: options.correction }),
    norm: ([x], options) => ag.norm(x, { ...kept(options), p: Number(options.p) }),
    logSumExp: ([x], options) => ag.logSumExp(x, kept(options)),
    argmin: constant((x, { axis }) => t.argmin(x, axis)),
    any: constant((x, options) => t.any(x, kept(options))),
    all: constant((x, options) => t.all(x, kept(options))),
    softmax: ([x], { axis }) => ag.softmax(x, axis),
    logSoftmax: ([x], { axis }) => ag.logSoftmax(x, axis),
  },
};
