/** Random pieces in a size of choice, and random affine maps: what torchvision's transforms of these names draw. */
import type { Random } from '@vitrine/tensor';
import { checkChoice, checkNumber, refuse } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { resizeImage, type ResizeImageOptions } from '../image/resize.js';
import { roundHalfEven } from '../round.js';
import { affine, type AffineOptions, checkAffineOptions, inverseAffineMatrix } from './affine.js';
import type { Augment } from './augment.js';
import { type Box, crop } from './basic.js';
import { between, betweenInRatio, checkPositiveRange, checkRange, type Range, sidesOf, type Size } from './options.js';

export interface RandomResizedCropOptions {
  /** The piece's share of the image's area. Default [0.08, 1]. */
  readonly scale?: Range;
  /** The piece's width / height; evenly in its logarithm. Default [3/4, 4/3]. */
  readonly ratio?: Range;
  /** Default 'bicubic', as in `preprocess` (torchvision's own default is bilinear). */
  readonly interpolation?: NonNullable<ResizeImageOptions['filter']>;
}

/**
 * A piece of random area and shape, in the size given: how networks for ImageNet are trained.
 * Source: Szegedy et al. 2015, arXiv:1409.4842, section 6; torchvision's RandomResizedCrop.
 */
export function randomResizedCrop(size: Size, options: RandomResizedCropOptions = {}): Augment {
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], interpolation = 'bicubic' } = options;
  const [height, width] = sidesOf('randomResizedCrop', 'size', size);
  checkRange('randomResizedCrop', 'scale', scale, 0, 1);
  checkPositiveRange('randomResizedCrop', 'ratio', ratio);
  checkChoice('randomResizedCrop', 'interpolation', interpolation,
    ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos']);
  return (image, random) =>
    resizeImage(crop(image, pieceOf(image, scale, ratio, random)), width, height, { filter: interpolation });
}

/**
 * The piece: ten attempts to find one that fits into the image, then the largest in its middle whose shape is in
 * `ratio`. Where an image itself is of such a shape, that is all of it.
 */
export function pieceOf(image: Pick<RasterImage, 'width' | 'height'>, scale: Range, ratio: Range, random: Random): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = image.width * image.height * between(random, scale);
    const shape = betweenInRatio(random, ratio);
    const width = Math.round(Math.sqrt(area * shape));
    const height = Math.round(Math.sqrt(area / shape));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const top = random.integer(image.height - height + 1);
    return { top, left: random.integer(image.width - width + 1), height, width };
  }
  const shape = image.width / image.height;
  const height = shape < ratio[0] ? Math.max(1, roundHalfEven(image.width / ratio[0])) : image.height;
  const width = shape > ratio[1] ? Math.max(1, roundHalfEven(image.height * ratio[1])) : image.width;
  return {
    top: Math.floor((image.height - height) / 2), left: Math.floor((image.width - width) / 2), height, width,
  };
}

export interface RandomAffineOptions extends AffineOptions {
  /** Of turning, clockwise: ±degrees, or from min to max. */
  readonly degrees: number | Range;
  /** At most these shares of width and height, either way. Default none. */
  readonly translate?: readonly [x: number, y: number];
  /** Default [1, 1]. */
  readonly scale?: Range;
  /** Degrees: ±x; x from min to max; or x from min to max, y from min to max. Default none. */
  readonly shear?: number | Range | readonly [minX: number, maxX: number, minY: number, maxY: number];
}

/** Turned, moved, scaled and slanted at random, in its own size. torchvision's RandomAffine. */
export function randomAffine(options: RandomAffineOptions): Augment {
  const { degrees, translate = [0, 0], scale = [1, 1], shear = 0 } = options;
  const where = 'randomAffine';
  checkAffineOptions(where, options);
  const turns = angles(where, 'degrees', degrees);
  if (translate.length !== 2) refuse(where, 'translate', translate, '[x, y]');
  for (const share of translate) checkNumber(where, 'translate', share, 0, 1);
  checkPositiveRange(where, 'scale', scale);
  const [leansX, leansY] = typeof shear !== 'number' && shear.length === 4
    ? [angles(where, 'shear', [shear[0], shear[1]]), angles(where, 'shear', [shear[2], shear[3]])]
    : [angles(where, 'shear', shear), [0, 0] as const];
  for (const lean of [leansX, leansY]) checkRange(where, 'shear', lean, -89, 89);
  return (image, random) => {
    const { width, height } = image;
    const [farX, farY] = [translate[0] * width, translate[1] * height];
    return affine(image, inverseAffineMatrix({
      angle: between(random, turns),
      translate: [Math.round(between(random, [-farX, farX])), Math.round(between(random, [-farY, farY]))],
      scale: between(random, scale),
      shear: [between(random, leansX), between(random, leansY)],
      centre: [width / 2, height / 2],
    }), options);
  };
}

const angles = (where: string, option: string, value: number | Range): Range => {
  if (typeof value !== 'number') {
    checkRange(where, option, value);
    return value;
  }
  checkNumber(where, option, value, 0);
  return [-value, value];
};
