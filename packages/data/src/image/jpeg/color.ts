/**
 * From a JPEG's components to grey or RGB. Which colours the components are is not part of T.81: JFIF and Adobe say it
 * in segments of their own, and where both are silent libjpeg guesses, whose guesses everybody lives with.
 *
 * Source: JFIF 1.02 (YCbCr, after ITU-R BT.601, full range); libjpeg-turbo's jdapimin.c (the guesses) and jdcolor.c
 * (whole-number arithmetic, 16 bits after the point); Pillow's Convert.c (CMYK).
 */
import type { Frame } from './markers.js';

export type ColourModel = 'grey' | 'YCbCr' | 'RGB' | 'CMYK' | 'YCCK';

/** What the components are, from the segments there were. `adobe` is that segment's colour transform. */
export function colourModel({ components }: Frame, jfif: boolean, adobe: number | undefined): ColourModel {
  if (components.length === 1) return 'grey';
  if (components.length === 4) return adobe === undefined || adobe === 0 ? 'CMYK' : 'YCCK';
  if (jfif) return 'YCbCr';
  if (adobe !== undefined) return adobe === 0 ? 'RGB' : 'YCbCr';
  return String.fromCharCode(...components.map(({ id }) => id)) === 'RGB' ? 'RGB' : 'YCbCr';
}

/** Writes a row of pixels, interleaved, from `to` on; rows are the components'. */
export type RowConverter = (rows: readonly Uint8Array[], width: number, out: Uint8ClampedArray, to: number) => void;

const FRACTION_BITS = 16;
const fixed = (x: number): number => Math.round(x * 2 ** FRACTION_BITS);
const [CR_RED, CB_BLUE, CR_GREEN, CB_GREEN] = [fixed(1.402), fixed(1.772), fixed(0.71414), fixed(0.34414)];
const HALF = 1 << (FRACTION_BITS - 1);

/** Red, green and blue, less Y, from Cb − 128 and Cr − 128. */
const red = (cr: number): number => (CR_RED * cr + HALF) >> FRACTION_BITS;
const green = (cb: number, cr: number): number => (HALF - CB_GREEN * cb - CR_GREEN * cr) >> FRACTION_BITS;
const blue = (cb: number): number => (CB_BLUE * cb + HALF) >> FRACTION_BITS;

/** x·y/255, rounded, as PIL reckons it. */
function product(x: number, y: number): number {
  const xy = x * y + 128;
  return ((xy >> 8) + xy) >> 8;
}

/** What is between 0 and 255, also if it is not. */
const clamp = (x: number): number => Math.min(255, Math.max(0, x));

/** The converters to grey (one channel) or RGB; `out` cuts what it stores to 0 … 255. */
export const converters: Readonly<Record<ColourModel, RowConverter>> = {
  grey: ([y], width, out, to) => out.set(y.subarray(0, width), to),

  RGB: ([r, g, b], width, out, to) => {
    for (let x = 0; x < width; x++, to += 3) {
      out[to] = r[x];
      out[to + 1] = g[x];
      out[to + 2] = b[x];
    }
  },

  YCbCr: ([luma, blues, reds], width, out, to) => {
    for (let x = 0; x < width; x++, to += 3) {
      const [y, cb, cr] = [luma[x], blues[x] - 128, reds[x] - 128];
      out[to] = y + red(cr);
      out[to + 1] = y + green(cb, cr);
      out[to + 2] = y + blue(cb);
    }
  },

  // Adobe stores inks inverted, 255 for none, and PIL takes all CMYK files for Adobe's. What an ink lets through is
  // then its own number, of what black lets through.
  CMYK: (rows, width, out, to) => {
    const key = rows[3];
    for (let x = 0; x < width; x++, to += 3) {
      for (let c = 0; c < 3; c++) out[to + c] = key[x] - product(255 - rows[c][x], key[x]);
    }
  },

  // Inks as YCbCr: that gives 255 less the stored ink.
  YCCK: ([luma, blues, reds, key], width, out, to) => {
    for (let x = 0; x < width; x++, to += 3) {
      const [y, cb, cr, k] = [luma[x], blues[x] - 128, reds[x] - 128, key[x]];
      out[to] = k - product(clamp(y + red(cr)), k);
      out[to + 1] = k - product(clamp(y + green(cb, cr)), k);
      out[to + 2] = k - product(clamp(y + blue(cb)), k);
    }
  },
};
