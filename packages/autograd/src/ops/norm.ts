/** Batch normalisation. */
import * as t from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import { Variable } from '../variable.js';
import { silu } from './elementwise.js';

type Operands = readonly [x: Variable, gamma: Variable, beta: Variable];
const operandsOf = (op: string, x: Input, gamma: Input, beta: Input): Operands =>
  [variable(op, x), variable(op, gamma), variable(op, beta)];

/** Normalises by the batch's own moments, which come from `moments(x)`; the gradient for x knows that they do. */
export const batchNormTrain = (
  x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number,
): Variable => apply('batchNormTrain', ...operandsOf('batchNorm', x, gamma, beta), mean, variance, eps);
/** Normalises by given moments: constants. */
export const batchNormEval = (
  x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number,
): Variable => apply('batchNormEval', ...operandsOf('batchNorm', x, gamma, beta), mean, variance, eps);

/**
 * `silu(batchNormTrain(…))` as one operation: only x and the vectors are kept for the way back, not what silu was
 * applied to.
 */
export const batchNormSiluTrain = (
  x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number,
): Variable => apply('batchNormSiluTrain', ...operandsOf('batchNormSilu', x, gamma, beta), mean, variance, eps);
/** `silu(batchNormEval(…))`: in one pass where no gradients are asked for and nobody looks at what is in between. */
export function batchNormSiluEval(
  x: Input, gamma: Input, beta: Input, mean: t.Tensor, variance: t.Tensor, eps: number,
): Variable {
  const operands = operandsOf('batchNormSilu', x, gamma, beta);
  const recorded = runtime.gradientMode && operands.some((operand) => operand.requiresGrad);
  if (recorded || runtime.anomaly !== null) return silu(batchNormEval(...operands, mean, variance, eps));
  const [source, scale, shift] = operands.map((operand) => operand.value);
  return new Variable(t.batchNormSilu(source, scale, shift, mean, variance, eps));
}
