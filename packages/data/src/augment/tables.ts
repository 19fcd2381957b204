/**
 * What gives every value of a channel another one, wherever it stands: a table of 256 numbers a channel. Byte for byte
 * as PIL. Alpha stays as it is.
 *
 * Source: Pillow's ImageOps.py; torchvision's functions of these names.
 */
import { checkImage, checkInteger, checkNumber } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { colourChannels } from './options.js';

/** out = tables[channel][in], with one table for all colours or one each. */
export function throughTables(image: RasterImage, tables: readonly Uint8Array[]): RasterImage {
  const { width, height, channels, data } = image;
  const out = Uint8Array.from(data); // slice() of a Buffer would be the same bytes
  for (let c = 0; c < colourChannels(channels); c++) {
    const table = tables[c] ?? tables[0];
    for (let i = c; i < data.length; i += channels) out[i] = table[data[i]];
  }
  return { width, height, channels, data: out };
}

const table = (f: (value: number) => number): Uint8Array => Uint8Array.from({ length: 256 }, (_, value) => f(value));

/** 255 − value. */
export function invert(image: RasterImage): RasterImage {
  checkImage('invert', image);
  return throughTables(image, [table((value) => 255 - value)]);
}

/** Only the highest `bits` bits of every value, 0 to 8; the others become 0. */
export function posterize(image: RasterImage, bits: number): RasterImage {
  checkImage('posterize', image);
  checkInteger('posterize', 'bits', bits, 0, 8);
  return throughTables(image, [table((value) => value & -(2 ** (8 - bits)))]);
}

/** 255 − value where value ≥ threshold. */
export function solarize(image: RasterImage, threshold: number): RasterImage {
  checkImage('solarize', image);
  checkNumber('solarize', 'threshold', threshold);
  return throughTables(image, [table((value) => (value < threshold ? value : 255 - value))]);
}

/** How often each value occurs in a channel. */
function histogram({ channels, data }: RasterImage, channel: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = channel; i < data.length; i += channels) counts[data[i]]++;
  return counts;
}

const histograms = (image: RasterImage): Uint32Array[] =>
  Array.from({ length: colourChannels(image.channels) }, (_, channel) => histogram(image, channel));

const IDENTITY = table((value) => value);

/** Each channel stretched, so that its lowest value becomes 0 and its highest 255. */
export function autocontrast(image: RasterImage): RasterImage {
  checkImage('autocontrast', image);
  return throughTables(image, histograms(image).map((counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return IDENTITY;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return table((value) => Math.min(255, Math.max(0, Math.trunc(value * scale + offset))));
  }));
}

/**
 * Each channel given, as nearly as it can be, as many pixels of every value: a value becomes the share of pixels that
 * are darker. The brightest value's pixels are not counted, so that the brightest becomes 255.
 */
export function equalize(image: RasterImage): RasterImage {
  checkImage('equalize', image);
  return throughTables(image, histograms(image).map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((total - counts[counts.findLastIndex((count) => count > 0)]) / 255);
    if (step === 0) return IDENTITY;
    let darker = Math.floor(step / 2);
    return table((value) => {
      const level = Math.min(255, Math.floor(darker / step));
      darker += counts[value];
      return level;
    });
  }));
}
