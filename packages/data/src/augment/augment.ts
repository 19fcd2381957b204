/** What training does to an image before it is a tensor. */
import type { Random } from '@vitrine/tensor';
import type { RasterImage } from '../image/raster.js';

/**
 * An image and a stream of chance of its own → another image, perhaps of another size; the one given is left as it is.
 */
export type Augment = (image: RasterImage, random: Random) => RasterImage;

/** One after the other, first to last, on the same stream of chance. */
export const compose = (...augments: readonly Augment[]): Augment => (image, random) =>
  augments.reduce((current, augment) => augment(current, random), image);
