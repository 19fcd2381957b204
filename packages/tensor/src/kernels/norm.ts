import { binary, unary } from './elementwise.js';
import type { Floats } from './geometry.js';

/**
 * Batch normalisation. x is a matrix of `rows` = N·H·W pixels by C channels; every channel is normalised with its
 * own mean and variance. Loops run over rows outside and channels inside, so that memory is read in order; what
 * belongs to a channel is kept in float64 scratch of length C.
 * Source: Ioffe & Szegedy 2015.
 */

/**
 * mean[c] = 1/rows · Σᵢ x[i,c];   variance[c] = 1/rows · Σᵢ (x[i,c] − mean[c])²   (biased)
 * x: rows × C; mean, variance: [C], overwritten, must not alias x. rows = 0 writes NaN.
 * Two passes in float64, differences taken from the unrounded mean: Σx² − (Σx)²/rows would cancel where |mean| is large
 * beside the deviation, this does not.
 * Cost: 4·rows·C flops, x is read twice.
 */
export function moments(rows: number, C: number, x: Floats, mean: Floats, variance: Floats): void {
  const center = new Float64Array(C);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) center[c] += x[at + c];
  }
  for (let c = 0; c < C; c++) center[c] /= rows;

  const squares = new Float64Array(C);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) {
      const difference = x[at + c] - center[c];
      squares[c] += difference * difference;
    }
  }
  for (let c = 0; c < C; c++) {
    mean[c] = center[c];
    variance[c] = squares[c] / rows;
  }
}

/**
 * out[i,c] = (x[i,c] − mean[c]) / √(variance[c] + eps) · gamma[c] + beta[c]
 * x, out: rows × C; mean, variance, gamma, beta: [C]. out is overwritten and may be x itself.
 * Cost: 3·rows·C flops.
 */
export function batchNorm(
  rows: number, C: number,
  x: Floats, mean: Floats, variance: Floats, gamma: Floats, beta: Floats, eps: number, out: Floats,
): void {
  const scale = new Float64Array(C);
  for (let c = 0; c < C; c++) scale[c] = gamma[c] / Math.sqrt(variance[c] + eps);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) out[at + c] = (x[at + c] - mean[c]) * scale[c] + beta[c];
  }
}

/**
 * The gradient in training, where mean and variance are those of x itself and so depend on it.
 * With x̂ = (x − mean)/σ and σ = √(variance + eps):
 *   dbeta[c]  = Σᵢ dout[i,c]
 *   dgamma[c] = Σᵢ dout[i,c]·x̂[i,c]
 *   dx[i,c]   = gamma[c]/σ[c] · (dout[i,c] − dbeta[c]/rows − x̂[i,c]·dgamma[c]/rows)
 * The last two terms take from dout what would move the mean and the variance: a change of x in those directions is
 * normalised away.
 * x, dout, dx: rows × C; the others [C]. mean and variance as `moments` gives them. dx, dgamma and dbeta are
 * overwritten; dx may be dout or x itself.
 * Cost: 9·rows·C flops, x and dout are read twice.
 * Source: Ioffe & Szegedy 2015, section 3, simplified.
 */
export function batchNormGrad(
  rows: number, C: number, x: Floats, dout: Floats, mean: Floats, variance: Floats, gamma: Floats, eps: number,
  dx: Floats, dgamma: Floats, dbeta: Floats,
): void {
  const invStd = new Float64Array(C);
  for (let c = 0; c < C; c++) invStd[c] = 1 / Math.sqrt(variance[c] + eps);

  const sumDout = new Float64Array(C);
  const sumDoutX = new Float64Array(C);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) {
      const d = dout[at + c];
      sumDout[c] += d;
      sumDoutX[c] += d * (x[at + c] - mean[c]) * invStd[c];
    }
  }

  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) {
      const xHat = (x[at + c] - mean[c]) * invStd[c];
      dx[at + c] = gamma[c] * invStd[c] * (dout[at + c] - (sumDout[c] + xHat * sumDoutX[c]) / rows);
    }
  }
  for (let c = 0; c < C; c++) {
    dgamma[c] = sumDoutX[c];
    dbeta[c] = sumDout[c];
  }
}

/**
 * out[i,c] = silu(y[i,c]),   y[i,c] = (x[i,c] − mean[c]) / √(variance[c] + eps) · gamma[c] + beta[c]
 * `batchNorm` and the activation that follows it, in one pass over memory instead of two.
 * x, out: rows × C; mean, variance, gamma, beta: [C]. out is overwritten and may be x itself. y is not rounded in
 * between.
 * Cost: 3·rows·C flops and rows·C exponentials.
 */
export function batchNormSilu(
  rows: number, C: number,
  x: Floats, mean: Floats, variance: Floats, gamma: Floats, beta: Floats, eps: number, out: Floats,
): void {
  const scale = new Float64Array(C);
  for (let c = 0; c < C; c++) scale[c] = gamma[c] / Math.sqrt(variance[c] + eps);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) out[at + c] = unary.silu((x[at + c] - mean[c]) * scale[c] + beta[c]);
  }
}

/**
 * The gradient of `batchNormSilu` in training: the cotangent of y, then `batchNormGrad`.
 *   dy[i,c] = dout[i,c] · silu′(y[i,c])
 * y is computed anew from x, so that the forward pass need not keep it. dx holds dy between the two passes.
 * x, dout, dx: rows × C; the others [C]. mean and variance as `moments` gives them. dx, dgamma and dbeta are
 * overwritten; dx may be dout itself, but not x.
 * Cost: 17·rows·C flops and rows·C exponentials.
 */
export function batchNormSiluGrad(
  rows: number, C: number,
  x: Floats, dout: Floats, mean: Floats, variance: Floats, gamma: Floats, beta: Floats, eps: number,
  dx: Floats, dgamma: Floats, dbeta: Floats,
): void {
  const scale = new Float64Array(C);
  for (let c = 0; c < C; c++) scale[c] = gamma[c] / Math.sqrt(variance[c] + eps);
  for (let i = 0, at = 0; i < rows; i++, at += C) {
    for (let c = 0; c < C; c++) dx[at + c] = binary.siluGrad(dout[at + c], (x[at + c] - mean[c]) * scale[c] + beta[c]);
  }
  batchNormGrad(rows, C, x, dx, mean, variance, gamma, eps, dx, dgamma, dbeta);
}
