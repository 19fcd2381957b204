/** What augmentations are told: ranges, sizes and colours to fill with, checked; and how ranges are drawn from. */
import type { Random } from '@vitrine/tensor';
import { refuse } from '../checks.js';

export type Range = readonly [min: number, max: number];

/** One byte for all channels, or one a channel. */
export type Fill = number | readonly number[];

/** A square's side, or [height, width]. */
export type Size = number | readonly [height: number, width: number];

/** low ≤ min ≤ max ≤ high. */
export function checkRange(where: string, option: string, range: Range, low = -Infinity, high = Infinity): void {
  const [min, max] = range;
  if (range.length === 2 && range.every(Number.isFinite) && low <= min && min <= max && max <= high) return;
  const left = low === -Infinity ? '' : `${low} <= `;
  refuse(where, option, range, `[min, max] with ${left}min <= max${high === Infinity ? '' : ` <= ${high}`}`);
}

/** As a range of ratios or scales must be: 0 < min ≤ max. */
export function checkPositiveRange(where: string, option: string, range: Range): void {
  checkRange(where, option, range);
  if (range[0] <= 0) refuse(where, option, range, '[min, max] with 0 < min <= max');
}

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;

export function checkFill(where: string, option: string, fill: Fill): void {
  const values = [fill].flat();
  if (values.length === 0 || !values.every(isByte)) {
    refuse(where, option, fill, 'a whole number from 0 to 255, or one for each channel');
  }
}

/** The bytes of one pixel. */
export function pixelOf(where: string, option: string, fill: Fill, channels: number): readonly number[] {
  if (typeof fill === 'number') return new Array<number>(channels).fill(fill);
  if (fill.length !== channels) {
    refuse(where, option, fill, `${channels} number${channels === 1 ? '' : 's'}, as many as the image has channels`);
  }
  return fill;
}

/** [height, width], both whole and at least 1. */
export function sidesOf(where: string, option: string, size: Size): readonly [height: number, width: number] {
  const sides = typeof size === 'number' ? [size, size] as const : size;
  if (sides.length !== 2 || !sides.every((side) => Number.isInteger(side) && side >= 1)) {
    refuse(where, option, size, 'a whole number >= 1, or two of them: [height, width]');
  }
  return sides;
}

/** How many channels are colours: the second of two and the fourth of four is alpha, which stays as it is. */
export const colourChannels = (channels: number): number => (channels < 3 ? 1 : 3);

/** A number from min to max, each as probable as every other. */
export const between = (random: Random, [min, max]: Range): number => min + (max - min) * random.uniform();

/** So that r is as probable as 1/r in a range that goes as far down as up: the logarithm is drawn evenly. */
export const betweenInRatio = (random: Random, [min, max]: Range): number =>
  Math.exp(between(random, [Math.log(min), Math.log(max)]));
