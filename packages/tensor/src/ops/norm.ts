/** Batch normalisation over channels, the last axis; all other axes are the rows it averages over. */
import { formatShape, sizeOf } from '../shape.js';
import { allocate, checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

/** Rows and channels of x; throws unless every named vector is `[C]`. */
function rowsOf(op: string, x: Tensor, vectors: Readonly<Record<string, Tensor>>): { rows: number; C: number } {
  checkTensor(op, 'x', x);
  if (x.rank < 1) throw new RangeError(`${op}: x has at least the channel axis; got a scalar`);
  const C = x.shape[x.rank - 1];
  for (const [name, vector] of Object.entries(vectors)) {
    checkTensor(op, name, vector);
    checkSameDType(op, x, vector);
    if (vector.rank !== 1 || vector.shape[0] !== C) {
      throw new RangeError(
        `${op}: ${name} has one value for each of the ${C} channels of ${formatShape(x.shape)}; ` +
          `got ${formatShape(vector.shape)}`,
      );
    }
  }
  return { rows: sizeOf(x.shape.slice(0, -1)), C };
}

/**
 * Mean and biased variance (divided by n) of every channel: `[…,C]` → `[C]` and `[C]`. Throws where there are no rows.
 */
export function moments(x: Tensor): { mean: Tensor; variance: Tensor } {
  const { rows, C } = rowsOf('moments', x, {});
  if (rows === 0) throw new RangeError(`moments: ${formatShape(x.shape)} has no rows to average over`);
  const mean = allocateLike([C], x);
  const variance = allocateLike([C], x);
  if (!x.isMeta && C > 0) kernelsFor(x).moments(rows, C, elements(contiguous(x)), elements(mean), elements(variance));
  return { mean, variance };
}

/**
 * (x − mean)/√(variance + eps)·gamma + beta, channel by channel. x `[…,C]`, all else `[C]`. Source: Ioffe & Szegedy
 * 2015.
 */
export const batchNorm = (
  x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: number,
): Tensor =>
  normalise('batchNorm', x, gamma, beta, mean, variance, eps);

/** `batchNorm`, then silu: one pass over memory instead of two. */
export const batchNormSilu = (
  x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: number,
): Tensor =>
  normalise('batchNormSilu', x, gamma, beta, mean, variance, eps);

function normalise(
  op: 'batchNorm' | 'batchNormSilu',
  x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: number,
): Tensor {
  const { rows, C } = rowsOf(op, x, { gamma, beta, mean, variance });
  const out = allocateLike(x.shape, x, gamma, beta, mean, variance);
  if (out.isMeta || out.size === 0) return out;
  const [source, scale, shift, centre, spread] = [x, gamma, beta, mean, variance].map(contiguous);
  kernelsFor(x)[op](
    rows, C, elements(source), elements(centre), elements(spread), elements(scale), elements(shift), eps, elements(out),
  );
  return out;
}

export interface BatchNormGradients {
  readonly dx: Tensor;
  readonly dgamma: Tensor;
  readonly dbeta: Tensor;
}

/** Gradients of `batchNorm` where mean and variance are the moments of x itself: for x, gamma and beta in one pass. */
export function batchNormGrad(
  dout: Tensor, x: Tensor, gamma: Tensor, mean: Tensor, variance: Tensor, eps: number,
): BatchNormGradients {
  const { rows, C } = rowsOf('batchNormGrad', x, { gamma, mean, variance });
  const results = gradients('batchNormGrad', dout, x, C);
  const { dx, dgamma, dbeta } = results;
  if (!dx.isMeta && C > 0) {
    const [source, cotangent, scale, centre, spread] = [x, dout, gamma, mean, variance].map(contiguous);
    kernelsFor(x).batchNormGrad(
      rows, C, elements(source), elements(cotangent), elements(centre), elements(spread), elements(scale), eps,
      elements(dx), elements(dgamma), elements(dbeta),
    );
  }
  return results;
}

/**
 * Gradients of `batchNormSilu` where mean and variance are the moments of x itself. What silu was applied to is
 * computed anew from x.
 */
export function batchNormSiluGrad(
  dout: Tensor, x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: number,
): BatchNormGradients {
  const { rows, C } = rowsOf('batchNormSiluGrad', x, { gamma, beta, mean, variance });
  const results = gradients('batchNormSiluGrad', dout, x, C);
  const { dx, dgamma, dbeta } = results;
  if (!dx.isMeta && C > 0) {
    const [source, cotangent, scale, shift, centre, spread] = [x, dout, gamma, beta, mean, variance].map(contiguous);
    kernelsFor(x).batchNormSiluGrad(
      rows, C, elements(source), elements(cotangent),
      elements(centre), elements(spread), elements(scale), elements(shift), eps,
      elements(dx), elements(dgamma), elements(dbeta),
    );
  }
  return results;
}

/** Uninitialised gradients for x `[…,C]`, gamma and beta; throws unless dout is like x. */
function gradients(op: string, dout: Tensor, x: Tensor, C: number): BatchNormGradients {
  checkTensor(op, 'dout', dout);
  checkSameDType(op, x, dout);
  if (dout.size !== x.size) {
    throw new RangeError(
      `${op}: the cotangent has the shape of x, ${formatShape(x.shape)}; got ${formatShape(dout.shape)}`,
    );
  }
  const isMeta = x.isMeta || dout.isMeta;
  const vector = (): Tensor => allocate([C], x.dtype, isMeta);
  return { dx: allocate(x.shape, x.dtype, isMeta), dgamma: vector(), dbeta: vector() };
}
