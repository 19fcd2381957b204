/** Derivatives of products and convolutions: each is linear in every input, so its gradients are products again. */
import type { LinearArgs, Vjps } from '../args.js';
import {
  averagePool2d, averagePool2dGrad, conv2d, conv2dInputGrad, conv2dWeightGrad, matmul, mT, sumTo,
} from '../ops/index.js';
import { vjp } from '../record.js';

export const linear: Vjps<LinearArgs> = {
  // Of matrices; the axes before them are broadcast.
  matmul: [
    vjp([1], (g, _out, a, b) => sumTo(matmul(g, mT(b)), a.shape)),
    vjp([0], (g, _out, a, b) => sumTo(matmul(mT(a), g), b.shape)),
  ],

  conv2d: [
    vjp([1], (g, _out, x, w, options) => conv2dInputGrad(g, w, x.shape, options)),
    vjp([0], (g, _out, x, w, options) => conv2dWeightGrad(x, g, w.shape, options)),
  ],
  conv2dInputGrad: [
    vjp([1], (gg, _out, _dout, w, _shape, options) => conv2d(gg, w, options)),
    vjp([0], (gg, _out, dout, w, _shape, options) => conv2dWeightGrad(gg, dout, w.shape, options)),
  ],
  conv2dWeightGrad: [
    vjp([1], (gg, _out, x, dout, _shape, options) => conv2dInputGrad(dout, gg, x.shape, options)),
    vjp([0], (gg, _out, x, _dout, _shape, options) => conv2d(x, gg, options)),
  ],

  averagePool2d: [vjp([], (g, _out, x, options) => averagePool2dGrad(g, x.shape, options))],
  averagePool2dGrad: [vjp([], (gg, _out, _dout, _shape, options) => averagePool2d(gg, options))],
};
