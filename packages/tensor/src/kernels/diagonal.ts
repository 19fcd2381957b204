import type { Floats } from './geometry.js';

/**
 * out[m, i, j] = x[m, i] where i = j, else 0: each row of x on the diagonal of a matrix.
 * x: count × min(rows, columns), out: count × rows × columns, overwritten, must not alias.
 * Cost: one write for each element of out.
 */
export function padDiagonal(count: number, rows: number, columns: number, x: Floats, out: Floats): void {
  const n = Math.min(rows, columns);
  out.fill(0, 0, count * rows * columns);
  for (let m = 0; m < count; m++) {
    for (let i = 0; i < n; i++) out[(m * rows + i) * columns + i] = x[m * n + i];
  }
}
