/** Mirroring, cutting out, moving: what costs next to nothing and most recipes begin with. */
import { checkImage, checkInteger, checkNumber, refuse } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import type { Augment } from './augment.js';
import { checkFill, type Fill, pixelOf, sidesOf, type Size } from './options.js';

/** A rectangle of pixels, in whole numbers; top and left may be negative. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface FillOptions {
  /** What stands where there was no pixel: 0 to 255, for all channels or one each. Default 0. */
  readonly fill?: Fill;
}

/** out[y,x] = in[y, W−1−x]. PIL's FLIP_LEFT_RIGHT, torchvision's hflip. */
export function flipLeftRight(image: RasterImage): RasterImage {
  checkImage('flipLeftRight', image);
  const { width, height, channels, data } = image;
  const out = new Uint8Array(data.length);
  const row = width * channels;
  for (let start = 0, to = 0; start < data.length; start += row) {
    for (let from = start + row - channels; from >= start; from -= channels) {
      for (let c = 0; c < channels; c++) out[to++] = data[from + c];
    }
  }
  return { width, height, channels, data: out };
}

/**
 * out[y,x] = in[top+y, left+x], `fill` where that is outside of the image. Source: torchvision's crop, after pad with
 * `fill` if need be. The middle is taken by `centerCrop`. Throws if the box is not whole, or empty.
 */
export function crop(image: RasterImage, box: Box, { fill = 0 }: FillOptions = {}): RasterImage {
  checkImage('crop', image);
  const { top, left, height, width } = box;
  for (const [name, value] of Object.entries({ top, left })) checkInteger('crop', name, value, -Infinity);
  for (const [name, value] of Object.entries({ height, width })) checkInteger('crop', name, value, 1);
  checkFill('crop', 'fill', fill);
  return cut(image, box, pixelOf('crop', 'fill', fill, image.channels));
}

/** `crop`, of what has been checked. */
function cut(image: RasterImage, { top, left, height, width }: Box, fill: readonly number[]): RasterImage {
  const { channels, data } = image;
  const out = filled(height, width, fill);
  const x0 = Math.max(0, -left);
  const x1 = Math.min(width, image.width - left);
  const y1 = Math.min(height, image.height - top);
  const length = (x1 - x0) * channels;
  if (length <= 0) return { width, height, channels, data: out };
  for (let y = Math.max(0, -top); y < y1; y++) {
    const from = ((y + top) * image.width + x0 + left) * channels;
    const to = (y * width + x0) * channels;
    if (length < SHORT) for (let i = 0; i < length; i++) out[to + i] = data[from + i];
    else out.set(data.subarray(from, from + length), to);
  }
  return { width, height, channels, data: out };
}

/** Fewer bytes than this are copied one by one before a view of them is made (65 ns). */
const SHORT = 48;

/** height·width pixels, all the same. */
export function filled(height: number, width: number, pixel: readonly number[]): Uint8Array {
  const out = new Uint8Array(height * width * pixel.length);
  if (pixel.every((value) => value === pixel[0])) return pixel[0] === 0 ? out : out.fill(pixel[0]);
  for (let i = 0; i < out.length; i += pixel.length) out.set(pixel, i);
  return out;
}

/** Does it with a probability of its own; leaves the image alone otherwise. torchvision's RandomApply. */
export function randomApply(probability: number, augment: Augment): Augment {
  checkNumber('randomApply', 'probability', probability, 0, 1);
  return (image, random) => (random.uniform() < probability ? augment(image, random) : image);
}

/** Mirrors left and right with probability 1/2; with another it is `randomApply(probability, flipLeftRight)`. */
export const randomFlip: Augment = randomApply(0.5, flipLeftRight);

/**
 * Moves the image by up to `pixels` up or down and, independently, across: padding it with that many on each side and
 * cutting a piece of the old size out at random.
 * Source: He et al. 2016, arXiv:1512.03385, section 4.2 (4 pixels on 32×32); torchvision's RandomCrop with padding.
 */
export function padAndCrop(pixels: number, { fill = 0 }: FillOptions = {}): Augment {
  checkInteger('padAndCrop', 'pixels', pixels, 0);
  checkFill('padAndCrop', 'fill', fill);
  return (image, random) => {
    checkImage('padAndCrop', image);
    const { height, width, channels } = image;
    const top = random.integer(2 * pixels + 1) - pixels;
    const left = random.integer(2 * pixels + 1) - pixels;
    return cut(image, { top, left, height, width }, pixelOf('padAndCrop', 'fill', fill, channels));
  };
}

/**
 * A piece of that size, every place as probable as every other. torchvision's RandomCrop without padding. Images must
 * be as large.
 */
export function randomCrop(size: Size): Augment {
  const [height, width] = sidesOf('randomCrop', 'size', size);
  return (image, random) => {
    if (image.height < height || image.width < width) {
      refuse('randomCrop', 'size', [height, width], `at most the image's ${image.height}×${image.width} ` +
        '(height×width): resize first, or use padAndCrop');
    }
    const top = random.integer(image.height - height + 1);
    const left = random.integer(image.width - width + 1);
    return crop(image, { top, left, height, width });
  };
}
