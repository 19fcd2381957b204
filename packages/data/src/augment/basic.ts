import type { RasterImage } from '../image/raster.js';
import type { Augment } from './augment.js';

/** Mirrors left and right with probability 1/2: out[y,x,c] = in[y, W−1−x, c]. */
export const randomFlip: Augment = (image, random) => (random.uniform() < 0.5 ? image : mirrored(image));

function mirrored({ width, height, channels, data }: RasterImage): RasterImage {
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[to++] = data[from + c];
    }
  }
  return { width, height, channels, data: out };
}

/**
 * Pads with k black pixels on each side, and takes a part of the first size at random: the image moves by −k to k
 * pixels down and, independently, across.
 * Source: He et al. 2016, arXiv:1512.03385, section 4.2 (k = 4 on 32×32).
 */
export const padAndCrop = (k: number): Augment => {
  if (!Number.isInteger(k) || k < 0) {
    throw new Error(`padAndCrop: ${k} pixels; expected a non-negative integer`);
  }
  return ({ width, height, channels, data }, random) => {
    const dy = random.integer(2 * k + 1) - k;
    const dx = random.integer(2 * k + 1) - k;
    const out = new Uint8Array(data.length);
    const x0 = Math.max(0, -dx);
    const x1 = Math.min(width, width - dx);
    for (let y = Math.max(0, -dy); x0 < x1 && y < Math.min(height, height - dy); y++) {
      const from = (y + dy) * width + dx;
      out.set(data.subarray((from + x0) * channels, (from + x1) * channels), (y * width + x0) * channels);
    }
    return { width, height, channels, data: out };
  };
};
