/** Derivatives of running totals and of elements picked along an axis: both are linear, and each has its transpose. */
import type { OrderArgs, Vjps } from '../args.js';
import { cumsum, putAlong, takeAlong } from '../ops/index.js';
import { vjp } from '../record.js';

export const order: Vjps<OrderArgs> = {
  // x[j] is part of every total from the j-th on.
  cumsum: [vjp([], (g, _out, _x, axis, { reverse = false }) => cumsum(g, axis, { reverse: !reverse }))],
  takeAlong: [vjp([1], (g, _out, x, indices, axis) => putAlong(g, indices, axis, x.shape.at(axis)!))],
  putAlong: [vjp([1], (gg, _out, _g, indices, axis) => takeAlong(gg, indices, axis))],
};
