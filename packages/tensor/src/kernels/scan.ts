import type { Floats } from './geometry.js';

/**
 * out[o,k,i] = Σ_{j ≤ k} x[o,j,i], every sum on the way; with `reverse` Σ_{j ≥ k}, which starts at the end.
 * x, out: outer × n × inner; out is overwritten and may be x itself.
 * Cost: outer·n·inner additions; strides of `inner` elements. Sums in float64; rounds each result once.
 */
export function cumsum(outer: number, n: number, inner: number, reverse: boolean, x: Floats, out: Floats): void {
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let at = o * n * inner + i + (reverse ? (n - 1) * inner : 0);
      let total = 0;
      for (let k = 0; k < n; k++, at += step) {
        total += x[at];
        out[at] = total;
      }
    }
  }
}
