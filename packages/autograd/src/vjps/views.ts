/** Derivatives of views: the same move, backwards. */
import { sliceEnd, sliceRange } from '@vitrine/tensor/internal';
import type { Vjps, ViewArgs } from '../args.js';
import { padSlice, permute, reshape, slice, sumTo } from '../ops/index.js';
import { vjp } from '../record.js';

export const views: Vjps<ViewArgs> = {
  reshape: [vjp([], (g, _out, x) => reshape(g, x.shape))],
  permute: [vjp([], (g, _out, x, axes) => permute(g, inverse(axes, x.shape.length)))],
  broadcastTo: [vjp([], (g, _out, x) => sumTo(g, x.shape))],
  slice: [vjp([], (g, _out, x, axis, start, end, step) =>
    padSlice(g, x.shape, axis, sliceRange(x.shape.at(axis)!, start, end, step).start, step))],
  padSlice: [vjp([], (gg, _out, g, _shape, axis, start, step) =>
    slice(gg, axis, start, sliceEnd(start, g.shape.at(axis)!, step), step))],
};

function inverse(axes: readonly number[], rank: number): number[] {
  const back = new Array<number>(rank);
  axes.forEach((axis, i) => (back[axis < 0 ? axis + rank : axis] = i));
  return back;
}
