/**
 * Inference in fewer passes: products and depthwise convolutions that add their bias and apply their activation on the
 * way to memory, with weights laid out once beforehand.
 */
import { sizeOf } from '../shape.js';
import { columnsSize, im2col } from './conv2d.js';
import { depthwise } from './depthwise.js';
import { unary } from './elementwise.js';
import { gemm } from './gemm.js';
import type { Floats, Geometry } from './geometry.js';

/** What follows the bias. */
export type Activation = 'none' | 'silu' | 'relu' | 'relu6' | 'sigmoid';

const activations: Readonly<Record<Activation, (x: number) => number>> = {
  none: (x) => x,
  silu: unary.silu,
  relu: unary.relu,
  relu6: unary.relu6,
  sigmoid: unary.sigmoid,
};

/** Elements that `packWeights` writes. */
export const packedSize = (N: number, K: number): number => sizeOf([N, K]);

/**
 * Lays b out for `gemmFused`: K×N, row-major, row k multiplied by scale[k] if a scale is given. The layout is the
 * backend's own.
 */
export function packWeights(N: number, K: number, b: Floats, scale: Floats | null, packed: Floats): void {
  for (let k = 0; k < K; k++) {
    const s = scale === null ? 1 : scale[k];
    for (let n = 0; n < N; n++) packed[k * N + n] = s * b[k * N + n];
  }
}

/**
 * out[m,n] = activation(Σₖ a[m,k]·b[k,n] + bias[n]) (+ residual[m,n])
 * a: M×K, leading dimension lda; packed: b by `packWeights`; out and residual: M×N, contiguous; residual may be null,
 * may be out itself, and goes with activation 'none' only.
 */
export function gemmFused(
  activation: Activation, M: number, N: number, K: number,
  a: Floats, lda: number, packed: Floats, bias: Floats, residual: Floats | null, out: Floats,
): void {
  const f = activations[activation];
  const isOut = residual !== null && residual.buffer === out.buffer && residual.byteOffset === out.byteOffset;
  const before = isOut ? Float64Array.from(out.subarray(0, M * N)) : residual;
  gemm(M, N, K, a, lda, packed, N, out, N, false);
  for (let m = 0, i = 0; m < M; m++) {
    for (let n = 0; n < N; n++, i++) out[i] = f(out[i] + bias[n]) + (before === null ? 0 : before[i]);
  }
}

/** out = activation(depthwise(x, w) + bias): see depthwise.ts; bias has C elements. */
export function depthwiseFused(
  g: Geometry, x: Floats, w: Floats, bias: Floats, activation: Activation, out: Floats,
): void {
  const f = activations[activation];
  depthwise(g, x, w, out);
  const rows = g.N * g.outH * g.outW;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < g.C; c++, i++) out[i] = f(out[i] + bias[c]);
  }
}

/**
 * out = activation(conv2d(x, w) + bias), one group: blocks of columns as in conv2d.ts, then `gemmFused`.
 * packed: the weight, as a kH·kW·C × O matrix, by `packWeights`; bias: O; columns: scratch of columnsSize(g),
 * which is 0 for a pointwise convolution: one product.
 */
export function conv2dFused(
  g: Geometry, x: Floats, packed: Floats, bias: Floats, activation: Activation, out: Floats, columns: Floats,
): void {
  const K = g.kH * g.kW * g.C;
  const total = g.N * g.outH * g.outW;
  if (columnsSize(g) === 0) return gemmFused(activation, total, g.O, K, x, K, packed, bias, null, out);
  const rows = Math.max(1, Math.floor(columnsSize(g) / Math.max(1, K)));
  for (let first = 0; first < total; first += rows) {
    const pixels = Math.min(rows, total - first);
    im2col(g, x, 0, first, pixels, columns);
    gemmFused(activation, pixels, g.O, K, columns, K, packed, bias, null, out.subarray(first * g.O));
  }
}
