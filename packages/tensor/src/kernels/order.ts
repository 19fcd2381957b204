import type { Floats } from './geometry.js';

/**
 * Order along the last axis: x is `rows` rows of n numbers. What is computed is where each element comes from; the
 * values are fetched by `takeAlong`, whose gradient is `putAlong`. Indices are whole numbers held as floats (exact up
 * to 2²⁴ in float32), like those of argmax.
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
 * out[r,j] = x[r, indices[r,j]]; an index of −1 takes 0.
 * x: rows × n; indices, out: rows × k; out is overwritten, must not alias x.
 */
export function takeAlong(rows: number, n: number, k: number, x: Floats, indices: Floats, out: Floats): void {
  for (let r = 0, at = 0; r < rows; r++) {
    for (let j = 0; j < k; j++, at++) out[at] = indices[at] < 0 ? 0 : x[r * n + indices[at]];
  }
}

/**
 * out[r, indices[r,j]] += g[r,j], all else 0: the transpose of `takeAlong`. An index of −1 puts nothing.
 * g, indices: rows × k; out: rows × n, overwritten, must not alias.
 */
export function putAlong(rows: number, n: number, k: number, g: Floats, indices: Floats, out: Floats): void {
  out.fill(0);
  for (let r = 0, at = 0; r < rows; r++) {
    for (let j = 0; j < k; j++, at++) if (indices[at] >= 0) out[r * n + indices[at]] += g[at];
  }
}
