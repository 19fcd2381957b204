import type { Floats } from './geometry.js';

/**
 * Resampling along one axis: every element that comes out is a weighted sum of a few neighbours. Resizing an image is
 * that twice, down the rows and along them; a mean over cells is it with equal weights.
 */

/** One element that comes out: Σₖ weights[k]·x[first + k]. */
export interface ResamplingRow {
  readonly first: number;
  readonly weights: Float64Array;
}

/** A banded matrix: as many rows as elements come out, `length` columns. All that a row reads lies inside the axis. */
export interface Resampling {
  readonly length: number;
  readonly rows: readonly ResamplingRow[];
}

/**
 * out[o,i,c] = Σₖ rows[i].weights[k] · x[o, rows[i].first + k, c]
 * x: outer × length × inner; out: outer × rows.length × inner, overwritten, must not alias. A row without weights
 * writes zeros.
 * Cost: 2·outer·inner flops for each weight. Accumulates in float64, k ascending; rounds once.
 */
export function resample(outer: number, inner: number, { length, rows }: Resampling, x: Floats, out: Floats): void {
  const sums = new Float64Array(inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { first, weights } of rows) {
      sums.fill(0);
      let from = (o * length + first) * inner;
      for (const weight of weights) {
        for (let c = 0; c < inner; c++) sums[c] += weight * x[from + c];
        from += inner;
      }
      out.set(sums, to);
      to += inner;
    }
  }
}
