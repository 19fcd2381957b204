/** Random erasing: a rectangle covered, so that no part of an image is indispensable. */
import type { Random } from '@vitrine/tensor';
import { checkImage, checkNumber } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import type { Augment } from './augment.js';
import type { Box } from './basic.js';
import {
  between, betweenInRatio, checkFill, checkPositiveRange, checkRange, type Fill, pixelOf, type Range,
} from './options.js';

export interface RandomErasingOptions {
  /** Default 0.5. */
  readonly probability?: number;
  /** The rectangle's share of the image's area. Default [0.02, 0.33]. */
  readonly scale?: Range;
  /** The rectangle's height / width; evenly in its logarithm. Default [0.3, 3.3]. */
  readonly ratio?: Range;
  /**
   * What covers it: 0 to 255, for all channels or one each (ImageNet's mean is [124, 116, 104]); 'random' draws every
   * byte, which the paper found best. Default 0.
   */
  readonly value?: Fill | 'random';
}

/**
 * Covers a rectangle of random size, shape and place. Source: Zhong et al. 2020, arXiv:1708.04896; torchvision's
 * RandomErasing, but on bytes: its 0 is black here, and the mean after normalisation there.
 */
export function randomErasing(options: RandomErasingOptions = {}): Augment {
  const { probability = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  checkNumber('randomErasing', 'probability', probability, 0, 1);
  checkRange('randomErasing', 'scale', scale, 0, 1);
  checkPositiveRange('randomErasing', 'ratio', ratio);
  if (value !== 'random') checkFill('randomErasing', 'value', value);
  return (image, random) => {
    checkImage('randomErasing', image);
    if (random.uniform() >= probability) return image;
    const box = coverOf(image, scale, ratio, random);
    return box === undefined ? image : covered(image, box, value, random);
  };
}

/** Ten attempts to find a rectangle lower and narrower than the image; none if all fail. */
export function coverOf(
  image: Pick<RasterImage, 'width' | 'height'>, scale: Range, ratio: Range, random: Random,
): Box | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = image.width * image.height * between(random, scale);
    const shape = betweenInRatio(random, ratio);
    const height = Math.round(Math.sqrt(area * shape));
    const width = Math.round(Math.sqrt(area / shape));
    if (height >= image.height || width >= image.width) continue;
    const top = random.integer(image.height - height + 1);
    return { top, left: random.integer(image.width - width + 1), height, width };
  }
  return undefined;
}

function covered(
  image: RasterImage, { top, left, height, width }: Box, value: Fill | 'random', random: Random,
): RasterImage {
  const { channels } = image;
  const data = Uint8Array.from(image.data);
  const pixel = value === 'random' ? undefined : pixelOf('randomErasing', 'value', value, channels);
  for (let y = top; y < top + height; y++) {
    const start = (y * image.width + left) * channels;
    for (let i = 0; i < width * channels; i++) data[start + i] = pixel?.[i % channels] ?? random.integer(256);
  }
  return { width: image.width, height: image.height, channels, data };
}
