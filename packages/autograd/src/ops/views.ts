/** Other ways of looking at the same elements. */
import * as t from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { flattenedShape, repeatedAxes } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { sum } from './reduce.js';

export const reshape = (x: Input, shape: Shape): Variable => apply('reshape', variable('reshape', x), shape);
export const permute = (x: Input, axes: readonly number[]): Variable => apply('permute', variable('permute', x), axes);
export const broadcastTo = (x: Input, shape: Shape): Variable =>
  apply('broadcastTo', variable('broadcastTo', x), shape);
/** Elements start, start + step, … before `end` along one axis. A negative step walks backwards, and copies. */
export const slice = (x: Input, axis: number, start: number, end?: number, step = 1): Variable =>
  apply('slice', variable('slice', x), axis, start, end, step);
/** Zeros of `shape` with g at positions start, start + step, … along `axis`: the gradient of `slice`. */
export const padSlice = (g: Input, shape: Shape, axis: number, start: number, step = 1): Variable =>
  apply('padSlice', variable('padSlice', g), shape, axis, start, step);

/** An axis of length 1 inserted before `axis`. */
export function unsqueeze(x: Input, axis: number): Variable {
  const v = variable('unsqueeze', x);
  return reshape(v, t.unsqueeze(v.value, axis).shape);
}

/** The axis, which must have length 1, removed. */
export function squeeze(x: Input, axis: number): Variable {
  const v = variable('squeeze', x);
  return reshape(v, t.squeeze(v.value, axis).shape);
}

/** The axes from `startAxis` to `endAxis` as one. */
export function flatten(x: Input, startAxis = 0, endAxis = -1): Variable {
  const v = variable('flatten', x);
  return reshape(v, flattenedShape(v.shape, startAxis, endAxis));
}

/** The last two axes swapped. */
export function mT(x: Input): Variable {
  const v = variable('mT', x);
  const axes = v.shape.map((_, axis) => axis);
  return permute(v, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Undoes broadcasting: sums over the axes that broadcasting `shape` to x.shape repeated. */
export function sumTo(x: Input, shape: Shape): Variable {
  const v = variable('sumTo', x);
  if (t.sameShape(v.shape, shape)) return v;
  return reshape(sum(v, { axes: repeatedAxes('sumTo', shape, v.shape) }), shape);
}
