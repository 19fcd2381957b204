/** What moving elements needs to know before any moves: lengths, positions, shapes. Tensors and variables share it. */
import { formatShape, normalizeAxis, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';

/**
 * Which positions of an axis a slice takes: `count` of them, start, start + step, …. By NumPy's rule: a negative
 * position counts from the end, what lies outside is cut off, and without an end the slice goes on to the last position
 * in the direction of the step.
 */
export function sliceRange(
  length: number, start: number, end: number | undefined, step: number,
): { start: number; count: number } {
  if (![start, end ?? 0].every((position) => Number.isInteger(position) || Math.abs(position) === Infinity)) {
    throw new RangeError(`slice: start and end are whole numbers; got ${start}, ${end}`);
  }
  if (!Number.isInteger(step) || step === 0) {
    throw new RangeError(`slice: step is a whole number other than 0; got ${step}`);
  }
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const clip = (position: number): number =>
    Math.min(most, Math.max(least, position < 0 ? position + length : position));
  const from = clip(start);
  const to = end === undefined ? (step > 0 ? most : least) : clip(end);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return { start: count === 0 ? 0 : from, count };
}

/** The `end` that makes a slice from `start` by `step` take exactly `count` positions: one before 0 has no number. */
export const sliceEnd = (start: number, count: number, step: number): number | undefined =>
  start + count * step < 0 ? undefined : start + count * step;

/** The shape with the axes from `startAxis` to `endAxis` as one; a scalar's is `[1]`. */
export function flattenedShape(shape: Shape, startAxis: number, endAxis: number): number[] {
  const full = shape.length === 0 ? [1] : shape;
  const [from, to] = [startAxis, endAxis].map((axis) => normalizeAxis('flatten', axis, full));
  if (from > to) {
    throw new RangeError(`flatten: startAxis is not behind endAxis; ` +
      `got ${startAxis}, ${endAxis} for ${formatShape(shape)}`);
  }
  return [...full.slice(0, from), sizeOf(full.slice(from, to + 1)), ...full.slice(to + 1)];
}

/** The position, from 0, of the axis along which `stack` puts arrays of these shapes. */
export function stackAxis(shapes: readonly Shape[], axis: number): number {
  if (shapes.length === 0) throw new TypeError('stack: takes an array of at least one tensor; got an empty one');
  const odd = shapes.find((shape) => !sameShape(shape, shapes[0]));
  if (odd !== undefined) {
    throw new RangeError(`stack: shapes are equal; got ${formatShape(shapes[0])} and ${formatShape(odd)}`);
  }
  return normalizeAxis('stack', axis, [...shapes[0], 1]);
}

/** The lengths of the parts into which `split` cuts an axis: given, or `parts` equal ones. */
export function splitLengths(parts: number | readonly number[], axis: number, shape: Shape): readonly number[] {
  const length = shape[normalizeAxis('split', axis, shape)];
  const whole = `axis ${axis} of ${formatShape(shape)}, which has length ${length}`;
  if (typeof parts === 'number') {
    if (!Number.isInteger(parts) || parts < 1 || length % parts !== 0) {
      throw new RangeError(`split: ${parts} is no number of equal parts of ${whole}; give the lengths of the parts`);
    }
    return new Array<number>(parts).fill(length / parts);
  }
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (!parts.every((part) => Number.isInteger(part) && part >= 0) || total !== length) {
    throw new RangeError(`split: the lengths [${parts.join(',')}] do not add up to ${whole}`);
  }
  return parts;
}

export type PadMode = 'constant' | 'reflect' | 'edge';
export type PadWidths = readonly (readonly [before: number, after: number])[];

/** `value` belongs to the mode 'constant' alone. */
export type PadOptions =
  | { readonly mode?: 'constant'; readonly value?: number }
  | { readonly mode: 'reflect' | 'edge' };

/** Throws unless there is a pair of widths for every axis, and enough elements for the mode. */
export function checkPad(widths: PadWidths, mode: PadMode, shape: Shape): void {
  if (!['constant', 'reflect', 'edge'].includes(mode)) {
    throw new RangeError(`pad: mode is 'constant', 'reflect' or 'edge'; got ${String(mode)}`);
  }
  if (widths.length !== shape.length) {
    throw new RangeError(`pad: takes [before, after] for each of the ${shape.length} axes of ${formatShape(shape)}; ` +
      `got ${widths.length}`);
  }
  for (const [axis, pair] of widths.entries()) {
    const where = `axis ${axis} of ${formatShape(shape)}`;
    if (pair.length !== 2 || !pair.every((width) => Number.isInteger(width) && width >= 0)) {
      throw new RangeError(`pad: ${where} takes two whole numbers >= 0; ` +
        `got [${pair.join(',')}]; to cut off, use slice`);
    }
    const widest = Math.max(...pair);
    if (mode === 'edge' && widest > 0 && shape[axis] === 0) throw new RangeError(`pad: ${where} has no edge to repeat`);
    if (mode === 'reflect' && widest > 0 && widest >= shape[axis]) {
      throw new RangeError(`pad: mode 'reflect' adds fewer elements than the axis has; ` +
        `got [${pair.join(',')}] for ${where}`);
    }
  }
}

/**
 * Where the elements of a padded axis come from. edge: `0 0 | 0 1 2 | 2 2`. reflect, without the edge itself:
 * `2 1 | 0 1 2 | 1 0`.
 */
export function padPositions(mode: 'reflect' | 'edge', length: number, [before, after]: PadWidths[number]): number[] {
  const last = length - 1;
  return Array.from({ length: before + length + after }, (_, i) => {
    const position = i - before;
    if (mode === 'edge') return Math.min(last, Math.max(0, position));
    return position > last ? 2 * last - position : Math.abs(position);
  });
}

/** For every axis that `roll` moves: how many of its elements come to the front, less than its length. */
export function rollShifts(
  shifts: number | readonly number[], axes: number | readonly number[], shape: Shape,
): { axis: number; length: number; shift: number }[] {
  const [shiftList, axisList] = [[shifts].flat(), [axes].flat()];
  if (shiftList.length !== axisList.length) {
    throw new RangeError(`roll: takes one shift an axis; ` +
      `got shifts [${shiftList.join(',')}] and axes [${axisList.join(',')}]`);
  }
  const wrong = shiftList.find((shift) => !Number.isInteger(shift));
  if (wrong !== undefined) throw new RangeError(`roll: shifts are whole numbers; got ${wrong}`);
  return axisList.flatMap((given, i) => {
    const axis = normalizeAxis('roll', given, shape);
    const length = shape[axis];
    const shift = length === 0 ? 0 : ((shiftList[i] % length) + length) % length;
    return shift === 0 ? [] : [{ axis, length, shift }];
  });
}

/**
 * Three shapes, one after the other, that repeat an array: with an axis of length 1 before each of its own, with that
 * axis repeated, and with the two as one. Axes the array lacks are put in front.
 */
export function tileShapes(
  counts: readonly number[], shape: Shape,
): { apart: number[]; repeated: number[]; joined: number[] } {
  if (counts.length < shape.length) {
    throw new RangeError(`tile: takes a count for each of the ${shape.length} axes of ${formatShape(shape)}, ` +
      `or more; got ${counts.length}`);
  }
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 0);
  if (wrong !== undefined) throw new RangeError(`tile: counts are whole numbers >= 0; got ${wrong}`);
  const lengths = [...new Array<number>(counts.length - shape.length).fill(1), ...shape];
  return {
    apart: lengths.flatMap((length) => [1, length]),
    repeated: lengths.flatMap((length, axis) => [counts[axis], length]),
    joined: lengths.map((length, axis) => counts[axis] * length),
  };
}
