/** Images of another size. */
import type { Resampling, ResizeOptions } from '@vitrine/tensor';
import { cellTables, resizeTables } from '@vitrine/tensor/internal';
import type { AxisTables } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';

/** Weighted sums of neighbours along one axis. */
export const resample = (x: Input, axis: number, table: Resampling): Variable =>
  apply('resample', variable('resample', x), axis, table);

/** Images of another size: x `[N,H,W,C]` → `[N,outH,outW,C]`. */
export function resize(x: Input, size: readonly [number, number], options: ResizeOptions = {}): Variable {
  const v = variable('resize', x);
  return resampleBoth(v, resizeTables('resize', v.shape, size, options));
}

/** The mean of each of outH × outW cells that cover the image. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export function adaptiveAveragePool2d(x: Input, size: readonly [number, number]): Variable {
  const v = variable('adaptiveAveragePool2d', x);
  return resampleBoth(v, cellTables('adaptiveAveragePool2d', v.shape, size));
}

function resampleBoth(x: Variable, [rows, columns]: AxisTables): Variable {
  const resized = rows === null ? x : resample(x, 1, rows);
  return columns === null ? resized : resample(resized, 2, columns);
}
