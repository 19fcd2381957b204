/** Checks that name function, option, value and rule. */
import type { RasterImage } from './image/raster.js';

export function refuse(where: string, option: string, value: unknown, rule: string): never {
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  throw new RangeError(`${where}: ${option} is ${shown}; expected ${rule}`);
}

const boundsOf = (min: number, max: number): string =>
  [min === -Infinity ? '' : ` >= ${min}`, max === Infinity ? '' : ` <= ${max}`].filter((text) => text).join(' and');

/** A finite number from `min` to `max`. */
export function checkNumber(where: string, option: string, value: number, min = -Infinity, max = Infinity): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  refuse(where, option, value, `a number${boundsOf(min, max)}`);
}

export function checkInteger(where: string, option: string, value: number, min: number, max = Infinity): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  refuse(where, option, value, `a whole number${boundsOf(min, max)}`);
}

export function checkChoice(where: string, option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) refuse(where, option, value, choices.join(', '));
}

/** Throws unless the bytes are as many as the sizes say, at least one. */
export function checkImage(where: string, { width, height, channels, data }: RasterImage): void {
  const wanted = height * width * channels;
  if (Number.isInteger(height) && Number.isInteger(width) && wanted > 0 && data.length === wanted) return;
  throw new RangeError(`${where}: ${data.length} bytes of pixels; expected ${height}·${width}·${channels} = ` +
    `${wanted} (HWC), at least one`);
}
