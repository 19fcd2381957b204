/** Images of another size: a weighted sum along the rows' axis, then one along the columns'. */
import type { Resampling } from '../kernels/resize.js';
import { formatShape, normalizeAxis, sizeOf } from '../shape.js';
import { checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { cellTables, resizeTables } from './resampling.js';
import type { AxisTables, ResizeOptions } from './resampling.js';
import { contiguous } from './views.js';

/**
 * out[…,i,…] = Σₖ rows[i].weights[k]·x[…, rows[i].first + k, …] along `axis`, which gets the length rows.length.
 * Linear in x; its gradient is the same with the transposed table. Throws unless the table is for an axis of that
 * length and stays inside.
 */
export function resample(x: Tensor, axis: number, table: Resampling): Tensor {
  checkTensor('resample', 'x', x);
  const along = normalizeAxis('resample', axis, x.shape);
  const { length, rows } = table;
  if (x.shape[along] !== length) {
    throw new RangeError(
      `resample: the table is for an axis of length ${length}; ` +
        `axis ${axis} of ${formatShape(x.shape)} has ${x.shape[along]}`,
    );
  }
  const wrong = rows.findIndex(({ first, weights }) =>
    !(Number.isInteger(first) && first >= 0 && first + weights.length <= length));
  if (wrong >= 0) {
    const { first, weights } = rows[wrong];
    throw new RangeError(
      `resample: row ${wrong} of the table reads ${weights.length} elements from ${first} on, ` +
        `of an axis of length ${length}`,
    );
  }
  const source = contiguous(x);
  const out = allocateLike(x.shape.with(along, rows.length), x);
  if (out.isMeta || out.size === 0) return out;
  const outer = sizeOf(x.shape.slice(0, along));
  const inner = sizeOf(x.shape.slice(along + 1));
  kernelsFor(x).resample(outer, inner, table, elements(source), elements(out));
  return out;
}

const resampleBoth = (x: Tensor, [rows, columns]: AxisTables): Tensor => {
  const resized = rows === null ? x : resample(x, 1, rows);
  return columns === null ? resized : resample(resized, 2, columns);
};

/**
 * Images of another size. x `[N,H,W,C]` → `[N,outH,outW,C]`, size `[outH, outW]`.
 *   nearest    pixel ⌊i·H/outH⌋
 *   bilinear   between the 2 nearest of each axis
 *   bicubic    between the 4 nearest, a = −0.75; may overshoot
 * With `antialias` the filter is stretched where an axis gets shorter, and bicubic has a = −0.5: this is how PIL
 * resizes.
 * Source: PyTorch's interpolate; Keys 1981 for the cubic.
 */
export function resize(x: Tensor, size: readonly [number, number], options: ResizeOptions = {}): Tensor {
  checkTensor('resize', 'x', x);
  return resampleBoth(x, resizeTables('resize', x.shape, size, options));
}

/**
 * The mean of each of outH × outW cells that cover the image: cell i has the rows ⌊i·H/outH⌋ to ⌈(i + 1)·H/outH⌉ − 1.
 * `[N,H,W,C]` → `[N,outH,outW,C]`. The mean of a rectangle is the mean of its rows' means, so this too is resampling.
 * Source: PyTorch's adaptive_avg_pool2d.
 */
export function adaptiveAveragePool2d(x: Tensor, size: readonly [number, number]): Tensor {
  checkTensor('adaptiveAveragePool2d', 'x', x);
  return resampleBoth(x, cellTables('adaptiveAveragePool2d', x.shape, size));
}
