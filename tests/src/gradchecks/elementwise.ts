/** Derivatives of element-by-element operations. */
import * as ag from '@vitrine/autograd';
import type { ElementwiseArgs } from '@vitrine/autograd';
import { fromArray, sizeOf } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { normal, positive } from '../samples/sample.js';
import { apart, kink, one, two } from './case.js';
import type { Cases } from './case.js';

/** 1 and 0 by turns. */
const chosen = (...shape: number[]): Tensor =>
  fromArray(Array.from({ length: sizeOf(shape) }, (_, i) => (i + 1) % 2), shape, 'float64');

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
  sin: one(ag.sin),
  cos: one(ag.cos),
  log1p: one(ag.log1p, positive),
  expm1: one(ag.expm1),
  erf: one(ag.erf),
  sign: one(ag.sign, kink),
  floor: one(ag.floor, kink),
  ceil: one(ag.ceil, kink),
  round: one(ag.round, kink),

  add: two(ag.add),
  sub: two(ag.sub),
  mul: two(ag.mul),
  div: two(ag.div, normal, positive),
  pow: two(ag.pow, positive, normal),
  maximum: two(ag.maximum, kink, (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  minimum: two(ag.minimum, kink, (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  where: [
    [(a, b) => ag.where(chosen(2, 3), a, b), normal([2, 3]), normal([2, 3])],
    [(a, b) => ag.where(chosen(2, 1, 3), a, b), normal([4, 1]), normal([3], 'strided')],
    [(a, b) => ag.where(chosen(4), a, b), normal([]), normal([1])],
    [(a) => ag.where(chosen(2, 3), a, 2.5), normal([2, 3], 'permuted')],
    [(a) => ag.where(chosen(4), ag.square(a), a), normal([4])],
  ],
  siluGrad: two(ag.siluGrad),
  sigmoidGrad: two(ag.sigmoidGrad),
  tanhGrad: two(ag.tanhGrad),
  reluGrad: two(ag.reluGrad, normal, kink).slice(0, -1),
};
