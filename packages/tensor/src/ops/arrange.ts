/** Tensors put together, taken apart, turned round. All copy, but `split`: its parts are views. */
import { formatShape, normalizeAxes, normalizeAxis, sizeOf } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { checkPad, padPositions, rollShifts, splitLengths, stackAxis, tileShapes } from './arrange-rules.js';
import type { PadOptions, PadWidths } from './arrange-rules.js';
import { full } from './create.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { indexSelect } from './index-select.js';
import { broadcastTo, contiguous, reshape, slice, unsqueeze } from './views.js';

function checkList(op: string, xs: readonly Tensor[]): void {
  if (!Array.isArray(xs) || xs.length === 0) {
    throw new TypeError(`${op}: takes an array of at least one tensor; ` +
      `got ${Array.isArray(xs) ? 'an empty one' : String(xs)}`);
  }
  xs.forEach((x, i) => checkTensor(op, `xs[${i}]`, x));
  checkSameDType(op, ...xs);
}

/** Tensors one after the other along an axis; all other axes agree. PyTorch's `cat`. */
export function concat(xs: readonly Tensor[], axis = 0): Tensor {
  checkList('concat', xs);
  const [{ shape, rank }] = xs;
  const along = normalizeAxis('concat', axis, shape);
  const odd = xs.find((x) => x.rank !== rank || x.shape.some((n, i) => i !== along && n !== shape[i]));
  if (odd !== undefined) {
    throw new RangeError(`concat: shapes agree on every axis but ${axis}; ` +
      `got ${formatShape(shape)} and ${formatShape(odd.shape)}`);
  }
  const length = xs.reduce((sum, x) => sum + x.shape[along], 0);
  const out = allocateLike(shape.with(along, length), ...xs);
  if (out.isMeta || out.size === 0) return out;
  const sources = xs.map(contiguous); // before any elements are taken: an allocation may move a private memory
  const [outer, inner] = [sizeOf(shape.slice(0, along)), sizeOf(shape.slice(along + 1))];
  let start = 0;
  for (const source of sources) {
    const count = source.shape[along];
    kernelsFor(out).place(outer, count, inner, elements(source), length, start, 1, elements(out));
    start += count;
  }
  return out;
}

/** Tensors of one shape along a new axis, inserted before `axis`. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  checkList('stack', xs);
  const at = stackAxis(xs.map(({ shape }) => shape), axis);
  return concat(xs.map((x) => unsqueeze(x, at)), at);
}

/**
 * Undoes `concat`: parts of an axis, one after the other. `parts` are their lengths, or how many equal ones there are
 * (as in NumPy; PyTorch's `split` takes the length of a part). Views.
 */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor('split', 'x', x);
  let end = 0;
  return splitLengths(parts, axis, x.shape).map((length) => slice(x, axis, end, (end += length)));
}

/**
 * x with a border: on every axis, widths[axis] = [before, after] more elements. 'constant': `value` (default 0);
 * 'reflect': the elements in reverse, not repeating the outermost; 'edge': the outermost again (PyTorch's 'replicate').
 */
export function pad(x: Tensor, widths: PadWidths, options: PadOptions = {}): Tensor {
  checkTensor('pad', 'x', x);
  const { mode = 'constant' } = options;
  const { value = 0 } = 'value' in options ? options : {};
  checkPad(widths, mode, x.shape);
  return widths.reduce((padded, [before, after], axis) => {
    if (before + after === 0) return padded;
    const { shape } = padded;
    if (mode !== 'constant') return indexSelect(padded, axis, padPositions(mode, shape[axis], [before, after]));
    const border = (width: number): Tensor => broadcastTo(full([], value, x.dtype), shape.with(axis, width));
    return concat([border(before), padded, border(after)], axis);
  }, x);
}

/** The elements in reverse order along each of the axes. */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  checkTensor('flip', 'x', x);
  return normalizeAxes('flip', axes, x.shape).reduce((flipped, axis) => slice(flipped, axis, -1, undefined, -1), x);
}

/** Every element `shifts` positions further along its axis; those that leave at the end come back in front. */
export function roll(x: Tensor, shifts: number | readonly number[], axes: number | readonly number[]): Tensor {
  checkTensor('roll', 'x', x);
  return rollShifts(shifts, axes, x.shape).reduce((rolled, { axis, length, shift }) =>
    concat([slice(rolled, axis, length - shift), slice(rolled, axis, 0, length - shift)], axis), x);
}

/** x counts[axis] times side by side along every axis; counts for axes that x lacks come first. PyTorch's `repeat`. */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  checkTensor('tile', 'x', x);
  const { apart, repeated, joined } = tileShapes(counts, x.shape);
  return reshape(broadcastTo(reshape(x, apart), repeated), joined);
}
