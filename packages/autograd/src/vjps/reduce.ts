/** Derivatives of reductions: what was summed gets the sum's cotangent back, everywhere. */
import * as t from '@vitrine/tensor';
import type { ReduceOptions, Shape } from '@vitrine/tensor';
import type { ReduceArgs, Vjps } from '../args.js';
import { broadcastTo, exp, mul, reshape, sub, sum } from '../ops/index.js';
import { vjp } from '../record.js';
import { Variable } from '../variable.js';

export const reduce: Vjps<ReduceArgs> = {
  sum: [vjp([], (g, _out, x, options) => spread(g, x.shape, options))],
  max: [vjp([0, 'out'], (g, out, x, options) => mul(spread(g, x.shape, options), winners(out, x, options)))],
  min: [vjp([0, 'out'], (g, out, x, options) => mul(spread(g, x.shape, options), winners(out, x, options)))],
  // Jᵀg = y·(g − Σ g·y)
  softmax: [vjp(['out'], (g, y) => mul(y, sub(g, sum(mul(g, y), { axes: -1, keepDims: true }))))],
  // Jᵀg = g − softmax·Σ g
  logSoftmax: [vjp(['out'], (g, y) => sub(g, mul(exp(y), sum(g, { axes: -1, keepDims: true }))))],
};

/** A reduced tensor repeated over the axes it lost. */
function spread(g: Variable, shape: Shape, { axes }: ReduceOptions): Variable {
  const reduced = t.normalizeAxes('sum', axes, shape);
  const kept = shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  return broadcastTo(reshape(g, kept), shape);
}

/** 1/k at each of the k places that hold the extreme (as PyTorch's amax). A constant. */
function winners(out: Variable, x: Variable, options: ReduceOptions): Variable {
  const held = t.equal(x.value, spread(new Variable(out.value), x.shape, options).value);
  return new Variable(t.div(held, t.sum(held, { ...options, keepDims: true })));
}
