/** Derivatives of activations, and of their gradients: for gradients of gradients. */
import * as t from '@vitrine/tensor';
import type { SoftplusOptions } from '@vitrine/tensor';
import type { ActivationArgs, Vjps } from '../args.js';
import {
  add, clampGrad, eluGrad, exp, geluGrad, hardsigmoidGrad, hardswishGrad, leakyReluGrad, mul, relu6Grad, sigmoid,
  sigmoidGrad, softplusGrad, square, sub, sumTo, where,
} from '../ops/index.js';
import { vjp } from '../record.js';
import { Variable } from '../variable.js';
import { zerosFor } from './elementwise.js';

export const activations: Vjps<ActivationArgs> = {
  // Saves the output, as relu does: the layer behind it saves that anyway.
  relu6: [vjp(['out'], (g, out) => relu6Grad(g, out))],
  hardsigmoid: [vjp([0], (g, _out, x) => hardsigmoidGrad(g, x))],
  hardswish: [vjp([0], (g, _out, x) => hardswishGrad(g, x))],
  gelu: [vjp([0], (g, _out, x, options) => geluGrad(g, x, options))],
  clamp: [vjp([0], (g, _out, x, options) => clampGrad(g, x, options))],
  leakyRelu: [vjp([0], (g, _out, x, slope) => leakyReluGrad(g, x, slope))],
  elu: [vjp([0], (g, _out, x, alpha) => eluGrad(g, x, alpha))],
  softplus: [vjp([0], (g, _out, x, options) => softplusGrad(g, x, options))],

  relu6Grad: [
    vjp([1], (gg, _out, g, y) => sumTo(relu6Grad(gg, y), g.shape)),
    vjp([], (_gg, _out, _g, y) => zerosFor(y)),
  ],
  hardsigmoidGrad: [
    vjp([1], (gg, _out, g, x) => sumTo(hardsigmoidGrad(gg, x), g.shape)),
    vjp([], (_gg, _out, _g, x) => zerosFor(x)),
  ],
  hardswishGrad: [
    vjp([1], (gg, _out, g, x) => sumTo(hardswishGrad(gg, x), g.shape)),
    vjp([0, 1], (gg, _out, g, x) => sumTo(where(t.less(t.abs(x.value), 3), mul(mul(gg, g), 1 / 3), 0), x.shape)),
  ],
  geluGrad: [
    vjp([1], (gg, _out, g, x, options) => sumTo(geluGrad(gg, x, options), g.shape)),
    vjp([0, 1], (gg, _out, g, x, { approximate }) =>
      sumTo(mul(mul(gg, g), approximate === 'tanh' ? geluTanhCurvature(x) : geluCurvature(x)), x.shape)),
  ],
  clampGrad: [
    vjp([1], (gg, _out, _g, x, options) => clampGrad(gg, x, options)),
    vjp([], (_gg, _out, _g, x) => zerosFor(x)),
  ],
  leakyReluGrad: [
    vjp([1], (gg, _out, _g, x, slope) => leakyReluGrad(gg, x, slope)),
    vjp([], (_gg, _out, _g, x) => zerosFor(x)),
  ],
  // For x < 0 the exponential is its own derivative.
  eluGrad: [
    vjp([1], (gg, _out, _g, x, alpha) => eluGrad(gg, x, alpha)),
    vjp([0, 1], (gg, _out, g, x, alpha) => where(t.greater(x.value, 0), 0, eluGrad(mul(gg, g), x, alpha))),
  ],
  softplusGrad: [
    vjp([1], (gg, _out, _g, x, options) => softplusGrad(gg, x, options)),
    vjp([0, 1], (gg, _out, g, x, options) => softplusCurvature(mul(gg, g), x, options)),
  ],
};

/** gelu″ = φ(x)·(2 − x²), φ(x) = e^(−x²/2)/√(2π). */
function geluCurvature(x: Variable): Variable {
  const x2 = square(x);
  return mul(mul(exp(mul(x2, -0.5)), 1 / Math.sqrt(2 * Math.PI)), sub(2, x2));
}

/** (x·σ(v))″ = σ′·(2v′ + x·(v″ + (1 − 2σ)·v′²)), σ′ = σ(1 − σ), for v = 2√(2/π)·(x + 0.044715x³). */
function geluTanhCurvature(x: Variable): Variable {
  const [c, k] = [2 * Math.sqrt(2 / Math.PI), 0.044715];
  const x2 = square(x);
  const s = sigmoid(mul(mul(x, add(mul(x2, k), 1)), c));
  const slope = mul(add(mul(x2, 3 * k), 1), c);
  const bend = add(mul(x, 6 * k * c), mul(sub(1, mul(s, 2)), square(slope)));
  return mul(mul(s, sub(1, s)), add(mul(slope, 2), mul(x, bend)));
}

/** g·softplus″ = g·beta·σ(beta·x)·(1 − σ(beta·x)); 0 beyond the threshold, where softplus is x. */
function softplusCurvature(g: Variable, x: Variable, { beta = 1, threshold = 20 }: SoftplusOptions): Variable {
  const curved = sigmoidGrad(mul(g, beta), sigmoid(mul(x, beta)));
  return where(t.greater(t.mul(x.value, beta), threshold), 0, curved);
}
