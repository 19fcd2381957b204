/**
 * AutoAugment: pairs of operations, found by a search for what trains best on a data set.
 *
 * Source: Cubuk et al. 2019, arXiv:1805.09501, the policies of its appendix, as they stand in torchvision's
 * autoaugment.py.
 */
import type { Random } from '@vitrine/tensor';
import { checkChoice } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { type AffineOptions, checkAffineOptions } from './affine.js';
import type { Augment } from './augment.js';
import { applyStep, type OperationName, type Step, stepOf } from './operations.js';

/** An operation, how often it is done, and its magnitude: 0 to 9, null where there is but one strength. */
type Entry = readonly [name: OperationName, probability: number, magnitude: number | null];
type SubPolicy = readonly [first: Entry, second: Entry];

const IMAGENET: readonly SubPolicy[] = [
  [['Posterize', 0.4, 8], ['Rotate', 0.6, 9]],
  [['Solarize', 0.6, 5], ['AutoContrast', 0.6, null]],
  [['Equalize', 0.8, null], ['Equalize', 0.6, null]],
  [['Posterize', 0.6, 7], ['Posterize', 0.6, 6]],
  [['Equalize', 0.4, null], ['Solarize', 0.2, 4]],
  [['Equalize', 0.4, null], ['Rotate', 0.8, 8]],
  [['Solarize', 0.6, 3], ['Equalize', 0.6, null]],
  [['Posterize', 0.8, 5], ['Equalize', 1, null]],
  [['Rotate', 0.2, 3], ['Solarize', 0.6, 8]],
  [['Equalize', 0.6, null], ['Posterize', 0.4, 6]],
  [['Rotate', 0.8, 8], ['Color', 0.4, 0]],
  [['Rotate', 0.4, 9], ['Equalize', 0.6, null]],
  [['Equalize', 0, null], ['Equalize', 0.8, null]],
  [['Invert', 0.6, null], ['Equalize', 1, null]],
  [['Color', 0.6, 4], ['Contrast', 1, 8]],
  [['Rotate', 0.8, 8], ['Color', 1, 2]],
  [['Color', 0.8, 8], ['Solarize', 0.8, 7]],
  [['Sharpness', 0.4, 7], ['Invert', 0.6, null]],
  [['ShearX', 0.6, 5], ['Equalize', 1, null]],
  [['Color', 0.4, 0], ['Equalize', 0.6, null]],
  [['Equalize', 0.4, null], ['Solarize', 0.2, 4]],
  [['Solarize', 0.6, 5], ['AutoContrast', 0.6, null]],
  [['Invert', 0.6, null], ['Equalize', 1, null]],
  [['Color', 0.6, 4], ['Contrast', 1, 8]],
  [['Equalize', 0.8, null], ['Equalize', 0.6, null]],
];

const CIFAR10: readonly SubPolicy[] = [
  [['Invert', 0.1, null], ['Contrast', 0.2, 6]],
  [['Rotate', 0.7, 2], ['TranslateX', 0.3, 9]],
  [['Sharpness', 0.8, 1], ['Sharpness', 0.9, 3]],
  [['ShearY', 0.5, 8], ['TranslateY', 0.7, 9]],
  [['AutoContrast', 0.5, null], ['Equalize', 0.9, null]],
  [['ShearY', 0.2, 7], ['Posterize', 0.3, 7]],
  [['Color', 0.4, 3], ['Brightness', 0.6, 7]],
  [['Sharpness', 0.3, 9], ['Brightness', 0.7, 9]],
  [['Equalize', 0.6, null], ['Equalize', 0.5, null]],
  [['Contrast', 0.6, 7], ['Sharpness', 0.6, 5]],
  [['Color', 0.7, 7], ['TranslateX', 0.5, 8]],
  [['Equalize', 0.3, null], ['AutoContrast', 0.4, null]],
  [['TranslateY', 0.4, 3], ['Sharpness', 0.2, 6]],
  [['Brightness', 0.9, 6], ['Color', 0.2, 8]],
  [['Solarize', 0.5, 2], ['Invert', 0, null]],
  [['Equalize', 0.2, null], ['AutoContrast', 0.6, null]],
  [['Equalize', 0.2, null], ['Equalize', 0.6, null]],
  [['Color', 0.9, 9], ['Equalize', 0.6, null]],
  [['AutoContrast', 0.8, null], ['Solarize', 0.2, 8]],
  [['Brightness', 0.1, 3], ['Color', 0.7, 0]],
  [['Solarize', 0.4, 5], ['AutoContrast', 0.9, null]],
  [['TranslateY', 0.9, 9], ['TranslateY', 0.7, 9]],
  [['AutoContrast', 0.9, null], ['Solarize', 0.8, 3]],
  [['Equalize', 0.8, null], ['Invert', 0.1, null]],
  [['TranslateY', 0.7, 9], ['AutoContrast', 0.9, null]],
];

export const POLICIES = { imagenet: IMAGENET, cifar10: CIFAR10 } as const;

export type AutoAugmentPolicy = keyof typeof POLICIES;

/** Into how many steps the papers divide an operation's range. */
const BINS = 10;

/**
 * One of the policy's 25 pairs for every image, each operation of it with its probability; half of the signed ones
 * negative. `interpolation` and `fill` are those of `affine`. torchvision's AutoAugment.
 */
export function autoAugment(policy: AutoAugmentPolicy, options: AffineOptions = {}): Augment {
  checkChoice('autoAugment', 'policy', policy, Object.keys(POLICIES));
  checkAffineOptions('autoAugment', options);
  return (image, random) => drawSteps(POLICIES[policy], image, random)
    .reduce((current, step) => applyStep(current, step, options), image);
}

/** What is done to one image. */
export function drawSteps(
  policy: readonly SubPolicy[], size: Pick<RasterImage, 'width' | 'height'>, random: Random,
): Step[] {
  return policy[random.integer(policy.length)].flatMap(([name, probability, bin]) => {
    const [done, negative] = [random.uniform() < probability, random.integer(2) === 1];
    return done ? [stepOf(name, bin ?? 0, BINS, size, negative)] : [];
  });
}
