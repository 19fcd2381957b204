/** Weights that neither stretch nor shrink. */
import { formatShape, fromArray, sizeOf, zeros } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';

/**
 * A weight `[…, out]` seen as a matrix of n = size/out rows and `out` columns, whose columns (rows, where there are
 * more columns) are orthogonal to each other and gain long. Uniformly distributed among all such matrices.
 * Cost: 4·long·short² flops in float64. Source: Saxe et al. 2014; PyTorch `orthogonal_`.
 */
export function orthogonal(shape: Shape, { gain = 1 } = {}): Tensor {
  if (shape.length < 2) throw new RangeError(`orthogonal: a weight has two axes or more; got ${formatShape(shape)}`);
  const empty = zeros(shape);
  if (empty.isMeta || empty.size === 0) return empty;
  const columns = shape[shape.length - 1];
  const rows = sizeOf(shape) / columns;
  const tall = rows >= columns;
  const vectors = orthonormal(Math.min(rows, columns), Math.max(rows, columns));
  const values = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return gain * (tall ? vectors[column][row] : vectors[row][column]);
  });
  return fromArray(values, shape);
}

/** `count` random vectors of `length` numbers, made orthonormal one after the other (Gram & Schmidt). */
function orthonormal(count: number, length: number): Float64Array[] {
  const done: Float64Array[] = [];
  while (done.length < count) {
    const v = Float64Array.from({ length }, () => runtime.random.normal());
    // Twice: what rounding leaves of the others after the first time is gone after the second.
    for (const u of [...done, ...done]) {
      const along = dot(u, v);
      for (let i = 0; i < length; i++) v[i] -= along * u[i];
    }
    const norm = Math.sqrt(dot(v, v));
    done.push(v.map((x) => x / norm));
  }
  return done;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
