/** Derivatives of views: the same move, backwards. */
import type { Vjps, ViewArgs } from '../args.js';
import { padSlice, permute, reshape, slice, sumTo } from '../ops/index.js';
import { vjp } from '../record.js';

export const views: Vjps<ViewArgs> = {
  reshape: [vjp([], (g, _out, x) => reshape(g, x.shape))],
  permute: [vjp([], (g, _out, x, axes) => permute(g, inverse(axes, x.shape.length)))],
  broadcastTo: [vjp([], (g, _out, x) => sumTo(g, x.shape))],
  slice: [vjp([], (g, _out, x, axis, start) => padSlice(g, x.shape, axis, clip(start, x.shape.at(axis)!)))],
  padSlice: [vjp([], (gg, _out, g, _shape, axis, start) => slice(gg, axis, start, start + g.shape.at(axis)!))],
};

/** The position `slice` starts from: a negative one counts from the end, none lies outside. */
const clip = (start: number, length: number): number => Math.min(length, Math.max(0, start < 0 ? start + length : start));

function inverse(axes: readonly number[], rank: number): number[] {
  const back = new Array<number>(rank);
  axes.forEach((axis, i) => (back[axis < 0 ? axis + rank : axis] = i));
  return back;
}
