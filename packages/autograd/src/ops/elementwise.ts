/** Element by element. */
import type { Tensor } from '@vitrine/tensor';
import { scalarLike } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { apply, pair, variable } from '../apply.js';
import type { Input, Operand } from '../apply.js';
import { Variable } from '../variable.js';

export const neg = (x: Input): Variable => apply('neg', variable('neg', x));
export const abs = (x: Input): Variable => apply('abs', variable('abs', x));
export const square = (x: Input): Variable => apply('square', variable('square', x));
export const sqrt = (x: Input): Variable => apply('sqrt', variable('sqrt', x));
/** 1/√x. */
export const rsqrt = (x: Input): Variable => apply('rsqrt', variable('rsqrt', x));
/** 1/x. */
export const reciprocal = (x: Input): Variable => apply('reciprocal', variable('reciprocal', x));
export const exp = (x: Input): Variable => apply('exp', variable('exp', x));
/** Natural logarithm. */
export const log = (x: Input): Variable => apply('log', variable('log', x));
/** 1/(1 + e⁻ˣ). */
export const sigmoid = (x: Input): Variable => apply('sigmoid', variable('sigmoid', x));
export const tanh = (x: Input): Variable => apply('tanh', variable('tanh', x));
export const relu = (x: Input): Variable => apply('relu', variable('relu', x));
/** x·σ(x). */
export const silu = (x: Input): Variable => apply('silu', variable('silu', x));
export const sin = (x: Input): Variable => apply('sin', variable('sin', x));
export const cos = (x: Input): Variable => apply('cos', variable('cos', x));
/** log(1 + x), accurate for small x. */
export const log1p = (x: Input): Variable => apply('log1p', variable('log1p', x));
/** eˣ − 1, accurate for small x. */
export const expm1 = (x: Input): Variable => apply('expm1', variable('expm1', x));
/** 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = (x: Input): Variable => apply('erf', variable('erf', x));
/** −1, 0 or 1. The gradient is 0, as is that of the following three. */
export const sign = (x: Input): Variable => apply('sign', variable('sign', x));
export const floor = (x: Input): Variable => apply('floor', variable('floor', x));
export const ceil = (x: Input): Variable => apply('ceil', variable('ceil', x));
/** The nearest whole number; of two, the even one. */
export const round = (x: Input): Variable => apply('round', variable('round', x));

export const add = (a: Operand, b: Operand): Variable => apply('add', ...pair('add', a, b));
export const sub = (a: Operand, b: Operand): Variable => apply('sub', ...pair('sub', a, b));
export const mul = (a: Operand, b: Operand): Variable => apply('mul', ...pair('mul', a, b));
export const div = (a: Operand, b: Operand): Variable => apply('div', ...pair('div', a, b));
/**
 * aᵇ. The gradient for b takes log a, and is NaN where a < 0. Where a = 0, that for b is 0 if b ≥ 0, and that for a is
 * 0 if b = 0, as in PyTorch.
 */
export const pow = (a: Operand, b: Operand): Variable => apply('pow', ...pair('pow', a, b));
/** The larger of two; of equals, each gets half the gradient. */
export const maximum = (a: Operand, b: Operand): Variable => apply('maximum', ...pair('maximum', a, b));
/** The smaller of two; of equals, each gets half the gradient. */
export const minimum = (a: Operand, b: Operand): Variable => apply('minimum', ...pair('minimum', a, b));
/**
 * a where the condition is not 0, else b, over the shape all three broadcast to. Gradients go to the operand that was
 * chosen; the condition, say `less(x.value, 0)` of two tensors, is a constant.
 */
export function where(condition: Input, a: Operand, b: Operand): Variable {
  const mask: Tensor = condition instanceof Variable ? condition.value : condition;
  checkTensor('where', 'condition', mask);
  const operand = (x: Operand): Variable =>
    (typeof x === 'number' ? new Variable(scalarLike(x, mask)) : variable('where', x));
  return apply('where', operand(a), operand(b), mask);
}
export const siluGrad = (g: Input, x: Input): Variable => apply('siluGrad', ...pair('siluGrad', g, x));
export const sigmoidGrad = (g: Input, y: Input): Variable => apply('sigmoidGrad', ...pair('sigmoidGrad', g, y));
export const tanhGrad = (g: Input, y: Input): Variable => apply('tanhGrad', ...pair('tanhGrad', g, y));
export const reluGrad = (g: Input, y: Input): Variable => apply('reluGrad', ...pair('reluGrad', g, y));
