import type { RasterImage } from './raster.js';

/**
 * The image with one channel, as PIL's convert('L') has it: the luma of ITU-R 601, (19595·R + 38470·G + 7471·B)/2¹⁶
 * rounded; alpha is dropped. A grey image is returned as it is.
 */
export function toGrey(image: RasterImage): RasterImage {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const out = new Uint8Array(width * height);
  for (let to = 0, from = 0; to < out.length; to++, from += channels) {
    out[to] = channels === 2 ? data[from]
      : (19595 * data[from] + 38470 * data[from + 1] + 7471 * data[from + 2] + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: out };
}
