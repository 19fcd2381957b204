/**
 * Brightness, contrast, saturation and sharpness: each moves an image towards or away from a poorer one (black, grey,
 * without colour, blurred), byte for byte as PIL's enhancers do. Alpha stays as it is.
 *
 * Source: Pillow's ImageEnhance.py, Blend.c, Filter.c (SMOOTH) and Convert.c (L24); torchvision's adjust_*.
 */
import { checkImage, checkNumber } from '../checks.js';
import { luma } from '../image/grey.js';
import type { RasterImage } from '../image/raster.js';
import { colourChannels } from './options.js';
import { throughTables } from './tables.js';

/**
 * poor + factor·(full − poor), in float32, cut to 0 … 255 and to a whole number: factor 0 is the poor image, 1 the full
 * one, and above 1 it goes on beyond.
 */
function blend(poor: number, full: number, factor: number): number {
  const value = Math.fround(poor + Math.fround(factor * (full - poor)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

const table = (poor: number, factor: number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, full) => blend(poor, full, factor));

function prepared(where: string, image: RasterImage, factor: number): number {
  checkImage(where, image);
  checkNumber(where, 'factor', factor, 0);
  return Math.fround(factor);
}

/** Factor 0 is black, 1 the image, 2 twice as bright. */
export function adjustBrightness(image: RasterImage, factor: number): RasterImage {
  const rounded = prepared('adjustBrightness', image, factor);
  return throughTables(image, [table(0, rounded)]);
}

/** Factor 0 is an even grey of the image's mean luma, 1 the image. */
export function adjustContrast(image: RasterImage, factor: number): RasterImage {
  const rounded = prepared('adjustContrast', image, factor);
  const { channels, data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += channels) {
    sum += channels < 3 ? data[i] : luma(data[i], data[i + 1], data[i + 2]);
  }
  const mean = Math.trunc(sum / (data.length / channels) + 0.5);
  return throughTables(image, [table(mean, rounded)]);
}

/** Factor 0 is without colour, 1 the image. Grey images stay as they are. */
export function adjustSaturation(image: RasterImage, factor: number): RasterImage {
  const rounded = prepared('adjustSaturation', image, factor);
  const { width, height, channels, data } = image;
  if (channels < 3) return image;
  const out = Uint8Array.from(data);
  for (let i = 0; i < data.length; i += channels) {
    const grey = luma(data[i], data[i + 1], data[i + 2]);
    for (let c = i; c < i + 3; c++) out[c] = blend(grey, data[c], rounded);
  }
  return { width, height, channels, data: out };
}

/**
 * Factor 0 is blurred by (1 1 1, 1 5 1, 1 1 1)/13, 1 the image, above 1 sharper. Pixels at the edge stay as they are,
 * and so do images narrower or lower than three.
 */
export function adjustSharpness(image: RasterImage, factor: number): RasterImage {
  const rounded = prepared('adjustSharpness', image, factor);
  const { width, height, channels, data } = image;
  const out = Uint8Array.from(data);
  const colours = colourChannels(channels);
  const row = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const pixel = y * row + x * channels;
      for (let c = pixel; c < pixel + colours; c++) {
        const [up, down] = [c - row, c + row];
        const sum = data[up - channels] + data[up] + data[up + channels] +
          data[c - channels] + 5 * data[c] + data[c + channels] +
          data[down - channels] + data[down] + data[down + channels];
        // ⌊sum/13 + ½⌋. PIL adds float32 thirteenths; as sum/13 + ½ is never nearer than 1/26 to a whole number, its
        // rounding never shows.
        out[c] = blend(Math.floor((2 * sum + 13) / 26), data[c], rounded);
      }
    }
  }
  return { width, height, channels, data: out };
}
