import type { Floats } from './geometry.js';

/**
 * Order along the last axis: x is `rows` rows of n numbers. What is computed is where each element comes from; the
 * values are fetched by `takeAlong`, along any axis, whose gradient is `putAlong`. Indices are whole numbers held as
 * floats (exact up to 2²⁴ in float32), like those of argmax.
 */

/** Whether a stands strictly before b. NaN counts as the largest number, as in PyTorch: last if ascending. */
const precedes = (a: number, b: number, descending: boolean): boolean =>
  (descending ? a > b || (a !== a && b === b) : a < b || (b !== b && a === a));

/**
 * indices[r,j] = where in row r the element stands that comes j-th. Stable: equals (and NaNs) keep their order.
 * x: rows × n; indices: rows × n, overwritten, must not alias.
 * Cost: rows·n·log₂ n comparisons; 2n numbers of scratch.
 * Merge sort from the bottom up: runs of 1, 2, 4, … are merged in pairs. Source: Knuth, TAOCP vol. 3, 5.2.4.
 */
export function sortIndices(rows: number, n: number, descending: boolean, x: Floats, indices: Floats): void {
  let from = new Uint32Array(n);
  let to = new Uint32Array(n);
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * n, (r + 1) * n);
    for (let j = 0; j < n; j++) from[j] = j;
    for (let width = 1; width < n; width *= 2) {
      for (let start = 0; start < n; start += 2 * width) {
        merge(row, from, to, start, Math.min(start + width, n), Math.min(start + 2 * width, n), descending);
      }
      [from, to] = [to, from];
    }
    indices.set(from, r * n);
  }
}

/** Merges the sorted runs from[start … middle) and from[middle … end) into `to`; of equals, the left one goes first. */
function merge(
  row: Floats, from: Uint32Array, to: Uint32Array, start: number, middle: number, end: number, descending: boolean,
): void {
  let left = start;
  let right = middle;
  for (let j = start; j < end; j++) {
    const takeRight = left === middle || (right < end && precedes(row[from[right]], row[from[left]], descending));
    to[j] = takeRight ? from[right++] : from[left++];
  }
}

/**
 * indices[r,j] = where in row r the j-th largest element stands (smallest, unless `largest`); of equals, the first.
 * Without `sorted` the same k indices, ascending: the elements in the order they stand in x.
 * x: rows × n; 0 ≤ k ≤ n; indices: rows × k, overwritten, must not alias.
 * Cost: rows·(n + m·log₂ k) comparisons, m ≤ n being how often an element displaces another; k numbers of scratch.
 * A heap holds the best k so far with the worst of them at its root. Source: Knuth, TAOCP vol. 3, 5.2.3.
 */
export function topKIndices(
  rows: number, n: number, k: number, largest: boolean, sorted: boolean, x: Floats, indices: Floats,
): void {
  const heap = new Uint32Array(k);
  for (let r = 0; r < rows && k > 0; r++) {
    const row = x.subarray(r * n, (r + 1) * n);
    for (let j = 0; j < k; j++) heap[j] = j;
    for (let root = (k >> 1) - 1; root >= 0; root--) sink(row, heap, k, root, largest);
    for (let j = k; j < n; j++) {
      if (!precedes(row[j], row[heap[0]], largest)) continue; // an equal one came earlier, and stays
      heap[0] = j;
      sink(row, heap, k, 0, largest);
    }
    if (sorted) unwind(row, heap, largest);
    else heap.sort();
    indices.set(heap, r * k);
  }
}

/** Restores the heap below `root`: whoever ranks last rises. */
function sink(row: Floats, heap: Uint32Array, size: number, root: number, largest: boolean): void {
  for (let child = 2 * root + 1; child < size; child = 2 * root + 1) {
    if (child + 1 < size && ranks(row, heap[child], heap[child + 1], largest)) child++;
    if (ranks(row, heap[child], heap[root], largest)) return;
    [heap[root], heap[child]] = [heap[child], heap[root]];
    root = child;
  }
}

/** Heap to sorted list, in place: the root, which ranks last, goes to the end, again and again. */
function unwind(row: Floats, heap: Uint32Array, largest: boolean): void {
  for (let size = heap.length - 1; size > 0; size--) {
    [heap[0], heap[size]] = [heap[size], heap[0]];
    sink(row, heap, size, 0, largest);
  }
}

/** Whether element a ranks before element b: by value, then by position. */
const ranks = (row: Floats, a: number, b: number, largest: boolean): boolean =>
  precedes(row[a], row[b], largest) || (!precedes(row[b], row[a], largest) && a < b);

/**
 * out[o,j,i] = x[o, indices[o,j,i], i]; an index of −1 takes 0.
 * x: outer × n × inner; indices, out: outer × k × inner; out is overwritten, must not alias x.
 */
export function takeAlong(
  outer: number, n: number, k: number, inner: number, x: Floats, indices: Floats, out: Floats,
): void {
  for (let o = 0, at = 0; o < outer; o++) {
    for (let j = 0; j < k; j++) {
      for (let i = 0; i < inner; i++, at++) out[at] = indices[at] < 0 ? 0 : x[(o * n + indices[at]) * inner + i];
    }
  }
}

/**
 * out[o, indices[o,j,i], i] += g[o,j,i], all else 0: the transpose of `takeAlong`. An index of −1 puts nothing.
 * g, indices: outer × k × inner; out: outer × n × inner, overwritten, must not alias. Rounds to its type at every
 * addition.
 */
export function putAlong(
  outer: number, n: number, k: number, inner: number, g: Floats, indices: Floats, out: Floats,
): void {
  out.fill(0);
  for (let o = 0, at = 0; o < outer; o++) {
    for (let j = 0; j < k; j++) {
      for (let i = 0; i < inner; i++, at++) if (indices[at] >= 0) out[(o * n + indices[at]) * inner + i] += g[at];
    }
  }
}
