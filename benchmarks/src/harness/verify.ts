/** Nothing is timed before it is right. */
import type { Floats } from './arrays.js';

export const copyAll = (arrays: readonly Floats[]): Floats[] => arrays.map((array) => array.slice());

/** max|got − want| / max|want|; NaN if got has one that is not wanted. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) throw new RangeError(`relativeError: ${got.length} elements, wanted ${want.length}`);
  let [scale, worst] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    scale = Math.max(scale, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(got[i] - want[i])); // Math.max passes NaN on
  }
  return worst / (scale || 1);
}

/** Throws unless every output is within the tolerance. */
export function verify(label: string, got: readonly Floats[], want: readonly Floats[], tolerance: number): void {
  if (got.length !== want.length) throw new Error(`${label}: ${got.length} results, the reference has ${want.length}`);
  got.forEach((array, i) => {
    const error = relativeError(array, want[i]);
    if (!(error <= tolerance)) {
      throw new Error(
        `${label}: result ${i + 1} of ${got.length} is off by ${error.toExponential(1)} of its largest element, `
          + `allowed ${tolerance}; a wrong kernel is not timed`,
      );
    }
  });
}

/** Throws unless every element is the same, bit for bit: what threads must not change. */
export function verifySame(label: string, got: readonly Floats[], want: readonly Floats[]): void {
  got.forEach((array, i) => {
    const at = array.findIndex((x, k) => !Object.is(x, want[i][k]));
    if (at >= 0)
      throw new Error(
        `${label}: result ${i + 1} differs from one thread's at ${at}: ${array[at]}, wanted ${want[i][at]}`,
      );
  });
}
