/** Reading PNG: chunks → inflate → undo filters and interlacing → grey, palette or colour to 8-bit pixels. */
import { decodeOptions, namedIfMemory } from '../limits.js';
import type { DecodeOptions } from '../limits.js';
import { readOrientation, turnUpright } from '../orientation.js';
import type { RasterImage } from '../raster.js';
import { readPng } from './chunks.js';
import type { PngFile } from './chunks.js';
import { inflate } from './inflate.js';
import { filteredLength, readSamples } from './scanlines.js';

/**
 * The pixels of a PNG file: all colour types and depths, interlaced or not.
 *
 * Grey of 1, 2 and 4 bits is stretched to 0 … 255. Of 16 bits the high byte is taken, as libpng's png_set_strip_16 and
 * PIL (for colours) do. A palette is looked up: RGB comes out, or RGBA where some colours are transparent (tRNS). The
 * one grey or colour that tRNS makes transparent becomes alpha 0, all others 255. Gamma and colour profiles do not
 * change the pixels. `name` is the file's, for errors.
 *
 * Throws an Error that names the file: for what is no PNG, a wrong CRC (with its chunk), chunks missing or out of
 * order, pixels missing or too many, more than `maxPixels` pixels, or more than there is memory for.
 */
export async function decodePng(
  bytes: Uint8Array, name: string, options: DecodeOptions = {},
): Promise<RasterImage> {
  const where = `decodePng: ${name}`;
  const { maxPixels, orientation } = decodeOptions(where, options);
  try {
    const file = readPng(where, bytes, maxPixels);
    const filtered = await inflate(where, file.pixels, filteredLength(file.header));
    // The low bytes count only where a colour is to be told from its neighbours.
    const samples = readSamples(where, file.header, filtered, file.transparency !== undefined);
    const image = file.header.colourType === 3 ? lookUp(where, file, samples) : toBytes(file, samples);
    const turn = orientation === 'apply' && file.exif !== undefined ? readOrientation(file.exif) : 1;
    return turnUpright(image, turn);
  } catch (error) {
    throw namedIfMemory(where, error);
  }
}

/** Samples to 8 bits, with an alpha of 0 or 255 behind them if tRNS names a colour. */
function toBytes({ header, transparency }: PngFile, samples: Uint8Array | Uint16Array): RasterImage {
  const { width, height, depth } = header;
  const channels = header.samples + (transparency === undefined ? 0 : 1);
  const data = transparency === undefined && depth >= 8 && samples instanceof Uint8Array
    ? samples : new Uint8Array(width * height * channels);
  if (data !== samples) {
    const key = transparency === undefined ? [] : keyOf(transparency, depth);
    const [shift, factor] = depth === 16 ? [8, 1] : [0, 255 / (2 ** depth - 1)];
    for (let from = 0, to = 0; from < samples.length; from += header.samples, to += channels) {
      let differs = false;
      for (let s = 0; s < header.samples; s++) {
        const sample = samples[from + s];
        data[to + s] = (sample >> shift) * factor;
        differs ||= sample !== key[s];
      }
      if (transparency !== undefined) data[to + header.samples] = differs ? 255 : 0;
    }
  }
  return { width, height, channels: channels as RasterImage['channels'], data };
}

/** tRNS of grey and RGB: 16 bits a sample, of which those count that the image has (11.3.1.1). */
function keyOf(transparency: Uint8Array, depth: number): number[] {
  const mask = 2 ** depth - 1;
  return Array.from({ length: transparency.length / 2 }, (_, s) =>
    (transparency[2 * s] * 256 + transparency[2 * s + 1]) & mask);
}

/** Indices to the palette's colours; colours beyond the end of tRNS are opaque. */
function lookUp(
  where: string, { header, palette, transparency }: PngFile, indices: Uint8Array | Uint16Array,
): RasterImage {
  if (palette === undefined) throw new Error(`${where}: no PLTE chunk, and its pixels are indices into it`);
  const { width, height } = header;
  const colours = palette.length / 3;
  const channels = transparency === undefined ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, to = 0; i < indices.length; i++, to += channels) {
    const index = indices[i];
    if (index >= colours) throw new Error(`${where}: pixel ${i} has colour ${index}; PLTE has ${colours} colours`);
    for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
    if (transparency !== undefined) data[to + 3] = index < transparency.length ? transparency[index] : 255;
  }
  return { width, height, channels, data };
}
