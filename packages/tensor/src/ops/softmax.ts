/** Scores to probabilities, along one axis. */
import { scope } from '../heap/scope.js';
import { normalizeAxis } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { axisBack, axisLast } from './axis.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

/** The kernels work along the last axis; another one is moved there and back. */
function alongAxis(kind: 'softmax' | 'logSoftmax', x: Tensor, axis: number): Tensor {
  checkTensor(kind, 'x', x);
  const along = normalizeAxis(kind, axis, x.shape);
  if (along === x.rank - 1) return alongLast(kind, x);
  return scope(() => axisBack(alongLast(kind, axisLast(x, along)), along), kind);
}

function alongLast(kind: 'softmax' | 'logSoftmax', x: Tensor): Tensor {
  const out = allocateLike(x.shape, x);
  if (out.isMeta || out.size === 0) return out;
  const n = x.shape[x.rank - 1];
  kernelsFor(x)[kind](x.size / n, n, elements(contiguous(x)), elements(out));
  return out;
}

/** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis (default: the last), computed after subtracting the maximum. */
export const softmax = (x: Tensor, axis = -1): Tensor => alongAxis('softmax', x, axis);
/** xᵢ − log Σⱼ exp(xⱼ) along an axis (default: the last). */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => alongAxis('logSoftmax', x, axis);
