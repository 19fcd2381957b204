/** The stem's kernels as pictures. */
import type { RasterImage } from '@vitrine/data';
import type { EfficientNet } from './model.js';

/**
 * One picture a filter of the stem, 3×3 pixels: grey for networks of grey images, RGB for RGB; of any other number of
 * channels, the mean over them. Each filter is on a scale of its own: 128 is weight 0, and its largest weight in
 * absolute value is 1 or 255.
 */
export function stemFilters(model: EfficientNet): RasterImage[] {
  const { weight } = model.stem;
  const [height, width, C, O] = weight.shape;
  const weights = weight.value.toFloat32Array(); // kH,kW,C,O
  const channels = C === 3 ? 3 : 1;
  return Array.from({ length: O }, (_, o) => {
    const values = Float32Array.from({ length: height * width * channels }, (_unused, i) => {
      if (channels === C) return weights[i * O + o];
      return Array.from({ length: C }, (_none, c) => weights[(i * C + c) * O + o]).reduce((a, b) => a + b, 0) / C;
    });
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const data = Uint8Array.from(values, (value) => Math.round(128 + (largest > 0 ? (127 * value) / largest : 0)));
    return { width, height, channels, data };
  });
}
