import type { Floats, Geometry } from './geometry.js';

/**
 * Depthwise convolution: groups = C = O, every channel has its own kH×kW filter, weight [kH, kW, 1, C]. No weight is
 * shared between channels, so it is no matrix product. Output, input gradient and weight gradient are all sums of
 * products over a rectangle of two images, channel by channel: `addWindow` below is that sum, and the three functions
 * say which rectangle. What falls outside the image is left out of the rectangle, so the inner loop asks no questions.
 */

/**
 * out[n,i,j,c] = Σ_{r,s} x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, c] · w[r,s,0,c]
 * x: [N,H,W,C], w: [kH,kW,1,C], out: [N,outH,outW,C], overwritten, must not alias. Padding counts as zero;
 * a window with nothing of the image under it writes zeros.
 * Cost: 2·N·outH·outW·kH·kW·C flops. Accumulates in float64, rounds once.
 */
export function depthwise(g: Geometry, x: Floats, w: Floats, out: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop, padLeft, outH, outW } = g;
  out.fill(0, 0, N * outH * outW * C);
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const top = i * strideH - padTop;
      const r = Math.max(0, Math.ceil(-top / dilationH));
      const rows = Math.min(kH, Math.ceil((H - top) / dilationH)) - r;
      for (let j = 0; j < outW; j++, to += C) {
        const left = j * strideW - padLeft;
        const s = Math.max(0, Math.ceil(-left / dilationW));
        const cols = Math.min(kW, Math.ceil((W - left) / dilationW)) - s;
        const xAt = ((n * H + top + r * dilationH) * W + left + s * dilationW) * C;
        addWindow(C, rows, cols, x, xAt, dilationH * W * C, dilationW * C, w, (r * kW + s) * C, kW * C, C, out, to);
      }
    }
  }
}

/**
 * dx[n,h,w,c] = Σ dout[n,i,j,c] · w[r,s,0,c], over all (i, r) with i·strideH − padTop + r·dilationH = h and all (j, s)
 * with j·strideW − padLeft + s·dilationW = w.
 * dout: [N,outH,outW,C], w: [kH,kW,1,C], dx: [N,H,W,C], overwritten (zero where no window reaches), must not alias.
 * Written as a gather (see `meetingTaps`), so input pixels do not depend on each other.
 * Cost: as depthwise. Accumulates in float64, rounds once.
 */
export function depthwiseInputGrad(g: Geometry, dout: Floats, w: Floats, dx: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop, padLeft, outH, outW } = g;
  const [down, across] = [meetingSteps(strideH, dilationH), meetingSteps(strideW, dilationW)];
  const columns = Array.from({ length: W }, (_, z) => meetingTaps(z + padLeft, kW, strideW, dilationW, outW));
  dx.fill(0, 0, N * H * W * C);
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let y = 0; y < H; y++) {
      const { tap: r, count: rows, at: i } = meetingTaps(y + padTop, kH, strideH, dilationH, outH);
      for (let z = 0; z < W; z++, to += C) {
        const { tap: s, count: cols, at: j } = columns[z];
        const from = ((n * outH + i) * outW + j) * C;
        const wAt = (r * kW + s) * C;
        addWindow(
          C, rows, cols, dout, from, -down.out * outW * C, -across.out * C,
          w, wAt, down.tap * kW * C, across.tap * C, dx, to,
        );
      }
    }
  }
}

/**
 * Along one axis, the taps r < k that meet input position y (the padding counted in) with their outputs i < out:
 * i·stride + r·dilation = y. They are r = tap + q·steps.tap with i = at − q·steps.out, q < count. For dilation 1
 * they are r ≡ y (mod stride).
 */
function meetingTaps(
  y: number, k: number, stride: number, dilation: number, out: number,
): { readonly tap: number; readonly count: number; readonly at: number } {
  const end = Math.min(k, Math.floor(y / dilation) + 1); // behind the last, where i ≥ 0
  let tap = Math.max(0, Math.ceil((y - stride * (out - 1)) / dilation)); // the first, where i ≤ out − 1
  while (tap < end && (y - tap * dilation) % stride !== 0) tap++;
  return { tap, count: Math.ceil((end - tap) / meetingSteps(stride, dilation).tap), at: (y - tap * dilation) / stride };
}

/** From one meeting tap to the next, and from its output to the next: the smallest with out·stride = tap·dilation. */
function meetingSteps(stride: number, dilation: number): { readonly tap: number; readonly out: number } {
  let tap = 1;
  while ((tap * dilation) % stride !== 0) tap++;
  return { tap, out: (tap * dilation) / stride };
}

/**
 * dw[r,s,0,c] = Σ_{n,i,j} x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, c] · dout[n,i,j,c]
 * x: [N,H,W,C], dout: [N,outH,outW,C], dw: [kH,kW,1,C], overwritten (zeros if there are no pixels), must not alias.
 * Taken one output row at a time, since a row, unlike the image, stays in the first-level cache for all its taps.
 * Cost: as depthwise, and a float64 scratch of kH·kW·C. Rounds once.
 */
export function depthwiseWeightGrad(g: Geometry, x: Floats, dout: Floats, dw: Floats): void {
  const { N, H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop, padLeft, outH, outW } = g;
  const sums = new Float64Array(kH * kW * C);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < outH; i++) {
      const top = i * strideH - padTop;
      for (let r = Math.max(0, Math.ceil(-top / dilationH)); r < Math.min(kH, Math.ceil((H - top) / dilationH)); r++) {
        for (let s = 0; s < kW; s++) {
          // The output columns whose tap s lies in the image: 0 ≤ j·strideW + left < W.
          const left = s * dilationW - padLeft;
          const j = Math.max(0, Math.ceil(-left / strideW));
          const cols = Math.min(outW, Math.ceil((W - left) / strideW)) - j;
          const xAt = ((n * H + top + r * dilationH) * W + j * strideW + left) * C;
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
