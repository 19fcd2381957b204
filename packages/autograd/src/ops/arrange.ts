/** Variables put together, taken apart, turned round, looked up. */
import * as t from '@vitrine/tensor';
import type { Indices, PadOptions, PadWidths, Shape, Tensor } from '@vitrine/tensor';
import {
  checkPad, checkScatter, flatPositions, indexTensor, padPositions, rollShifts, splitLengths, stackAxis, tileShapes,
} from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { add } from './elementwise.js';
import { broadcastTo, reshape, slice, unsqueeze } from './views.js';

/** Variables one after the other along an axis; all other axes agree. PyTorch's `cat`. */
export const concat = (xs: readonly Input[], axis = 0): Variable =>
  apply('concat', ...xs.map((x) => variable('concat', x)), axis);

/** Variables of one shape along a new axis, inserted before `axis`. */
export function stack(xs: readonly Input[], axis = 0): Variable {
  const variables = xs.map((x) => variable('stack', x));
  const at = stackAxis(variables.map(({ shape }) => shape), axis);
  return concat(variables.map((x) => unsqueeze(x, at)), at);
}

/** Undoes `concat`: parts of an axis, of the given lengths or so many equal ones. Views. */
export function split(x: Input, parts: number | readonly number[], axis = 0): Variable[] {
  const v = variable('split', x);
  let end = 0;
  return splitLengths(parts, axis, v.shape).map((length) => slice(v, axis, end, (end += length)));
}

/** x with a border: 'constant' (default 0), 'reflect' or 'edge'; widths[axis] = [before, after]. */
export function pad(x: Input, widths: PadWidths, options: PadOptions = {}): Variable {
  const v = variable('pad', x);
  const { mode = 'constant' } = options;
  const { value = 0 } = 'value' in options ? options : {};
  checkPad(widths, mode, v.shape);
  return widths.reduce((padded, [before, after], axis) => {
    if (before + after === 0) return padded;
    const { shape } = padded;
    if (mode !== 'constant') return indexSelect(padded, axis, padPositions(mode, shape[axis], [before, after]));
    const border = (width: number): Tensor => t.broadcastTo(t.full([], value, v.value.dtype), shape.with(axis, width));
    return concat([border(before), padded, border(after)], axis);
  }, v);
}

/** The elements in reverse order along each of the axes. */
export function flip(x: Input, axes: number | readonly number[]): Variable {
  const v = variable('flip', x);
  return t.normalizeAxes('flip', axes, v.shape).reduce((flipped, axis) => slice(flipped, axis, -1, undefined, -1), v);
}

/** Every element `shifts` positions further along its axis; those that leave at the end come back in front. */
export function roll(x: Input, shifts: number | readonly number[], axes: number | readonly number[]): Variable {
  const v = variable('roll', x);
  return rollShifts(shifts, axes, v.shape).reduce((rolled, { axis, length, shift }) =>
    concat([slice(rolled, axis, length - shift), slice(rolled, axis, 0, length - shift)], axis), v);
}

/** x counts[axis] times side by side along every axis; counts for axes that x lacks come first. PyTorch's `repeat`. */
export function tile(x: Input, counts: readonly number[]): Variable {
  const v = variable('tile', x);
  const { apart, repeated, joined } = tileShapes(counts, v.shape);
  return reshape(broadcastTo(reshape(v, apart), repeated), joined);
}

/** The slices of x at the given positions of an axis; a position that is named twice gets both gradients. */
export const indexSelect = (x: Input, axis: number, indices: Indices): Variable =>
  apply('indexSelect', variable('indexSelect', x), axis, indexTensor('indexSelect', indices));
/** Zeros of `inputShape`, to which every slice of dout is added at its index: the gradient of `indexSelect`. */
export const indexSelectGrad = (dout: Input, inputShape: Shape, axis: number, indices: Indices): Variable => {
  const list = indexTensor('indexSelectGrad', indices);
  return apply('indexSelectGrad', variable('indexSelectGrad', dout), inputShape, axis, list);
};

/** out[i, j] = x[i, index[i, j]] for axis 1 of a matrix: `indexSelect` on x as one long row. PyTorch's `gather`. */
export function gather(x: Input, axis: number, index: Tensor): Variable {
  const v = variable('gather', x);
  const positions = flatPositions('gather', index, axis, v.shape);
  return reshape(indexSelect(reshape(v, [v.value.size]), 0, positions), index.shape);
}

/** x with every element of `source` added where `gather` with this index would read it. PyTorch's `scatter_add`. */
export function scatterAdd(x: Input, axis: number, index: Tensor, source: Input): Variable {
  const [v, w] = [variable('scatterAdd', x), variable('scatterAdd', source)];
  checkScatter(v.value, index, w.value);
  const positions = flatPositions('scatterAdd', index, axis, v.shape);
  const added = indexSelectGrad(reshape(w, [positions.size]), [v.value.size], 0, positions);
  return add(v, reshape(added, v.shape));
}
