/** Activations, at their kinks too; other functions of single elements; comparisons and the choice by them. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { ClampOptions, GeluOptions, SoftplusOptions, Tensor } from '@vitrine/tensor';
import { unary } from './family.js';
import type { Family, Run } from './family.js';

type Options = ClampOptions & GeluOptions & SoftplusOptions & { readonly slope?: number; readonly alpha?: number };

/** Of plain tensors, without gradient. */
const compare = (f: (a: Tensor, b: Tensor) => Tensor): Run<unknown> => ([a, b]) => new Variable(f(a.value, b.value));

export const activations: Family<Options> = {
  file: 'activations.safetensors',
  title: 'Activations and functions of one number',
  about: 'At their kinks, too: which side a gradient takes there is PyTorch\'s choice.',
  runs: {
    relu6: unary(ag.relu6), hardsigmoid: unary(ag.hardsigmoid), hardswish: unary(ag.hardswish),
    clamp: ([x], options) => ag.clamp(x, options),
    leakyRelu: ([x], { slope }) => ag.leakyRelu(x, slope),
    elu: ([x], { alpha }) => ag.elu(x, alpha),
    softplus: ([x], options) => ag.softplus(x, options),
    gelu: ([x], options) => ag.gelu(x, options),
    sin: unary(ag.sin), cos: unary(ag.cos), log1p: unary(ag.log1p), expm1: unary(ag.expm1), erf: unary(ag.erf),
    sign: unary(ag.sign), floor: unary(ag.floor), ceil: unary(ag.ceil), round: unary(ag.round),
    less: compare(t.less), lessEqual: compare(t.lessEqual), greater: compare(t.greater),
    greaterEqual: compare(t.greaterEqual), equal: compare(t.equal), notEqual: compare(t.notEqual),
    logicalAnd: compare(t.logicalAnd), logicalOr: compare(t.logicalOr),
    where: ([condition, a, b]) => ag.where(condition, a, b),
  },
};
