/** Derivatives of element-by-element operations. g is the cotangent of out. */
import * as t from '@vitrine/tensor';
import type { ElementwiseArgs, Vjps } from '../args.js';
import {
  add, cos, div, exp, log, mul, neg, pow, reluGrad, sigmoid, sigmoidGrad, sign, siluGrad, sin, square, sub, sumTo,
  tanhGrad, where,
} from '../ops/index.js';
import { vjp } from '../record.js';
import { Variable } from '../variable.js';

/** What share of the cotangent the first operand of `maximum` gets: all, none, or, of equals, half (as PyTorch). */
const share = (a: Variable, b: Variable): Variable =>
  new Variable(t.add(t.greater(a.value, b.value), t.mul(t.equal(a.value, b.value), 0.5)));

export const zerosFor = (x: Variable): Variable => new Variable(t.zeros(x.shape, x.value.dtype));

export const elementwise: Vjps<ElementwiseArgs> = {
  neg: [vjp([], (g) => neg(g))],
  abs: [vjp([0], (g, _out, x) => mul(g, sign(x)))],
  square: [vjp([0], (g, _out, x) => mul(g, mul(x, 2)))],
  sqrt: [vjp(['out'], (g, out) => div(g, mul(out, 2)))],
  rsqrt: [vjp(['out'], (g, out) => mul(g, mul(mul(out, square(out)), -0.5)))],
  reciprocal: [vjp(['out'], (g, out) => neg(mul(g, square(out))))],
  exp: [vjp(['out'], (g, out) => mul(g, out))],
  log: [vjp([0], (g, _out, x) => div(g, x))],
  sigmoid: [vjp(['out'], (g, out) => sigmoidGrad(g, out))],
  tanh: [vjp(['out'], (g, out) => tanhGrad(g, out))],
  relu: [vjp(['out'], (g, out) => reluGrad(g, out))],
  silu: [vjp([0], (g, _out, x) => siluGrad(g, x))],
  sin: [vjp([0], (g, _out, x) => mul(g, cos(x)))],
  cos: [vjp([0], (g, _out, x) => neg(mul(g, sin(x))))],
  log1p: [vjp([0], (g, _out, x) => div(g, add(x, 1)))],
  expm1: [vjp(['out'], (g, out) => mul(g, add(out, 1)))],
  erf: [vjp([0], (g, _out, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))))],
  sign: [vjp([], (_g, _out, x) => zerosFor(x))],
  floor: [vjp([], (_g, _out, x) => zerosFor(x))],
  ceil: [vjp([], (_g, _out, x) => zerosFor(x))],
  round: [vjp([], (_g, _out, x) => zerosFor(x))],

  add: [vjp([], (g, _out, a) => sumTo(g, a.shape)), vjp([], (g, _out, _a, b) => sumTo(g, b.shape))],
  sub: [vjp([], (g, _out, a) => sumTo(g, a.shape)), vjp([], (g, _out, _a, b) => sumTo(neg(g), b.shape))],
  mul: [vjp([1], (g, _out, a, b) => sumTo(mul(g, b), a.shape)), vjp([0], (g, _out, a, b) => sumTo(mul(g, a), b.shape))],
  div: [
    vjp([1], (g, _out, a, b) => sumTo(div(g, b), a.shape)),
    vjp([1, 'out'], (g, out, _a, b) => sumTo(neg(div(mul(g, out), b)), b.shape)),
  ],
  // At a = 0 the formulas have 0·∞ where PyTorch has 0. The operand that makes the ∞ is replaced and gets no gradient,
  // so that gradients of these gradients are finite, too.
  pow: [
    vjp([0, 1], (g, _out, a, b) => {
      const bothZero = t.mul(t.equal(a.value, 0), t.equal(b.value, 0));
      return sumTo(mul(g, mul(b, pow(a, where(bothZero, 1, sub(b, 1))))), a.shape);
    }),
    vjp([0, 1, 'out'], (g, out, a, b) => {
      const zeroToPositive = t.mul(t.equal(a.value, 0), t.greaterEqual(b.value, 0));
      return sumTo(mul(g, mul(out, log(where(zeroToPositive, 1, a)))), b.shape);
    }),
  ],
  maximum: [
    vjp([0, 1], (g, _out, a, b) => sumTo(mul(g, share(a, b)), a.shape)),
    vjp([0, 1], (g, _out, a, b) => sumTo(mul(g, share(b, a)), b.shape)),
  ],
  minimum: [
    vjp([0, 1], (g, _out, a, b) => sumTo(mul(g, share(b, a)), a.shape)),
    vjp([0, 1], (g, _out, a, b) => sumTo(mul(g, share(a, b)), b.shape)),
  ],

  where: [
    vjp([2], (g, _out, a, _b, condition) => sumTo(where(condition, g, 0), a.shape)),
    vjp([2], (g, _out, _a, b, condition) => sumTo(where(condition, 0, g), b.shape)),
  ],

  // The derivatives' own derivatives: for gradients of gradients.
  siluGrad: [
    vjp([1], (gg, _out, g, x) => sumTo(siluGrad(gg, x), g.shape)),
    vjp([0, 1], (gg, _out, g, x) => {
      const s = sigmoid(x); // silu″ = σ′·(2 + x·(1 − 2σ)), σ′ = σ(1 − σ)
      return sumTo(mul(mul(gg, g), mul(mul(s, sub(1, s)), add(2, mul(x, sub(1, mul(s, 2)))))), x.shape);
    }),
  ],
  sigmoidGrad: [
    vjp([1], (gg, _out, g, y) => sumTo(sigmoidGrad(gg, y), g.shape)),
    vjp([0, 1], (gg, _out, g, y) => sumTo(mul(mul(gg, g), sub(1, mul(y, 2))), y.shape)),
  ],
  tanhGrad: [
    vjp([1], (gg, _out, g, y) => sumTo(tanhGrad(gg, y), g.shape)),
    vjp([0, 1], (gg, _out, g, y) => sumTo(mul(mul(gg, g), mul(y, -2)), y.shape)),
  ],
  reluGrad: [
    vjp([1], (gg, _out, g, y) => sumTo(reluGrad(gg, y), g.shape)),
    vjp([], (_gg, _out, _g, y) => zerosFor(y)),
  ],
};
