/**
 * Shapes and strides: the arithmetic of where an element lives. No data here.
 *
 * A shape lists the length of every axis, outermost first; `[]` is a scalar. Strides say how many
 * elements lie between neighbours along each axis. A tensor is contiguous when its strides are the
 * ones `contiguousStrides` gives: then its elements stand in memory in reading order.
 */
export type Shape = readonly number[];

/** Number of elements: Π shape[i]. 1 for a scalar, 0 when any axis is empty. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** Row-major strides, in elements: strides[i] = Π_{j>i} shape[j]. `[2,3,4]` → `[12,4,1]`. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** The index of the element that is `i`-th in reading order: `[2,3]`, 4 → `[1,1]`. */
export const indexAt = (i: number, shape: Shape): number[] =>
  contiguousStrides(shape).map((stride, axis) => Math.floor(i / stride) % shape[axis]);

/** Whether walking the tensor in reading order walks memory one element at a time. Axes of length 1 have no say. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** `[8,32,32,3]`, as errors and prints show it. */
export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`;

/**
 * Throws unless every length is a whole number ≥ 0 and the product is at most 2⁵³ − 1.
 * (How much memory there is, the heap says; a meta tensor may be larger than any memory.)
 */
export function checkShape(op: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape)) {
    throw new TypeError(`${op}: a shape is an array of axis lengths such as [2,3]; got ${String(shape)}`);
  }
  for (const length of shape as unknown[]) {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
      throw new RangeError(
        `${op}: axis lengths are whole numbers >= 0; got ${String(length)} in [${shape.map(String).join(',')}]`,
      );
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape as number[]))) {
    throw new RangeError(`${op}: shape ${formatShape(shape as number[])} has more than 2^53 elements`);
  }
}

/** Axis in 0..rank−1; a negative one counts from the end. Throws a RangeError naming `op` and the shape. */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? 'a scalar has no axes' : `axes of ${formatShape(shape)} are ${-rank}..${rank - 1}`;
    throw new RangeError(`${op}: axis ${String(axis)} is out of range; ${range}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Several axes, normalised, in ascending order. `undefined` means all. Throws if one is named twice. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, shape: Shape): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes)
    .map((axis) => normalizeAxis(op, axis, shape))
    .sort((a, b) => a - b);
  const twice = list.find((axis, i) => axis === list[i - 1]);
  if (twice !== undefined) throw new RangeError(`${op}: axis ${twice} of ${formatShape(shape)} is named twice`);
  return list;
}

/**
 * The shape two operands broadcast to: aligned at the last axis, lengths must be equal or one of them 1.
 * `[8,1,3]` with `[5,1]` → `[8,5,3]`. Source: NumPy's broadcasting rule.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = i <= a.length ? a[a.length - i] : 1;
    const n = i <= b.length ? b[b.length - i] : 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `${op}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ` +
          `axis ${-i} has lengths ${m} and ${n}; ` +
          `aligned at the last axis, lengths must be equal or 1`,
      );
    }
    out[rank - i] = m === 1 ? n : m;
  }
  return out;
}

/**
 * The axes of `target` along which broadcasting `shape` to it repeats elements. Throws if it does not broadcast to
 * that.
 */
export function repeatedAxes(op: string, shape: Shape, target: Shape): number[] {
  const shift = target.length - shape.length;
  if (shift < 0 || shape.some((length, axis) => length !== 1 && length !== target[axis + shift])) {
    throw new RangeError(
      `${op}: ${formatShape(target)} is no broadcast of ${formatShape(shape)}; ` +
        `aligned at the last axis, lengths must be equal or 1`,
    );
  }
  return target
    .map((_, axis) => axis)
    .filter((axis) => axis < shift || (shape[axis - shift] === 1 && target[axis] !== 1));
}

/** Strides of a view that repeats `shape` over `target` without copying: a stride of 0 reads the same element again. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const shift = target.length - shape.length;
  return target.map((length, axis) => {
    const own = axis - shift;
    return own < 0 || (shape[own] === 1 && length !== 1) ? 0 : strides[own];
  });
}

/**
 * Merges neighbouring axes that every operand walks as one, and drops axes of length 1, so that a kernel
 * sees the fewest loops: `[8,56,56,96]` with a per-channel operand becomes `[25088,96]`. Rank ≥ 1 on return.
 */
export function collapseAxes(
  shape: Shape, operands: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [];
  const outStrides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis];
    if (length === 1) continue;
    const last = outShape.length - 1;
    const mergeable = last >= 0 && operands.every((strides, i) => outStrides[i][last] === strides[axis] * length);
    if (mergeable) outShape[last] *= length;
    else outShape.push(length);
    operands.forEach((strides, i) => (outStrides[i][mergeable ? last : outShape.length - 1] = strides[axis]));
  }
  if (outShape.length === 0) return { shape: [1], strides: operands.map(() => [0]) };
  return { shape: outShape, strides: outStrides };
}
