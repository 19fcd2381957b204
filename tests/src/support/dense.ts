/**
 * Arrays the naive way: a shape and its elements in reading order, in float64. The truth of the samples is computed on
 * these, by formulas that use nothing of Vitrine, so that a mistake in Vitrine cannot hide itself.
 */
export interface Dense {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Every index of `shape`, in reading order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const total = sizeOf(shape);
  for (let flat = 0; flat < total; flat++) {
    const index = new Array<number>(shape.length);
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    yield index;
  }
}

/** The array whose element at each index is f(index). */
export const build = (shape: readonly number[], f: (index: number[]) => number): Dense =>
  ({ shape, data: Float64Array.from(indices(shape), f) });

export const scalar = (value: number): Dense => ({ shape: [], data: [value] });

/** The element at an index of the same rank. */
export const at = ({ shape, data }: Dense, ...index: number[]): number =>
  data[index.reduce((flat, i, axis) => flat * shape[axis] + i, 0)];

/** The element that `index`, of the broadcast shape, reads: aligned at the last axis, axes of length 1 repeat. */
export const atBroadcast = (x: Dense, index: readonly number[]): number =>
  at(x, ...index.slice(index.length - x.shape.length).map((i, axis) => (x.shape[axis] === 1 ? 0 : i)));

/** The shape two shapes broadcast to, which they are trusted to do. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const from = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => (from(a, axis) === 1 ? from(b, axis) : from(a, axis)));
}
