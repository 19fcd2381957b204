/** Derivatives of element-by-element operations. */
import * as ag from '@vitrine/autograd';
import type { ElementwiseArgs } from '@vitrine/autograd';
import { normal, positive } from '../samples/sample.js';
import { apart, kink, one, two } from './case.js';
import type { Cases } from './case.js';

export const elementwise: Cases<ElementwiseArgs> = {
  neg: one(ag.neg),
  abs: one(ag.abs, kink),
  square: one(ag.square),
  sqrt: one(ag.sqrt, positive),
  rsqrt: one(ag.rsqrt, positive),
  reciprocal: one(ag.reciprocal, positive),
  exp: one(ag.exp),
  log: one(ag.log, positive),
  sigmoid: one(ag.sigmoid),
  tanh: one(ag.tanh),
  relu: one(ag.relu, kink),
  silu: one(ag.silu),

  add: two(ag.add),
  sub: two(ag.sub),
  mul: two(ag.mul),
  div: two(ag.div, normal, positive),
  pow: two(ag.pow, positive, normal),
  maximum: two(ag.maximum, kink, (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  minimum: two(ag.minimum, kink, (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  siluGrad: two(ag.siluGrad),
  sigmoidGrad: two(ag.sigmoidGrad),
  tanhGrad: two(ag.tanhGrad),
  reluGrad: two(ag.reluGrad, normal, kink).slice(0, -1),
};
