/** The derivative of resampling: it is linear, so the transposed table carries the cotangent back. */
import { transposed } from '@vitrine/tensor/internal';
import type { ResizeArgs, Vjps } from '../args.js';
import { resample } from '../ops/index.js';
import { vjp } from '../record.js';

export const resize: Vjps<ResizeArgs> = {
  resample: [vjp([], (g, _out, _x, axis, table) => resample(g, axis, transposed(table)))],
};
