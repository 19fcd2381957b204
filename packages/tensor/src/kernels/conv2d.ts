import { gemm, gemmNT, gemmTN } from './gemm.js';
import type { Floats, Geometry } from './geometry.js';

/**
 * Convolution as matrix products. Group q of the weight [kH, kW, C/groups, O] is a matrix of
 * K = kH·kW·C/groups rows and O/groups columns, with leading dimension O, starting at column q·O/groups. If the
 * K input values under each output pixel are written out as a row (im2col), then out = columns · weight.
 *
 * Written out for a whole batch, columns would be kH·kW times the size of the input; so pixels are taken in blocks
 * whose columns stay in the cache between being written by im2col and being read by the product.
 *
 * A 1×1 convolution with stride 1, no padding and one group needs no columns at all: its input already is the
 * N·H·W × C matrix, and the convolution is one product over the whole batch.
 *
 * Source: im2col, Chellapilla, Puri & Simard 2006.
 */

/** 128 KiB of float32: leaves room in a second-level cache for what the product packs beside it. */
const BLOCK_ELEMENTS = 32768;

const isPointwise = (g: Geometry): boolean =>
  g.kH === 1 && g.kW === 1 && g.strideH === 1 && g.strideW === 1 && g.padTop === 0 && g.padLeft === 0 &&
  g.outH === g.H && g.outW === g.W && g.groups === 1;

/** K: the weights of one output channel. */
const fanIn = (g: Geometry): number => (g.kH * g.kW * g.C) / g.groups;

/** Output pixels of the whole batch. */
const pixelCount = (g: Geometry): number => g.N * g.outH * g.outW;

/** Output pixels whose columns make up one block: at least one. */
const blockRows = (g: Geometry): number => Math.max(1, Math.min(pixelCount(g), Math.floor(BLOCK_ELEMENTS / fanIn(g))));

/**
 * Elements of scratch (`columns`) that the three convolutions below want: the rows of a block × kH·kW·C/groups;
 * 0 where the convolution is a single product. The scratch needs no clearing and must not alias.
 */
export const columnsSize = (g: Geometry): number => (isPointwise(g) ? 0 : blockRows(g) * fanIn(g));

/**
 * columns[p, (r, s, c)] = x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, group·C/groups + c]
 * where output pixel (n, i, j) is number firstPixel + p of the N·outH·outW; zero where that is outside the image.
 * x: [N,H,W,C]; columns: pixels × kH·kW·C/groups, ordered as the weight is, overwritten.
 * Cost: one copy for each element of columns.
 */
export function im2col(
  g: Geometry, x: Floats, group: number, firstPixel: number, pixels: number, columns: Floats,
): void {
  const { H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop, padLeft, outH, outW } = g;
  const depth = C / g.groups;
  let to = 0;
  for (let pixel = firstPixel; pixel < firstPixel + pixels; pixel++) {
    const n = Math.floor(pixel / (outH * outW));
    const top = (Math.floor(pixel / outW) % outH) * strideH - padTop;
    const left = (pixel % outW) * strideW - padLeft;
    for (let r = 0; r < kH; r++) {
      const h = top + r * dilationH;
      for (let s = 0; s < kW; s++) {
        const w = left + s * dilationW;
        if (h >= 0 && h < H && w >= 0 && w < W) {
          const from = ((n * H + h) * W + w) * C + group * depth;
          for (let c = 0; c < depth; c++) columns[to + c] = x[from + c];
        } else {
          for (let c = 0; c < depth; c++) columns[to + c] = 0;
        }
        to += depth;
      }
    }
  }
}

/**
 * The transpose of im2col: dx[n, h, w, group·C/groups + c] += columns[p, (r, s, c)], with the same correspondence of
 * indices; what stands for padding is dropped.
 * columns: pixels × kH·kW·C/groups; dx: [N,H,W,C], added to. Sums round to dx's type at every addition.
 */
export function col2im(
  g: Geometry, columns: Floats, group: number, firstPixel: number, pixels: number, dx: Floats,
): void {
  const { H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop, padLeft, outH, outW } = g;
  const depth = C / g.groups;
  let from = 0;
  for (let pixel = firstPixel; pixel < firstPixel + pixels; pixel++) {
    const n = Math.floor(pixel / (outH * outW));
    const top = (Math.floor(pixel / outW) % outH) * strideH - padTop;
    const left = (pixel % outW) * strideW - padLeft;
    for (let r = 0; r < kH; r++) {
      const h = top + r * dilationH;
      for (let s = 0; s < kW; s++) {
        const w = left + s * dilationW;
        if (h >= 0 && h < H && w >= 0 && w < W) {
          const to = ((n * H + h) * W + w) * C + group * depth;
          for (let c = 0; c < depth; c++) dx[to + c] += columns[from + c];
        }
        from += depth;
      }
    }
  }
}

/**
 * out[n,i,j,o] = Σ_{r,s,c} x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, q·C/groups + c] ·
 * w[r,s,c,o], where q = ⌊o / (O/groups)⌋ is o's group.
 * x: [N,H,W,C], w: [kH,kW,C/groups,O], out: [N,outH,outW,O], overwritten, must not alias.
 * columns: scratch of columnsSize(g). Padding counts as zero. C = 0 writes zeros.
 * Cost: 2·N·outH·outW·kH·kW·C/groups·O flops, and the copying of im2col. Accumulates in float64.
 */
export function conv2d(g: Geometry, x: Floats, w: Floats, out: Floats, columns: Floats): void {
  if (isPointwise(g)) return gemm(pixelCount(g), g.O, g.C, x, g.C, w, g.O, out, g.O, false);
  const K = fanIn(g);
  const depthOut = g.O / g.groups;
  forEachBlock(g, (first, pixels) => {
    for (let q = 0; q < g.groups; q++) {
      im2col(g, x, q, first, pixels, columns);
      const wq = w.subarray(q * depthOut);
      gemm(pixels, depthOut, K, columns, K, wq, g.O, out.subarray(first * g.O + q * depthOut), g.O, false);
    }
  });
}

/**
 * dx[n,h,w,c] = Σ dout[n,i,j,o] · w[r,s,c,o], over all (i, r) with i·strideH − padTop + r·dilationH = h, all (j, s)
 * with j·strideW − padLeft + s·dilationW = w and all o of c's group: columns = dout · weightᵀ, then col2im.
 * dout: [N,outH,outW,O], w: [kH,kW,C/groups,O], dx: [N,H,W,C], overwritten (zero where no window reaches),
 * must not alias.
 * columns: scratch of columnsSize(g).
 * Cost: as conv2d. Sums over o in float64, rounded to the type of columns; then as col2im.
 */
export function conv2dInputGrad(g: Geometry, dout: Floats, w: Floats, dx: Floats, columns: Floats): void {
  if (isPointwise(g)) return gemmNT(pixelCount(g), g.C, g.O, dout, g.O, w, g.O, dx, g.C, false);
  const K = fanIn(g);
  const depthOut = g.O / g.groups;
  dx.fill(0, 0, g.N * g.H * g.W * g.C);
  forEachBlock(g, (first, pixels) => {
    for (let q = 0; q < g.groups; q++) {
      const doutq = dout.subarray(first * g.O + q * depthOut);
      gemmNT(pixels, K, depthOut, doutq, g.O, w.subarray(q * depthOut), g.O, columns, K, false);
      col2im(g, columns, q, first, pixels, dx);
    }
  });
}

/**
 * dw[r,s,c,o] = Σ_{n,i,j} x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, q·C/groups + c] ·
 * dout[n,i,j,o], where q is o's group: dw = columnsᵀ · dout.
 * x: [N,H,W,C], dout: [N,outH,outW,O], dw: [kH,kW,C/groups,O], overwritten (zeros if there are no pixels),
 * must not alias.
 * columns: scratch of columnsSize(g).
 * Cost: as conv2d. A block's sums are made in float64 and round to dw's type as they are added to it.
 */
export function conv2dWeightGrad(g: Geometry, x: Floats, dout: Floats, dw: Floats, columns: Floats): void {
  if (isPointwise(g)) return gemmTN(g.C, g.O, pixelCount(g), x, g.C, dout, g.O, dw, g.O, false);
  const K = fanIn(g);
  const depthOut = g.O / g.groups;
  dw.fill(0, 0, K * g.O);
  forEachBlock(g, (first, pixels) => {
    for (let q = 0; q < g.groups; q++) {
      im2col(g, x, q, first, pixels, columns);
      const doutq = dout.subarray(first * g.O + q * depthOut);
      gemmTN(K, depthOut, pixels, columns, K, doutq, g.O, dw.subarray(q * depthOut), g.O, true);
    }
  });
}

/** Calls `visit` for consecutive runs of output pixels, each no longer than a block. */
function forEachBlock(g: Geometry, visit: (firstPixel: number, pixels: number) => void): void {
  const total = pixelCount(g);
  const rows = blockRows(g);
  for (let first = 0; first < total; first += rows) visit(first, Math.min(rows, total - first));
}
