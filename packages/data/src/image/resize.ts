/**
 * Resizing 8-bit images as PIL does, to the last bit. Networks were trained on PIL's pixels, and what it rounds, and
 * when, is part of them: along the rows first, to whole numbers; then down the columns, to whole numbers again.
 *
 * Source: Pillow's Resample.c, Geometry.c (nearest) and Convert.c (alpha).
 */
import { filtered } from '@vitrine/tensor/internal';
import type { FilterName } from '@vitrine/tensor/internal';
import type { RasterImage } from './raster.js';

export interface ResizeImageOptions {
  /** All but 'nearest' average over every pixel where the image gets smaller. Default 'bicubic', as in PIL. */
  readonly filter?: FilterName | 'nearest';
}

const FILTERS: readonly string[] = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos'];

/** Bits after the point of a weight: 32 less 8 for the pixel, and 2 for the sign and for weights that overshoot. */
const PRECISION_BITS = 22;

/**
 * The image in another size: what `PIL.Image.resize((width, height), filter)` gives for modes L, LA, RGB and RGBA.
 * Colours are weighed by their alpha. A copy, also where the size stays the same. Throws if the sizes do not describe
 * an image.
 */
export function resizeImage(
  image: RasterImage, width: number, height: number, { filter = 'bicubic' }: ResizeImageOptions = {},
): RasterImage {
  check(image, width, height, filter);
  const { channels } = image;
  const data = Uint8Array.from(image.data);
  if (width === image.width && height === image.height) return { width, height, channels, data };
  if (filter === 'nearest') return { width, height, channels, data: pickNearest(image, width, height) };
  const hasAlpha = channels === 2 || channels === 4;
  if (hasAlpha) multiplyByAlpha(data, channels);
  const wide = width === image.width ? data
    : resampleBytes(image.height, channels, filter, image.width, width, data);
  const out = height === image.height ? wide
    : resampleBytes(1, width * channels, filter, image.height, height, wide);
  if (hasAlpha) divideByAlpha(out, channels);
  return { width, height, channels, data: out };
}

function check(image: RasterImage, outWidth: number, outHeight: number, filter: string): void {
  const { width, height, channels, data } = image;
  if (![1, 2, 3, 4].includes(channels)) {
    throw new Error(`resizeImage: ${String(channels)} channels; expected 1, 2, 3 or 4`);
  }
  for (const [name, size] of Object.entries({ width, height, 'new width': outWidth, 'new height': outHeight })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new Error(`resizeImage: the ${name} is ${size}; expected a whole number >= 1`);
    }
  }
  if (data.length !== height * width * channels) {
    throw new Error(
      `resizeImage: ${data.length} bytes of pixels; ` +
        `expected ${height}·${width}·${channels} = ${height * width * channels} (HWC)`,
    );
  }
  if (!FILTERS.includes(filter)) throw new Error(`resizeImage: no filter ${filter}; there are ${FILTERS.join(', ')}`);
}

/**
 * out[o,i,c] = ⌊½ + Σₖ weights[k]·x[o, first + k, c]⌋, cut to 0 … 255: `resample` of the tensors, with weights
 * rounded to multiples of 2⁻²². x: outer × length × inner bytes; out: outer × outLength × inner.
 */
function resampleBytes(
  outer: number, inner: number, filter: FilterName, length: number, outLength: number, x: Uint8Array,
): Uint8Array {
  const rows = filtered(filter, length, outLength).rows
    .map(({ first, weights }) => ({ first, weights: Int32Array.from(weights, fixedPoint) }));
  const out = new Uint8Array(outer * outLength * inner);
  const sums = new Int32Array(inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { first, weights } of rows) {
      sums.fill(1 << (PRECISION_BITS - 1));
      let from = (o * length + first) * inner;
      for (const weight of weights) {
        for (let c = 0; c < inner; c++) sums[c] += weight * x[from + c];
        from += inner;
      }
      for (let c = 0; c < inner; c++) out[to + c] = Math.min(255, Math.max(0, sums[c] >> PRECISION_BITS));
      to += inner;
    }
  }
  return out;
}

/** The nearest multiple of 2⁻²², halves away from zero. */
const fixedPoint = (weight: number): number => Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));

function pickNearest({ width, height, channels, data }: RasterImage, outWidth: number, outHeight: number): Uint8Array {
  const [rows, columns] = [centres(height, outHeight), centres(width, outWidth)];
  const out = new Uint8Array(outHeight * outWidth * channels);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[to++] = data[from + c];
    }
  }
  return out;
}

/**
 * The pixel under the middle of each new one. PIL adds step to step instead of multiplying, and rounding is part of
 * the result.
 */
function centres(length: number, outLength: number): number[] {
  const step = length / outLength;
  let point = step * 0.5;
  return Array.from({ length: outLength }, () => {
    const pixel = Math.trunc(point);
    point += step;
    return pixel;
  });
}

/** Colours times alpha/255, rounded, in place: so that what cannot be seen does not bleed into what can. */
export function multiplyByAlpha(data: Uint8Array, channels: number): void {
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1];
    for (let c = at; c < at + channels - 1; c++) {
      const product = data[c] * alpha + 128;
      data[c] = ((product >> 8) + product) >> 8; // product/255, without a division
    }
  }
}

/** Undoes it, rounding down; where alpha is 0 there is nothing to undo. */
export function divideByAlpha(data: Uint8Array, channels: number): void {
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1];
    if (alpha === 0 || alpha === 255) continue;
    for (let c = at; c < at + channels - 1; c++) data[c] = Math.min(255, Math.trunc((255 * data[c]) / alpha));
  }
}
