/** Diagonals: two axes walked as one. */
import type { Shape } from '@vitrine/tensor';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';

/** The elements whose positions along the two axes are equal: the axes go, the diagonal comes last. */
export const diagonal = (x: Input, axis1: number, axis2: number): Variable =>
  apply('diagonal', variable('diagonal', x), axis1, axis2);
/** Zeros of `shape` with g on the diagonal of the two axes: the gradient of `diagonal`. */
export const padDiagonal = (g: Input, shape: Shape, axis1: number, axis2: number): Variable =>
  apply('padDiagonal', variable('padDiagonal', g), shape, axis1, axis2);
