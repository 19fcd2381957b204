/** Derivatives of reductions: what was summed gets the sum's cotangent back, everywhere. */
import * as t from '@vitrine/tensor';
import type { NormOptions, ReduceOptions, Shape } from '@vitrine/tensor';
import { reducedShape } from '@vitrine/tensor/internal';
import type { ReduceArgs, Vjps } from '../args.js';
import { abs, add, broadcastTo, exp, maximum, mul, pow, reciprocal, reshape, sub, sum } from '../ops/index.js';
import { vjp } from '../record.js';
import { Variable } from '../variable.js';

/** Finite in float32, and so low that no sum of exponentials has it for a logarithm. */
const LOWEST = -3e38;

export const reduce: Vjps<ReduceArgs> = {
  sum: [vjp([], (g, _out, x, options) => spread(g, x.shape, options))],
  max: [vjp([0, 'out'], (g, out, x, options) => mul(spread(g, x.shape, options), winners(out, x, options)))],
  min: [vjp([0, 'out'], (g, out, x, options) => mul(spread(g, x.shape, options), winners(out, x, options)))],
  logSumExp: [
    vjp([0, 'out'], (g, out, x, options) => {
      // g·softmax(x). Where nothing but −∞ went in, −∞ − (−∞) would be no number: x is −∞ below any finite one.
      const floor = maximum(spread(out, x.shape, options), LOWEST);
      return mul(spread(g, x.shape, options), exp(sub(x, floor)));
    }),
  ],
  norm: [vjp([0, 'out'], (g, out, x, options) => mul(spread(g, x.shape, options), normSlope(out, x, options)))],
  // Jᵀg = y·(g − Σ g·y)
  softmax: [vjp(['out'], (g, y, _x, axis) => mul(y, sub(g, sum(mul(g, y), { axes: axis, keepDims: true }))))],
  // Jᵀg = g − softmax·Σ g
  logSoftmax: [vjp(['out'], (g, y, _x, axis) => sub(g, mul(exp(y), sum(g, { axes: axis, keepDims: true }))))],
};

/** A reduced tensor repeated over the axes it lost. */
function spread(g: Variable, shape: Shape, { axes }: ReduceOptions): Variable {
  const reduced = t.normalizeAxes('sum', axes, shape);
  return broadcastTo(reshape(g, reducedShape(shape, reduced, true)), shape);
}

/** 1/k at each of the k places that hold the extreme (as PyTorch's amax). A constant. */
function winners(out: Variable, x: Variable, options: ReduceOptions): Variable {
  const held = t.equal(x.value, spread(new Variable(out.value), x.shape, options).value);
  return new Variable(t.div(held, t.sum(held, { ...options, keepDims: true })));
}

/**
 * ∂norm/∂x = sign(x)·(|x|/norm)^(p − 1), and 0 for x = 0: so PyTorch's gradient at the zero vector and, for p < 1, at
 * zero elements, is 0 where there is none.
 */
function normSlope(out: Variable, x: Variable, { p = 2, ...options }: NormOptions): Variable {
  const sign = new Variable(t.sign(x.value));
  if (p === 1) return sign;
  if (p === Infinity) return mul(sign, winners(out, new Variable(t.abs(x.value)), options));
  // Where the norm is 0, any other number in its place keeps the quotient finite: x is 0 there.
  const isZero = new Variable(t.equal(out.value, 0));
  const inverse = mul(reciprocal(add(out, isZero)), sub(1, isZero));
  if (p === 2) return mul(x, spread(inverse, x.shape, options));
  const unit = mul(abs(x), spread(inverse, x.shape, options));
  const atZero = new Variable(t.equal(unit.value, 0));
  return mul(sign, pow(add(unit, atZero), p - 1));
}
