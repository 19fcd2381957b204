/**
 * Derivatives of max pooling: the cotangent goes where the value came from. The places are worked out anew from x,
 * which is one fast pass, so that only x is kept: what comes before it mostly has saved that already.
 */
import * as t from '@vitrine/tensor';
import type { MaxPoolArgs, Vjps } from '../args.js';
import { gatherPixels, scatterPixels } from '../ops/index.js';
import { vjp } from '../record.js';

export const maxPool: Vjps<MaxPoolArgs> = {
  maxPool2d: [vjp([0], (g, _out, x, options) => {
    const { indices } = t.maxPool2dWithIndices(x.value, options);
    return scatterPixels(g, indices, x.shape);
  })],
  adaptiveMaxPool2d: [vjp([0], (g, _out, x, size) => {
    const { indices } = t.adaptiveMaxPool2dWithIndices(x.value, size);
    return scatterPixels(g, indices, x.shape);
  })],
  gatherPixels: [vjp([1], (g, _out, x, indices) => scatterPixels(g, indices, x.shape))],
  scatterPixels: [vjp([1], (gg, _out, _g, indices) => gatherPixels(gg, indices))],
};
