/** Colours changed at random, as a lamp, a lens or an exposure would. */
import type { Random } from '@vitrine/tensor';
import { checkNumber } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { adjustBrightness, adjustContrast, adjustSaturation } from './adjust.js';
import type { Augment } from './augment.js';
import { adjustHue } from './hue.js';
import { between, checkRange, type Range } from './options.js';

export interface ColourJitterOptions {
  /** A factor from max(0, 1 − x) to 1 + x, or from min to max. Default 0: as it is. */
  readonly brightness?: number | Range;
  readonly contrast?: number | Range;
  readonly saturation?: number | Range;
  /** Turns of the colour circle, from −x to x, or from min to max; −½ to ½. Default 0. */
  readonly hue?: number | Range;
}

interface Step {
  readonly adjust: (image: RasterImage, amount: number) => RasterImage;
  readonly range: Range;
}

/** Brightness, contrast, saturation and hue, each by a random amount, in random order. torchvision's ColorJitter. */
export function colourJitter(options: ColourJitterOptions): Augment {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  const steps = [
    { adjust: adjustBrightness, range: factors('brightness', brightness), nothing: 1 },
    { adjust: adjustContrast, range: factors('contrast', contrast), nothing: 1 },
    { adjust: adjustSaturation, range: factors('saturation', saturation), nothing: 1 },
    { adjust: adjustHue, range: turnsOf(hue), nothing: 0 },
  ].filter(({ range, nothing }) => range.some((bound) => bound !== nothing));
  return (image, random) =>
    drawJitter(steps, random).reduce((current, { step, amount }) => step.adjust(current, amount), image);
}

/** In the order in which they are to be done. */
export function drawJitter<S extends Pick<Step, 'range'>>(
  steps: readonly S[], random: Random,
): { readonly step: S; readonly amount: number }[] {
  return Array.from(random.permutation(steps.length), (i) =>
    ({ step: steps[i], amount: between(random, steps[i].range) }));
}

function factors(option: string, value: number | Range): Range {
  if (typeof value !== 'number') {
    checkRange('colourJitter', option, value, 0);
    return value;
  }
  checkNumber('colourJitter', option, value, 0);
  return [Math.max(0, 1 - value), 1 + value];
}

function turnsOf(value: number | Range): Range {
  if (typeof value !== 'number') {
    checkRange('colourJitter', 'hue', value, -0.5, 0.5);
    return value;
  }
  checkNumber('colourJitter', 'hue', value, 0, 0.5);
  return [-value, value];
}
