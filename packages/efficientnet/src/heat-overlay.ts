/** An image under a map in colours. */
import { formatShape, resize, reshape, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { RasterImage } from '@vitrine/data';

/**
 * Viridis at eighths of the way, between which colours are mixed: as bright as the value is high, for every kind of
 * colour vision and in print. Source: Smith & van der Walt 2015, matplotlib's default.
 */
const VIRIDIS = [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21908c, 0x27ad81, 0x5dc863, 0xaadc32, 0xfde725];

/** The colour of a value from 0, dark blue, to 1, yellow: red, green and blue, 0 to 255. */
export function viridis(value: number): readonly [red: number, green: number, blue: number] {
  const at = Math.min(1, Math.max(0, value)) * (VIRIDIS.length - 1);
  const i = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const channel = (shift: number): number => {
    const [from, to] = [(VIRIDIS[i] >> shift) & 255, (VIRIDIS[i + 1] >> shift) & 255];
    return from + (at - i) * (to - from);
  };
  return [channel(16), channel(8), channel(0)];
}

export interface OverlayOptions {
  /** Share of colour, 0 to 1. Default 0.55. */
  readonly opacity?: number;
  /** `[height, width]` of the canvas the network saw, with the image in its middle. Default: the image itself. */
  readonly canvas?: readonly [height: number, width: number];
}

/**
 * `image` in grey under `map`, `[h,w]` of values from 0 to 1 such as one of `gradCam`, which is made as large as the
 * canvas (bilinear) and drawn in viridis. RGB, of the image's size; alpha is dropped. Throws a RangeError if map has
 * not two axes, or the canvas is smaller than the image.
 */
export function overlayHeat(image: RasterImage, map: Tensor, options: OverlayOptions = {}): RasterImage {
  const { width, height, channels, data } = image;
  const { opacity = 0.55, canvas = [height, width] } = options;
  if (map.shape.length !== 2) throw new RangeError(`overlayHeat: map is [h,w]; got ${formatShape(map.shape)}`);
  if (canvas[0] < height || canvas[1] < width) {
    throw new RangeError(`overlayHeat: the canvas holds the image, ${height}×${width}; got ${canvas.join('×')}`);
  }
  const [h, w] = map.shape;
  const heat = scope(() => resize(reshape(map, [1, h, w, 1]), canvas, { mode: 'bilinear' }).toFloat32Array());
  // As the loader centres images: an odd rest goes below and right.
  const [top, left] = [Math.floor((canvas[0] - height) / 2), Math.floor((canvas[1] - width) / 2)];
  const out = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const grey = greyOf(data, at * channels, channels);
      viridis(heat[(top + y) * canvas[1] + left + x]).forEach((colour, c) => {
        out[3 * at + c] = Math.round((1 - opacity) * grey + opacity * colour);
      });
    }
  }
  return { width, height, channels: 3, data: out };
}

/** Luma by the weights of ITU-R BT.601. */
const greyOf = (data: Uint8Array, at: number, channels: number): number =>
  (channels < 3 ? data[at] : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
