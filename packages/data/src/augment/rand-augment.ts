/** RandAugment: a few operations out of fourteen, all as strong. */
import type { Random } from '@vitrine/tensor';
import { checkInteger } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { type AffineOptions, checkAffineOptions } from './affine.js';
import type { Augment } from './augment.js';
import { applyStep, type OperationName, type Step, stepOf } from './operations.js';

export interface RandAugmentOptions extends AffineOptions {
  /** Operations an image, N in the paper. Default 2. */
  readonly numOps?: number;
  /** Their strength, M in the paper: 0 to `magnitudeBins` − 1. Default 9. */
  readonly magnitude?: number;
  /** Into how many steps the ranges of strength are divided. Default 31. */
  readonly magnitudeBins?: number;
}

const CHOICES: readonly OperationName[] = [
  'Identity', 'ShearX', 'ShearY', 'TranslateX', 'TranslateY', 'Rotate', 'Brightness', 'Color', 'Contrast', 'Sharpness',
  'Posterize', 'Solarize', 'AutoContrast', 'Equalize',
];

/**
 * `numOps` operations, each as probable as every other and drawn anew, at one strength; half of the signed ones
 * negative. `interpolation` and `fill` are those of `affine`.
 * Source: Cubuk et al. 2020, arXiv:1909.13719; torchvision's RandAugment.
 */
export function randAugment(options: RandAugmentOptions = {}): Augment {
  const { numOps = 2, magnitude = 9, magnitudeBins = 31 } = options;
  checkAffineOptions('randAugment', options);
  checkInteger('randAugment', 'numOps', numOps, 0);
  checkInteger('randAugment', 'magnitudeBins', magnitudeBins, 2);
  checkInteger('randAugment', 'magnitude', magnitude, 0, magnitudeBins - 1);
  return (image, random) => {
    let current = image;
    for (let i = 0; i < numOps; i++) {
      current = applyStep(current, drawStep(current, magnitude, magnitudeBins, random), options);
    }
    return current;
  };
}

export function drawStep(
  size: Pick<RasterImage, 'width' | 'height'>, magnitude: number, bins: number, random: Random,
): Step {
  const name = CHOICES[random.integer(CHOICES.length)];
  return stepOf(name, magnitude, bins, size, random.integer(2) === 1);
}
