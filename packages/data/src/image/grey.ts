import type { RasterImage } from './raster.js';

/** 0.299·R + 0.587·G + 0.114·B (ITU-R 601), weights in multiples of 2⁻¹⁶, to the nearest whole number. */
export const luma = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/**
 * The image with one channel, its luma, as PIL's convert('L') has it; alpha is dropped. A grey image is returned as it
 * is.
 */
export function toGrey(image: RasterImage): RasterImage {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const out = new Uint8Array(width * height);
  for (let to = 0, from = 0; to < out.length; to++, from += channels) {
    out[to] = channels === 2 ? data[from] : luma(data[from], data[from + 1], data[from + 2]);
  }
  return { width, height, channels: 1, data: out };
}
