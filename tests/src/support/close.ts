import type { Tensor } from '@vitrine/tensor';
import type { Dense } from './dense.js';

/**
 * Throws unless `got` has the shape of `want` and max|got − want| / max|want| is at most `tolerance` (max|got − want|
 * where all of want is 0). NaN must stand where NaN is wanted and nowhere else, an infinity where the same one is.
 * Maxima are over finite elements. Returns the error; the message names the first element that is off, and the worst.
 */
export function expectClose(got: Tensor | Dense, want: Dense, tolerance: number, label: string): number {
  const shapes = [got.shape, want.shape].map((shape) => `[${shape.join(',')}]`);
  if (shapes[0] !== shapes[1]) throw new Error(`${label}: shape ${shapes[0]}, wanted ${shapes[1]}`);
  const values = 'toFloat64Array' in got ? got.toFloat64Array() : got.data;
  const n = want.data.length;
  if (values.length !== n) throw new Error(`${label}: ${values.length} elements, wanted ${n}`);

  let scale = 0;
  for (let i = 0; i < n; i++) if (Number.isFinite(want.data[i])) scale = Math.max(scale, Math.abs(want.data[i]));
  if (scale === 0) scale = 1;

  let first = -1;
  let worst = 0;
  let worstAt = 0;
  for (let i = 0; i < n; i++) {
    const error = errorOf(values[i], want.data[i]) / scale;
    if (first < 0 && !(error <= tolerance)) first = i;
    if (error > worst) {
      worst = error;
      worstAt = i;
    }
  }
  if (first < 0) return worst;
  const say = (i: number): string => `at ${indexOf(i, want.shape)} ${values[i]}, wanted ${want.data[i]}`;
  throw new Error(
    `${label}: first ${say(first)}; worst ${say(worstAt)}: error ${worst.toExponential(2)}, `
    + `allowed ${tolerance}; shape ${shapes[1]}`);
}

function errorOf(got: number, want: number): number {
  if (Object.is(got, want) || got === want) return 0;
  return Number.isFinite(got) && Number.isFinite(want) ? Math.abs(got - want) : Infinity;
}

function indexOf(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (const length of [...shape].reverse()) {
    index.unshift(flat % length);
    flat = Math.floor(flat / length);
  }
  return `[${index.join(',')}]`;
}
