/** Scores to probabilities, along the last axis. */
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

function alongLast(kind: 'softmax' | 'logSoftmax', x: Tensor): Tensor {
  checkTensor(kind, 'x', x);
  if (x.rank < 1) throw new RangeError(`${kind}: works along the last axis; got a scalar`);
  const out = allocateLike(x.shape, x);
  if (out.isMeta || out.size === 0) return out;
  const n = x.shape[x.rank - 1];
  kernelsFor(x)[kind](x.size / n, n, elements(contiguous(x)), elements(out));
  return out;
}

/** exp(xᵢ)/Σⱼ exp(xⱼ) along the last axis, computed after subtracting the maximum. */
export const softmax = (x: Tensor): Tensor => alongLast('softmax', x);
/** xᵢ − log Σⱼ exp(xⱼ) along the last axis. */
export const logSoftmax = (x: Tensor): Tensor => alongLast('logSoftmax', x);
