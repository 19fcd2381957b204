import type { Floats } from './geometry.js';

/**
 * Reductions over one run of axes: x is seen as outer × n × inner, n is reduced away, out is outer × inner.
 * A sum over the last axis has inner = 1, a sum of rows outer = 1, the sum of everything both.
 */

/**
 * out[o,i] = Σₖ x[o,k,i]
 * x: outer × n × inner; out: outer × inner, overwritten, must not alias. n = 0 writes zeros.
 * Cost: outer·n·inner additions, memory read in order. Accumulates in float64, k ascending; rounds once.
 */
export function sum(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  if (inner === 1) return sumRows(outer, n, x, out);
  const sums = new Float64Array(inner);
  for (let o = 0, at = 0; o < outer; o++) {
    sums.fill(0);
    for (let k = 0; k < n; k++, at += inner) {
      for (let i = 0; i < inner; i++) sums[i] += x[at + i];
    }
    for (let i = 0; i < inner; i++) out[o * inner + i] = sums[i];
  }
}

/** The case inner = 1: the sum stays in a register. */
function sumRows(outer: number, n: number, x: Floats, out: Floats): void {
  for (let o = 0, at = 0; o < outer; o++) {
    let total = 0;
    for (const end = at + n; at < end; at++) total += x[at];
    out[o] = total;
  }
}

/**
 * out[o,i] = maxₖ x[o,k,i]; NaN if any of them is.
 * x: outer × n × inner, n ≥ 1; out: outer × inner, overwritten, must not alias.
 * Cost: outer·n·inner comparisons, memory read in order.
 */
export function max(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  for (let o = 0, at = 0; o < outer; o++) {
    const to = o * inner;
    for (let i = 0; i < inner; i++) out[to + i] = -Infinity;
    for (let k = 0; k < n; k++, at += inner) {
      for (let i = 0; i < inner; i++) out[to + i] = Math.max(out[to + i], x[at + i]);
    }
  }
}

/**
 * out[o,i] = minₖ x[o,k,i]; NaN if any of them is.
 * x: outer × n × inner, n ≥ 1; out: outer × inner, overwritten, must not alias.
 * Cost: outer·n·inner comparisons, memory read in order.
 */
export function min(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  for (let o = 0, at = 0; o < outer; o++) {
    const to = o * inner;
    for (let i = 0; i < inner; i++) out[to + i] = Infinity;
    for (let k = 0; k < n; k++, at += inner) {
      for (let i = 0; i < inner; i++) out[to + i] = Math.min(out[to + i], x[at + i]);
    }
  }
}

/**
 * out[o,i] = the first k at which x[o,k,i] is largest; NaN counts as larger than everything, as in PyTorch.
 * x: outer × n × inner, n ≥ 1; out: outer × inner, overwritten, must not alias. (A Float32Array holds indices
 * exactly up to 2²⁴.)
 * Cost: outer·n·inner comparisons; strides of `inner` elements, since it is used on the last axis.
 */
export function argmax(outer: number, n: number, inner: number, x: Floats, out: Floats | Int32Array): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = o * n * inner + i;
      let index = 0;
      let best = x[from];
      for (let k = 1; k < n && !Number.isNaN(best); k++) {
        const value = x[from + k * inner];
        if (value > best || Number.isNaN(value)) {
          index = k;
          best = value;
        }
      }
      out[o * inner + i] = index;
    }
  }
}
