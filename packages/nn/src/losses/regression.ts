/** How far a number is from the one wanted. Predictions and targets have one shape; both may be differentiated in. */
import { scope } from '@vitrine/tensor';
import { abs, minimum, mul, square, sub } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';
import { alike, reduced } from './reduction.js';
import type { LossOptions } from './reduction.js';

const NAMES = ['prediction', 'target'] as const;

/** (prediction − target)². PyTorch's `mse_loss`. */
export function mse(prediction: Input, target: Input, { reduction = 'mean' }: LossOptions = {}): Variable {
  const [x, y] = alike('mse', NAMES, prediction, target);
  return scope(() => reduced('mse', square(sub(x, y)), reduction), 'mse');
}

/** |prediction − target|; gradient 0 where they are equal. PyTorch's `l1_loss`. */
export function l1(prediction: Input, target: Input, { reduction = 'mean' }: LossOptions = {}): Variable {
  const [x, y] = alike('l1', NAMES, prediction, target);
  return scope(() => reduced('l1', abs(sub(x, y)), reduction), 'l1');
}

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola ends and the straight line begins. Default 1; 0 is `l1`, with its gradient 0 between equals. */
  readonly beta?: number | undefined;
}

/**
 * d²/(2·beta) for d = |prediction − target| < beta, d − beta/2 beyond: bounded gradients, and none that jumps.
 * Source: Girshick 2015 (Fast R-CNN). PyTorch's `smooth_l1_loss`.
 */
export function smoothL1(
  prediction: Input, target: Input, { beta = 1, reduction = 'mean' }: SmoothL1Options = {},
): Variable {
  const [x, y] = alike('smoothL1', NAMES, prediction, target);
  if (!(beta >= 0 && Number.isFinite(beta))) throw new RangeError(`smoothL1: beta is a number >= 0; got ${beta}`);
  return scope(() => {
    const d = abs(sub(x, y));
    return reduced('smoothL1', beta === 0 ? d : mul(clippedParabola(d, beta), 1 / beta), reduction);
  }, 'smoothL1');
}

export interface HuberOptions extends LossOptions {
  /** Where the parabola ends and the straight line begins. Default 1. */
  readonly delta?: number | undefined;
}

/**
 * d²/2 for d = |prediction − target| ≤ delta, delta·(d − delta/2) beyond: `smoothL1` times delta.
 * Source: Huber 1964. PyTorch's `huber_loss`.
 */
export function huber(
  prediction: Input, target: Input, { delta = 1, reduction = 'mean' }: HuberOptions = {},
): Variable {
  const [x, y] = alike('huber', NAMES, prediction, target);
  if (!(delta > 0 && Number.isFinite(delta))) throw new RangeError(`huber: delta is a number > 0; got ${delta}`);
  return scope(() => reduced('huber', clippedParabola(abs(sub(x, y)), delta), reduction), 'huber');
}

/** c·(d − c/2) with c = min(d, limit): d²/2 up to the limit, then the tangent. One formula, so no element is chosen. */
function clippedParabola(d: Variable, limit: number): Variable {
  const c = minimum(d, limit);
  return mul(c, sub(d, mul(c, 0.5)));
}
