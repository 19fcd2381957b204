import type { Floats } from './geometry.js';

/**
 * Max pooling over windows of any kind: a grid with stride, padding and dilation, or cells of uneven size. A window
 * is some rows by some columns of the image. Padding counts as −∞, which no pixel is below, so it is simply in no
 * window.
 */

/** Along one axis, window i looks at first[i] + k·step for 0 ≤ k < count[i]: all inside the image, one at least. */
export interface Spans {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly step: number;
}

/**
 * out[n,i,j,c] = the largest x[n,h,w,c] over the rows h of span i and the columns w of span j; NaN if one of them is.
 * indices[n,i,j,c] = h·W + w of that pixel, in reading order the first of several that are equal, but the last NaN (as
 * PyTorch); not written if null.
 * x: [N,H,W,C]; out, indices: [N,outH,outW,C] with outH and outW spans down and across, overwritten, must not alias x.
 * (A Float32Array holds indices exactly up to 2²⁴.)
 * Cost: a comparison for each pixel of each window and channel.
 */
export function maxPool(
  N: number, H: number, W: number, C: number, rows: Spans, columns: Spans,
  x: Floats, out: Floats, indices: Floats | null,
): void {
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < rows.first.length; i++) {
      for (let j = 0; j < columns.first.length; j++) {
        out.fill(-Infinity, to, to + C);
        indices?.fill(rows.first[i] * W + columns.first[j], to, to + C);
        for (let r = 0; r < rows.count[i]; r++) {
          for (let s = 0; s < columns.count[j]; s++) {
            const pixel = (rows.first[i] + r * rows.step) * W + columns.first[j] + s * columns.step;
            const from = (n * H * W + pixel) * C;
            for (let c = 0; c < C; c++) {
              const value = x[from + c];
              if (value > out[to + c] || Number.isNaN(value)) {
                out[to + c] = value;
                if (indices !== null) indices[to + c] = pixel;
              }
            }
          }
        }
        to += C;
      }
    }
  }
}
