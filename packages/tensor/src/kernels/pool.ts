import type { Floats, Geometry } from './geometry.js';

/**
 * Average pooling. The geometry has O = C; a global pool is the window kH = H, kW = W. Padding is left out of
 * both the sum and the count, as PyTorch does with count_include_pad=false.
 */

/**
 * out[n,i,j,c] = mean of x[n, i·strideH − padTop + r, j·strideW − padLeft + s, c] over the (r, s) inside the image
 * x: [N,H,W,C], out: [N,outH,outW,C], overwritten, must not alias. A window with nothing of the image under it
 * writes 0.
 * Cost: N·outH·outW·kH·kW·C additions. Accumulates in float64.
 */
export function averagePool(g: Geometry, x: Floats, out: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  const sums = new Float64Array(C);
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const hStart = Math.max(0, i * strideH - padTop);
      const hEnd = Math.min(H, i * strideH - padTop + kH);
      for (let j = 0; j < outW; j++) {
        const wStart = Math.max(0, j * strideW - padLeft);
        const wEnd = Math.min(W, j * strideW - padLeft + kW);
        sums.fill(0);
        for (let h = hStart; h < hEnd; h++) {
          for (let w = wStart; w < wEnd; w++) {
            const from = ((n * H + h) * W + w) * C;
            for (let c = 0; c < C; c++) sums[c] += x[from + c];
          }
        }
        const count = Math.max(0, hEnd - hStart) * Math.max(0, wEnd - wStart);
        for (let c = 0; c < C; c++) out[to + c] = count > 0 ? sums[c] / count : 0;
        to += C;
      }
    }
  }
}

/**
 * dx[n,h,w,c] = Σ dout[n,i,j,c] / count(i,j), over the windows (i, j) that cover (h, w)
 * dout: [N,outH,outW,C], dx: [N,H,W,C], overwritten (zero where no window reaches), must not alias.
 * Cost: as averagePool. Where windows overlap, sums round to dx's type at every addition.
 */
export function averagePoolGrad(g: Geometry, dout: Floats, dx: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  dx.fill(0, 0, N * H * W * C);
  let from = 0;
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const hStart = Math.max(0, i * strideH - padTop);
      const hEnd = Math.min(H, i * strideH - padTop + kH);
      for (let j = 0; j < outW; j++) {
        const wStart = Math.max(0, j * strideW - padLeft);
        const wEnd = Math.min(W, j * strideW - padLeft + kW);
        const share = 1 / ((hEnd - hStart) * (wEnd - wStart)); // used only if the window is not empty
        for (let h = hStart; h < hEnd; h++) {
          for (let w = wStart; w < wEnd; w++) {
            const to = ((n * H + h) * W + w) * C;
            for (let c = 0; c < C; c++) dx[to + c] += dout[from + c] * share;
          }
        }
        from += C;
      }
    }
  }
}
