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
  argExtreme(outer, n, inner, 1, x, out);
}

/**
 * out[o,i] = the first k at which x[o,k,i] is smallest; NaN counts as smaller than everything, as in PyTorch.
 * x: outer × n × inner, n ≥ 1; out: outer × inner, overwritten, must not alias. (A Float32Array holds indices
 * exactly up to 2²⁴.)
 * Cost: outer·n·inner comparisons; strides of `inner` elements.
 */
export function argmin(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  argExtreme(outer, n, inner, -1, x, out);
}

/** The largest sign·x. */
function argExtreme(
  outer: number, n: number, inner: number, sign: 1 | -1, x: Floats, out: Floats | Int32Array,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = o * n * inner + i;
      let index = 0;
      let best = sign * x[from];
      for (let k = 1; k < n && !Number.isNaN(best); k++) {
        const value = sign * x[from + k * inner];
        if (value > best || Number.isNaN(value)) {
          index = k;
          best = value;
        }
      }
      out[o * inner + i] = index;
    }
  }
}

/**
 * out[o,i] = Πₖ x[o,k,i]
 * x: outer × n × inner; out: outer × inner, overwritten, must not alias. n = 0 writes ones.
 * Cost: outer·n·inner multiplications; strides of `inner` elements. Multiplies in float64, k ascending; rounds once.
 */
export function prod(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let product = 1;
      for (let k = 0, at = o * n * inner + i; k < n; k++, at += inner) product *= x[at];
      out[o * inner + i] = product;
    }
  }
}

/**
 * out[o,i] = log Σₖ exp(x[o,k,i]), computed as top + log Σₖ exp(x[o,k,i] − top) with the largest as top: then no
 * exponential overflows, and one of them is 1. Nothing but −∞ gives −∞, a +∞ gives +∞, a NaN gives NaN.
 * x: outer × n × inner; out: outer × inner, overwritten, must not alias. n = 0 writes −∞, the logarithm of nothing.
 * Cost: outer·n·inner exponentials; strides of `inner` elements. Sums in float64, k ascending; rounds once.
 */
export function logSumExp(outer: number, n: number, inner: number, x: Floats, out: Floats): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = o * n * inner + i;
      let top = -Infinity;
      for (let k = 0; k < n; k++) top = Math.max(top, x[from + k * inner]);
      let total = 0;
      for (let k = 0; k < n; k++) total += Math.exp(x[from + k * inner] - top);
      // ∞ − ∞ is no number: an infinite top, or NaN, is itself the answer.
      out[o * inner + i] = Number.isFinite(top) ? top + Math.log(total) : top;
    }
  }
}

/**
 * out[o,i] = (Σₖ |x[o,k,i]|ᵖ)^(1/p); for p = ∞ its limit, maxₖ |x[o,k,i]|.
 * x: outer × n × inner; p > 0; out: outer × inner, overwritten, must not alias. n = 0 writes zeros.
 * Cost: outer·n·inner powers, which for p = 1, 2 and ∞ are free; strides of `inner` elements. Sums in float64, k
 * ascending, so that no float32 square overflows; rounds once.
 */
export function norm(outer: number, n: number, inner: number, p: number, x: Floats, out: Floats): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let k = 0, at = o * n * inner + i; k < n; k++, at += inner) {
        const size = Math.abs(x[at]);
        if (p === Infinity) total = Math.max(total, size);
        else total += p === 2 ? size * size : p === 1 ? size : size ** p;
      }
      out[o * inner + i] = p === Infinity || p === 1 ? total : p === 2 ? Math.sqrt(total) : total ** (1 / p);
    }
  }
}
