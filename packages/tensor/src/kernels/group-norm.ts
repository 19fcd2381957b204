import type { Floats } from './geometry.js';

/**
 * out[n,p,g,d] = (x[n,p,g,d] − mean[n,g]) / √(variance[n,g] + eps) · gamma[g,d] + beta[g,d], where
 * mean[n,g] and variance[n,g] (biased) are those of the P·D numbers x[n,·,g,·].
 * Group normalisation has P pixels and G groups of D channels; layer normalisation P = G = 1, and N rows of D numbers.
 * x, out: N × P × G × D; gamma, beta: G × D. out is overwritten and may be x itself. P = 0 or D = 0 does nothing.
 * Two passes in float64, as in `moments`, then one that writes. What belongs to a group is kept in scratch of length G.
 * Cost: 7·N·P·G·D flops; x is read three times.
 * Source: Wu & He 2018; Ba, Kiros & Hinton 2016.
 */
export function groupNorm(
  N: number, P: number, G: number, D: number, x: Floats, gamma: Floats, beta: Floats, eps: number, out: Floats,
): void {
  const mean = new Float64Array(G);
  const invStd = new Float64Array(G);
  const C = G * D;
  const size = P * C;
  for (let start = 0; start < N * size; start += size) {
    mean.fill(0);
    for (let at = start; at < start + size;) {
      for (let g = 0; g < G; g++) {
        for (let d = 0; d < D; d++, at++) mean[g] += x[at];
      }
    }
    for (let g = 0; g < G; g++) mean[g] /= P * D;

    invStd.fill(0);
    for (let at = start; at < start + size;) {
      for (let g = 0; g < G; g++) {
        for (let d = 0; d < D; d++, at++) invStd[g] += (x[at] - mean[g]) ** 2;
      }
    }
    for (let g = 0; g < G; g++) invStd[g] = 1 / Math.sqrt(invStd[g] / (P * D) + eps);

    for (let at = start; at < start + size; at += C) {
      for (let c = 0; c < C; c++) {
        const g = Math.floor(c / D);
        out[at + c] = (x[at + c] - mean[g]) * invStd[g] * gamma[c] + beta[c];
      }
    }
  }
}
