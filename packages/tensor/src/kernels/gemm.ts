import type { Floats } from './geometry.js';

/**
 * Matrix products, after Goto & van de Geijn: cut the product into blocks that fit the cache, copy ("pack") a
 * block of each operand into the order in which the innermost loop reads it, and keep the results of that loop
 * in registers. Since packing reads through strides, one kernel serves every transposition.
 *
 * A result does not depend on how a caller splits M or N: for every element, k is cut at multiples of KC.
 */

/** Rows and columns of one register tile: 16 accumulators, as many as scalar code profits from. */
const MR = 4;
const NR = 4;
/** A block of a is MC×KC and one of b KC×NC: 128 KiB of float64 each, at home in the second-level cache. */
const MC = 64;
const NC = 64;
const KC = 256;

/**
 * out[m,n] (+)= Σₖ a[m,k]·b[k,n]
 * a: M×K row-major, leading dimension lda (elements); b: K×N, ldb
 * out: M×N, ldc, overwritten or, with `accumulate`, added to; must not alias. K = 0 writes (or adds) zeros.
 * Cost: 2MNK flops, and scratch of at most 288 KiB. Accumulates in float64, k ascending in chunks of 256
 * (the SIMD face: float32).
 * Source: Goto & van de Geijn 2008; loop names as in BLIS.
 */
export function gemm(
  M: number, N: number, K: number,
  a: Floats, lda: number, b: Floats, ldb: number, out: Floats, ldc: number, accumulate: boolean,
): void {
  gemmStrided(M, N, K, a, lda, 1, b, ldb, 1, out, ldc, accumulate);
}

/**
 * out[m,n] (+)= Σₖ a[k,m]·b[k,n]: the gradient of a weight.
 * a: K×M, lda; b: K×N, ldb. Everything else as in `gemm`.
 */
export function gemmTN(
  M: number, N: number, K: number,
  a: Floats, lda: number, b: Floats, ldb: number, out: Floats, ldc: number, accumulate: boolean,
): void {
  gemmStrided(M, N, K, a, 1, lda, b, ldb, 1, out, ldc, accumulate);
}

/**
 * out[m,n] (+)= Σₖ a[m,k]·b[n,k]: the gradient of an input.
 * a: M×K, lda; b: N×K, ldb. Everything else as in `gemm`.
 */
export function gemmNT(
  M: number, N: number, K: number,
  a: Floats, lda: number, b: Floats, ldb: number, out: Floats, ldc: number, accumulate: boolean,
): void {
  gemmStrided(M, N, K, a, lda, 1, b, 1, ldb, out, ldc, accumulate);
}

/** The product itself. Element (m,k) of a stands at m·aRow + k·aCol, element (k,n) of b at k·bRow + n·bCol. */
function gemmStrided(
  M: number, N: number, K: number,
  a: Floats, aRow: number, aCol: number,
  b: Floats, bRow: number, bCol: number,
  out: Floats, ldc: number, accumulate: boolean,
): void {
  // Blocks are padded to whole tiles, so that no loop below but the last has an edge to think of.
  const height = Math.min(MC, roundUp(M, MR));
  const width = Math.min(NC, roundUp(N, NR));
  const depth = Math.min(KC, K);
  const aBlock = new Float64Array(height * depth);
  const bBlock = new Float64Array(depth * width);
  const sums = new Float64Array(height * width);

  for (let jc = 0; jc < N; jc += NC) {
    const nc = Math.min(NC, N - jc);
    for (let ic = 0; ic < M; ic += MC) {
      const mc = Math.min(MC, M - ic);
      sums.fill(0);
      for (let pc = 0; pc < K; pc += KC) {
        const kc = Math.min(KC, K - pc);
        pack(mc, kc, a, ic * aRow + pc * aCol, aRow, aCol, aBlock);
        pack(nc, kc, b, pc * bRow + jc * bCol, bCol, bRow, bBlock);
        for (let jr = 0; jr < nc; jr += NR) {
          for (let ir = 0; ir < mc; ir += MR) tile(kc, aBlock, ir * kc, bBlock, jr * kc, sums, ir * width + jr, width);
        }
      }
      write(mc, nc, sums, width, out, ic * ldc + jc, ldc, accumulate);
    }
  }
}

const roundUp = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

/**
 * Copies `lines` rows of a (or columns of b), kc elements each, into panels of MR = NR = 4 lines:
 * block[4·kc·p + 4k + r] = x[from + (4p + r)·lineStride + k·kStride]. Lines missing from the last panel are zeros.
 */
function pack(
  lines: number, kc: number, x: Floats, from: number, lineStride: number, kStride: number, block: Float64Array,
): void {
  let to = 0;
  let line = 0;
  for (; line + 4 <= lines; line += 4) {
    let at0 = from + line * lineStride;
    let at1 = at0 + lineStride;
    let at2 = at1 + lineStride;
    let at3 = at2 + lineStride;
    for (let k = 0; k < kc; k++) {
      block[to] = x[at0];
      block[to + 1] = x[at1];
      block[to + 2] = x[at2];
      block[to + 3] = x[at3];
      at0 += kStride;
      at1 += kStride;
      at2 += kStride;
      at3 += kStride;
      to += 4;
    }
  }
  if (line === lines) return;
  for (let k = 0; k < kc; k++) {
    for (let r = 0; r < 4; r++, to++) {
      block[to] = line + r < lines ? x[from + (line + r) * lineStride + k * kStride] : 0;
    }
  }
}

/**
 * sums[i,j] += Σₖ a[k,i]·b[k,j] for a 4×4 tile, both operands packed. Each step of k loads eight numbers and
 * makes sixteen products with them, a rank-1 update; the sixteen sums stay in registers.
 */
function tile(
  kc: number, a: Float64Array, aAt: number, b: Float64Array, bAt: number, sums: Float64Array, at: number, width: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let k = 0; k < kc; k++) {
    const a0 = a[aAt], a1 = a[aAt + 1], a2 = a[aAt + 2], a3 = a[aAt + 3];
    const b0 = b[bAt], b1 = b[bAt + 1], b2 = b[bAt + 2], b3 = b[bAt + 3];
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
    aAt += MR;
    bAt += NR;
  }
  sums[at] += c00; sums[at + 1] += c01; sums[at + 2] += c02; sums[at + 3] += c03;
  at += width;
  sums[at] += c10; sums[at + 1] += c11; sums[at + 2] += c12; sums[at + 3] += c13;
  at += width;
  sums[at] += c20; sums[at + 1] += c21; sums[at + 2] += c22; sums[at + 3] += c23;
  at += width;
  sums[at] += c30; sums[at + 1] += c31; sums[at + 2] += c32; sums[at + 3] += c33;
}

/** Rounds the finished sums into out: the only loop that meets the true edges. */
function write(
  mc: number, nc: number, sums: Float64Array, width: number, out: Floats, at: number, ldc: number, accumulate: boolean,
): void {
  for (let i = 0; i < mc; i++) {
    const to = at + i * ldc;
    const from = i * width;
    if (accumulate) for (let j = 0; j < nc; j++) out[to + j] += sums[from + j];
    else for (let j = 0; j < nc; j++) out[to + j] = sums[from + j];
  }
}
