/** Derivatives of diagonals: onto the diagonal, and off it again. */
import type { DiagonalArgs, Vjps } from '../args.js';
import { diagonal as take, padDiagonal } from '../ops/index.js';
import { vjp } from '../record.js';

export const diagonal: Vjps<DiagonalArgs> = {
  diagonal: [vjp([], (g, _out, x, axis1, axis2) => padDiagonal(g, x.shape, axis1, axis2))],
  padDiagonal: [vjp([], (gg, _out, _g, _shape, axis1, axis2) => take(gg, axis1, axis2))],
};
