/** Derivatives of activations, at values on all sides of their kinks and none near one. */
import * as ag from '@vitrine/autograd';
import type { ActivationArgs, Variable } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import { apart, kink, one, two } from './case.js';
import type { Case, Cases } from './case.js';

/** −3.3 … 6.8: on both sides of 0, −3, 3 and 6. */
const wide = (shape: readonly number[], layout: Parameters<typeof apart>[2] = 'dense') => apart(shape, 2, layout);

/** A gradient takes its cotangent in the shape of x. */
const paired = (f: (g: Variable, x: Variable) => Variable): readonly Case[] =>
  [[f, normal([2, 3]), kink([2, 3])], [f, normal([]), kink([])], [f, normal([3, 2], 'permuted'), kink([3, 2])],
    [f, normal([3, 2]), kink([3, 2], 'strided')]];

const TANH = { approximate: 'tanh' } as const;
const SOFTPLUS = { beta: 1.5, threshold: 4 };

export const activations: Cases<ActivationArgs> = {
  relu6: one(ag.relu6, wide),
  hardsigmoid: one(ag.hardsigmoid, kink),
  hardswish: one(ag.hardswish, kink),
  gelu: [...one((x) => ag.gelu(x)), ...one((x) => ag.gelu(x, TANH))],
  clamp: [...one((x) => ag.clamp(x, { min: -1, max: 1.5 }), kink), ...one((x) => ag.clamp(x, { min: 0.5 }), kink),
    ...one((x) => ag.clamp(x, { max: 0.5 }), kink)],
  leakyRelu: [...one((x) => ag.leakyRelu(x), kink), ...one((x) => ag.leakyRelu(x, -0.7), kink)],
  elu: [...one((x) => ag.elu(x), kink), ...one((x) => ag.elu(x, 0.6), kink)],
  softplus: [...one((x) => ag.softplus(x)), ...one((x) => ag.softplus(x, SOFTPLUS), kink)],

  relu6Grad: two(ag.relu6Grad, normal, wide).slice(0, -1),
  hardsigmoidGrad: two(ag.hardsigmoidGrad, normal, kink).slice(0, -1),
  hardswishGrad: two(ag.hardswishGrad, normal, kink).slice(0, -1),
  geluGrad: [...two((g, x) => ag.geluGrad(g, x)), ...two((g, x) => ag.geluGrad(g, x, TANH))],
  clampGrad: paired((g, x) => ag.clampGrad(g, x, { min: -1, max: 1.5 })),
  leakyReluGrad: paired((g, x) => ag.leakyReluGrad(g, x, 0.2)),
  eluGrad: paired((g, x) => ag.eluGrad(g, x, 1.4)),
  softplusGrad: [...paired((g, x) => ag.softplusGrad(g, x)), ...paired((g, x) => ag.softplusGrad(g, x, SOFTPLUS))],
};
