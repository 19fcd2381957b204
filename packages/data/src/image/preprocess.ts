/**
 * From a decoded image to a network's input, number for number as torchvision's evaluation transforms make it of a PIL
 * image: Resize, CenterCrop, ToTensor, Normalize.
 *
 * Source: torchvision.transforms.functional (resize, center_crop, to_tensor, normalize), version 0.14.
 */
import { roundHalfEven } from '../round.js';
import { toRgb } from './decode.js';
import { checkResize, checkSize, MAX_PIXELS } from './limits.js';
import type { RasterImage } from './raster.js';
import { resizeImage } from './resize.js';

/** Per channel, of pixels divided by 255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Means and deviations of ImageNet's training images: what torchvision's and timm's B0 to B7 expect. */
export const IMAGENET: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** 0 … 255 to −1 … 1: what timm's tf_efficientnetv2_s to xl and tf_efficientnet_lite expect. */
export const HALF: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

export interface PreprocessOptions extends Normalization {
  /** The shorter side, the longer in proportion; or [height, width]. Without it the image keeps its size. */
  readonly resize?: number | readonly [height: number, width: number];
  /** What is taken from the middle: a square's side, or [height, width]. */
  readonly crop: number | readonly [height: number, width: number];
  /** Default 'bicubic', which EfficientNets were trained with (torchvision's own default is bilinear). */
  readonly interpolation?: 'bicubic' | 'bilinear';
}

/** The limit is fixed here. */
const SMALLER = 'choose a smaller size';

const both = (size: number | readonly [number, number]): readonly [height: number, width: number] =>
  (typeof size === 'number' ? [size, size] : size);

/**
 * out[y,x,c] = (pixel/255 − mean[c])/std[c], in float32, of the resized and cropped image: [H, W, C] with the crop's
 * height and width and as many channels as `mean` has. With three, the image becomes RGB first (grey three times, alpha
 * dropped); with one it must be grey.
 *
 *     preprocess(image, { resize: 256, crop: 224, ...IMAGENET })      // 224·224·3 numbers, for B0
 *
 * Throws if sizes are not whole numbers ≥ 1 or too large, or mean, std and channels do not fit each other.
 */
export function preprocess(image: RasterImage, options: PreprocessOptions): Float32Array {
  const { resize, crop, interpolation = 'bicubic', mean, std } = options;
  if ((mean.length !== 1 && mean.length !== 3) || std.length !== mean.length) {
    throw new Error(`preprocess: mean has ${mean.length} numbers, std ${std.length}; expected 3 each, or 1 for grey`);
  }
  if (mean.length === 1 && image.channels !== 1) {
    throw new Error(`preprocess: mean has 1 number, and the image ${image.channels} channels; ` +
      'give mean and std 3 numbers');
  }
  if (![...mean, ...std].every(Number.isFinite) || std.some((value) => value <= 0)) {
    throw new Error(`preprocess: mean is [${mean.join(', ')}], std [${std.join(', ')}]; ` +
      'expected finite numbers, and positive ones for std');
  }
  checkSides('preprocess: crop', ...both(crop));
  let pixels = mean.length === 3 ? toRgb(image) : image;
  if (resize !== undefined) {
    const [height, width] = typeof resize === 'number' ? shorterSideTo(pixels, resize) : resize;
    checkSides('preprocess: resize', height, width);
    checkResize('preprocess', pixels.height, width, height, MAX_PIXELS, SMALLER);
    pixels = resizeImage(pixels, width, height, { filter: interpolation });
  }
  return normalize(centerCrop(pixels, crop), { mean, std });
}

/**
 * The size at which the shorter side is `size` and the longer in proportion, its fraction cut off: torchvision's
 * Resize(size).
 */
export function shorterSideTo(
  { width, height }: Pick<RasterImage, 'width' | 'height'>, size: number,
): readonly [height: number, width: number] {
  const [short, long] = width <= height ? [width, height] : [height, width];
  const newLong = Math.trunc((size * long) / short);
  return width <= height ? [newLong, size] : [size, newLong];
}

/**
 * The middle of an image, torchvision's CenterCrop: a half pixel is rounded to the even side, and where the image is
 * smaller, zeros are put around it first, the odd row or column at the bottom and on the right.
 */
export function centerCrop(image: RasterImage, size: number | readonly [height: number, width: number]): RasterImage {
  const [height, width] = both(size);
  checkSides('centerCrop: size', height, width);
  checkSize('centerCrop', width, height, MAX_PIXELS, SMALLER);
  const { channels, data } = image;
  const [top, left] = [cropStart(image.height, height), cropStart(image.width, width)];
  const out = new Uint8Array(height * width * channels);
  const [fromX, toX] = [Math.max(0, left), Math.min(image.width, left + width)];
  for (let y = Math.max(0, -top); y < height && y + top < image.height; y++) {
    const row = (y + top) * image.width;
    out.set(data.subarray((row + fromX) * channels, (row + toX) * channels), (y * width + fromX - left) * channels);
  }
  return { width, height, channels, data: out };
}

/** Where `size` of `length` begin; negative where there are too few. */
function cropStart(length: number, size: number): number {
  if (size > length) return -Math.floor((size - length) / 2);
  return roundHalfEven((length - size) / 2);
}

function checkSides(where: string, height: number, width: number): void {
  for (const side of [height, width]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new Error(`${where} is ${height}×${width} (height×width); expected whole numbers >= 1`);
    }
  }
}

/** A pixel has 256 values, and so each channel a table of 256 results, rounded after each step as PyTorch does. */
function normalize({ channels, data }: RasterImage, { mean, std }: Normalization): Float32Array {
  const { fround } = Math;
  const tables = mean.map((m, c) => Float32Array.from({ length: 256 }, (_, pixel) =>
    fround(fround(pixel / 255) - fround(m)) / fround(std[c])));
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i += channels) {
    for (let c = 0; c < channels; c++) out[i + c] = tables[c][data[i + c]];
  }
  return out;
}
