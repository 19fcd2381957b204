import type { Floats, Geometry } from './geometry.js';

/**
 * Depthwise convolution: groups = C = O, every channel has its own kH×kW filter, weight [kH, kW, 1, C]. No weight is
 * shared between channels, so it is no matrix product. Output, input gradient and weight gradient are all sums of
 * products over a rectangle of two images, channel by channel: `addWindow` below is that sum, and the three functions
 * say which rectangle. What falls outside the image is left out of the rectangle, so the inner loop asks no questions.
 */

/**
 * out[n,i,j,c] = Σ_{r,s} x[n, i·strideH − padTop + r, j·strideW − padLeft + s, c] · w[r,s,0,c]
 * x: [N,H,W,C], w: [kH,kW,1,C], out: [N,outH,outW,C], overwritten, must not alias. Padding counts as zero;
 * a window with nothing of the image under it writes zeros.
 * Cost: 2·N·outH·outW·kH·kW·C flops. Accumulates in float64, rounds once.
 */
export function depthwise(g: Geometry, x: Floats, w: Floats, out: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  out.fill(0, 0, N * outH * outW * C);
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const top = i * strideH - padTop;
      const r = Math.max(0, -top);
      const rows = Math.min(kH, H - top) - r;
      for (let j = 0; j < outW; j++, to += C) {
        const left = j * strideW - padLeft;
        const s = Math.max(0, -left);
        const cols = Math.min(kW, W - left) - s;
        const xAt = ((n * H + top + r) * W + left + s) * C;
        addWindow(C, rows, cols, x, xAt, W * C, C, w, (r * kW + s) * C, kW * C, C, out, to);
      }
    }
  }
}

/**
 * dx[n,h,w,c] = Σ dout[n,i,j,c] · w[r,s,0,c], over all (i, r) with i·strideH − padTop + r = h and all (j, s) with
 * j·strideW − padLeft + s = w.
 * dout: [N,outH,outW,C], w: [kH,kW,1,C], dx: [N,H,W,C], overwritten (zero where no window reaches), must not alias.
 * Written as a gather: the taps that meet input row h are r ≡ h + padTop (mod strideH), and while r goes up by strideH,
 * the output row i = (h + padTop − r)/strideH goes down by one. So input pixels do not depend on each other.
 * Cost: as depthwise. Accumulates in float64, rounds once.
 */
export function depthwiseInputGrad(g: Geometry, dout: Floats, w: Floats, dx: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  dx.fill(0, 0, N * H * W * C);
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let y = padTop; y < padTop + H; y++) {
      const r = Math.max(y % strideH, y - strideH * (outH - 1)); // the first tap, where i ≤ outH − 1
      const rows = Math.ceil((Math.min(kH, y + 1) - r) / strideH); // up to the last, where i ≥ 0
      const i = (y - r) / strideH;
      for (let z = padLeft; z < padLeft + W; z++, to += C) {
        const s = Math.max(z % strideW, z - strideW * (outW - 1));
        const cols = Math.ceil((Math.min(kW, z + 1) - s) / strideW);
        const j = (z - s) / strideW;
        const from = ((n * outH + i) * outW + j) * C;
        const wAt = (r * kW + s) * C;
        addWindow(C, rows, cols, dout, from, -outW * C, -C, w, wAt, strideH * kW * C, strideW * C, dx, to);
      }
    }
  }
}

/**
 * dw[r,s,0,c] = Σ_{n,i,j} x[n, i·strideH − padTop + r, j·strideW − padLeft + s, c] · dout[n,i,j,c]
 * x: [N,H,W,C], dout: [N,outH,outW,C], dw: [kH,kW,1,C], overwritten (zeros if there are no pixels), must not alias.
 * Taken one output row at a time, since a row, unlike the image, stays in the first-level cache for all its taps.
 * Cost: as depthwise, and a float64 scratch of kH·kW·C. Rounds once.
 */
export function depthwiseWeightGrad(g: Geometry, x: Floats, dout: Floats, dw: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  const sums = new Float64Array(kH * kW * C);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const top = i * strideH - padTop;
      for (let r = Math.max(0, -top); r < Math.min(kH, H - top); r++) {
        for (let s = 0; s < kW; s++) {
          // The output columns whose tap s lies in the image: 0 ≤ j·strideW − padLeft + s < W.
          const j = Math.max(0, Math.ceil((padLeft - s) / strideW));
          const cols = Math.min(outW, Math.ceil((W + padLeft - s) / strideW)) - j;
          const xAt = ((n * H + top + r) * W + j * strideW - padLeft + s) * C;
          const from = ((n * outH + i) * outW + j) * C;
          addWindow(C, 1, cols, x, xAt, 0, strideW * C, dout, from, 0, C, sums, (r * kW + s) * C);
        }
      }
    }
  }
  dw.set(sums);
}

/**
 * out[to + c] += Σ_{r<rows, s<cols} a[aAt + r·aRow + s·aCol + c] · b[bAt + r·bRow + s·bCol + c],  0 ≤ c < C
 * rows or cols ≤ 0 adds nothing. Four channels at a time, their sums in registers: twice as fast (Node 20) as one
 * tap after the other with the sums in memory.
 */
function addWindow(
  C: number, rows: number, cols: number,
  a: Floats, aAt: number, aRow: number, aCol: number,
  b: Floats, bAt: number, bRow: number, bCol: number,
  out: Floats, to: number,
): void {
  let c = 0;
  for (; c + 4 <= C; c += 4) {
    let c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (let r = 0; r < rows; r++) {
      let p = aAt + r * aRow + c;
      let q = bAt + r * bRow + c;
      for (let s = 0; s < cols; s++, p += aCol, q += bCol) {
        c0 += a[p] * b[q];
        c1 += a[p + 1] * b[q + 1];
        c2 += a[p + 2] * b[q + 2];
        c3 += a[p + 3] * b[q + 3];
      }
    }
    out[to + c] += c0;
    out[to + c + 1] += c1;
    out[to + c + 2] += c2;
    out[to + c + 3] += c3;
  }
  for (; c < C; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      let p = aAt + r * aRow + c;
      let q = bAt + r * bRow + c;
      for (let s = 0; s < cols; s++, p += aCol, q += bCol) sum += a[p] * b[q];
    }
    out[to + c] += sum;
  }
}
