/** Derivatives of moving elements: each cotangent goes back where its element came from. */
import { variadic } from '../args.js';
import type { ArrangeArgs, Vjps } from '../args.js';
import { indexSelect, indexSelectGrad, split } from '../ops/index.js';
import { joint, vjp } from '../record.js';

export const arrange: Vjps<ArrangeArgs> = {
  // One pass for all: the parts are views of g.
  concat: joint([], (g, _out, ...args) => {
    const [xs, axis] = variadic(args);
    return split(g, xs.map(({ shape }) => shape.at(axis)!), axis);
  }),
  indexSelect: [vjp([2], (g, _out, x, axis, indices) => indexSelectGrad(g, x.shape, axis, indices))],
  indexSelectGrad: [vjp([3], (gg, _out, _dout, _shape, axis, indices) => indexSelect(gg, axis, indices))],
};
