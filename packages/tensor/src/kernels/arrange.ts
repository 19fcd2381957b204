/**
 * Moving elements along one axis. An array is seen as outer × length × inner: the axes before the one along which
 * elements move, that axis, and those after it.
 */
import type { Floats } from './geometry.js';

/**
 * out[o, start + k·step, i] = x[o, k, i]
 * x: outer × count × inner; out: outer × length × inner, of which nothing else is written; must not alias.
 * step may be negative, all positions lie inside 0 … length − 1.
 * Cost: a copy of x, in runs of count·inner elements for step 1, else of inner.
 */
export function place(
  outer: number, count: number, inner: number, x: Floats, length: number, start: number, step: number, out: Floats,
): void {
  const [runs, run] = step === 1 ? [1, count * inner] : [count, inner];
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < runs; k++) {
      move(run, x, from, out, (o * length + start + k * step) * inner);
      from += run;
    }
  }
}

/**
 * out[o, k, i] = x[o, indices[k], i]
 * x: outer × length × inner; out: outer × indices.length × inner, overwritten, must not alias. Indices may repeat.
 * Cost: one copy of out.
 */
export function indexSelect(
  outer: number, length: number, inner: number, indices: Int32Array, x: Floats, out: Floats,
): void {
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      move(inner, x, (o * length + index) * inner, out, to);
      to += inner;
    }
  }
}

/**
 * dx[o, j, i] = Σ dout[o, k, i] over the k with indices[k] = j
 * dout: outer × indices.length × inner; dx: outer × length × inner, overwritten, must not alias.
 * k ascending, one after the other: the same sum in every run. Rounds to dx's type at every addition.
 */
export function indexSelectGrad(
  outer: number, length: number, inner: number, indices: Int32Array, dout: Floats, dx: Floats,
): void {
  dx.fill(0, 0, outer * length * inner);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      const to = (o * length + index) * inner;
      for (let i = 0; i < inner; i++) dx[to + i] += dout[from + i];
      from += inner;
    }
  }
}

/** out[to + i] = x[from + i], i < n. */
function move(n: number, x: Floats, from: number, out: Floats, to: number): void {
  if (n >= 64) out.set(x.subarray(from, from + n), to); // pays for its call on long runs only
  else for (let i = 0; i < n; i++) out[to + i] = x[from + i];
}
