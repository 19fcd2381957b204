import type { Random } from '@vitrine/tensor';

/**
 * Changes one image in place: H·W·C floats, HWC, 0 (black) to 1, before normalisation.
 * All chance comes from `random`, a stream of this image in this epoch.
 */
export type Augment = (
  pixels: Float32Array,
  height: number,
  width: number,
  channels: number,
  random: Random,
) => void;

/** Mirrors left and right with probability 1/2: out[y,x,c] = in[y, W−1−x, c]. */
export const randomFlip: Augment = (pixels, height, width, channels, random) => {
  if (random.uniform() < 0.5) return;
  for (let y = 0; y < height; y++) {
    for (let left = 0, right = width - 1; left < right; left++, right--) {
      for (let c = 0; c < channels; c++) {
        const a = (y * width + left) * channels + c;
        const b = (y * width + right) * channels + c;
        const kept = pixels[a];
        pixels[a] = pixels[b];
        pixels[b] = kept;
      }
    }
  }
};

/**
 * Moves the image by −k to k pixels down and, independently, across: out[y,x,c] = in[y+dy, x+dx, c], 0 outside.
 * The same as padding with k zeros on each side and cropping at random.
 * Source: He et al. 2016, arXiv:1512.03385, section 4.2 (k = 4 on 32×32).
 */
export const randomShift = (k: number): Augment => {
  if (!Number.isInteger(k) || k < 0) {
    throw new Error(`randomShift: ${k} pixels; expected a non-negative integer`);
  }
  return (pixels, height, width, channels, random) => {
    const dy = random.integer(2 * k + 1) - k;
    const dx = random.integer(2 * k + 1) - k;
    const source = pixels.slice();
    pixels.fill(0);
    const x0 = Math.max(0, -dx);
    const x1 = Math.min(width, width - dx);
    if (x0 >= x1) return;
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      const from = (y + dy) * width + dx;
      pixels.set(source.subarray((from + x0) * channels, (from + x1) * channels), (y * width + x0) * channels);
    }
  };
};

/** One after the other, first to last, on the same stream of chance. */
export const compose = (...augments: readonly Augment[]): Augment => (pixels, height, width, channels, random) => {
  for (const augment of augments) augment(pixels, height, width, channels, random);
};
