import type { Floats } from './geometry.js';

/**
 * Softmax over the last axis: x is a matrix of `rows` distributions of n logits. Subtracting the row's maximum
 * changes nothing in the quotient and keeps exp from overflowing. Infinities and NaN come out as in PyTorch: an entry
 * of −∞ gets probability 0, but a row of nothing but −∞, or one with +∞ or NaN anywhere, is NaN throughout.
 */

/**
 * out[i,j] = exp(x[i,j]) / Σₖ exp(x[i,k])
 * x, out: rows × n; out is overwritten and may be x itself. n = 0 does nothing.
 * Cost: rows·n exponentials. Sums in float64.
 */
export function softmax(rows: number, n: number, x: Floats, out: Floats): void {
  for (let at = 0; at < rows * n; at += n) {
    const top = rowMax(n, x, at);
    let sum = 0;
    for (let j = at; j < at + n; j++) {
      const e = Math.exp(x[j] - top);
      out[j] = e;
      sum += e;
    }
    for (let j = at; j < at + n; j++) out[j] /= sum;
  }
}

/**
 * out[i,j] = x[i,j] − log Σₖ exp(x[i,k])
 * x, out: rows × n; out is overwritten and may be x itself. n = 0 does nothing.
 * Cost: rows·n exponentials. Sums in float64. More accurate than the logarithm of `softmax`, which is −∞ once a
 * probability has become 0.
 */
export function logSoftmax(rows: number, n: number, x: Floats, out: Floats): void {
  for (let at = 0; at < rows * n; at += n) {
    const top = rowMax(n, x, at);
    let sum = 0;
    for (let j = at; j < at + n; j++) sum += Math.exp(x[j] - top);
    const logSum = Math.log(sum);
    for (let j = at; j < at + n; j++) out[j] = x[j] - top - logSum;
  }
}

/** Largest of n elements; a NaN may be passed over, as it makes the row NaN in any case. */
function rowMax(n: number, x: Floats, at: number): number {
  let top = -Infinity;
  for (let j = at; j < at + n; j++) if (x[j] > top) top = x[j];
  return top;
}
