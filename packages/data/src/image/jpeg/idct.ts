/**
 * The inverse discrete cosine transform of 8×8 blocks, in whole numbers.
 *
 * T.81 (A.3.3) defines it as a sum of cosines and leaves the rounding open. Here it is the "islow" transform of
 * libjpeg, which PIL and nearly everybody else decodes with: eight columns, then eight rows, each by the algorithm of
 * Loeffler, Ligtenberg and Moschytz (1989) with 12 multiplications, with constants of 13 bits after the point.
 */
import { ZIGZAG } from './scan.js';
import type { CoefficientPlane } from './scan.js';

/** Bits after the point of the constants. */
const CONSTANT_BITS = 13;
/** Bits after the point that the columns' results keep for the rows. */
const BETWEEN_BITS = 2;

/** The cosines' combinations that the algorithm multiplies with. */
const [F0298, F0390, F0541, F0765, F0899, F1175, F1501, F1847, F1961, F2053, F2562, F3072] = [
  0.298631336, 0.390180644, 0.541196100, 0.765366865, 0.899976223, 1.175875602,
  1.501321110, 1.847759065, 1.961570560, 2.053119869, 2.562915447, 3.072711026,
].map((x) => Math.round(x * 2 ** CONSTANT_BITS));

/** 8-bit samples, row by row. */
export interface SamplePlane {
  /** From a row to the next. */
  readonly stride: number;
  readonly data: Uint8Array;
}

/**
 * All blocks of a component to samples: coefficients times the quantization table's divisors (in zigzag order),
 * transformed, ⌊·/8 + ½⌋, plus 128, cut to 0 … 255.
 */
export function inverseTransform(plane: CoefficientPlane, quantization: Uint16Array): SamplePlane {
  const { coefficients, blocksStored } = plane;
  const stride = 8 * blocksStored;
  const data = new Uint8ClampedArray(coefficients.length); // storing cuts to 0 … 255
  const factors = new Int32Array(64);
  for (const [k, factor] of quantization.entries()) factors[ZIGZAG[k]] = factor;
  const block = new Int32Array(64);
  for (let at = 0, n = 0; at < coefficients.length; at += 64, n++) {
    const corner = Math.floor(n / blocksStored) * 8 * stride + (n % blocksStored) * 8;
    let rest = 0;
    for (let i = 1; i < 64; i++) rest |= block[i] = Math.imul(coefficients[at + i], factors[i]);
    block[0] = Math.imul(coefficients[at], factors[0]);
    if (rest === 0) {
      // A flat block: what the transform makes of it, too.
      const sample = ((block[0] + 4) >> 3) + 128;
      for (let y = 0, to = corner; y < 8; y++, to += stride) data.fill(sample, to, to + 8);
      continue;
    }
    for (let x = 0; x < 8; x++) transform(block, x, 8, CONSTANT_BITS - BETWEEN_BITS);
    for (let y = 0; y < 64; y += 8) transform(block, y, 1, CONSTANT_BITS + BETWEEN_BITS + 3); // 3: the division by 8
    for (let y = 0, to = corner; y < 64; y += 8, to += stride) {
      for (let x = 0; x < 8; x++) data[to + x] = block[y + x] + 128;
    }
  }
  return { stride, data: new Uint8Array(data.buffer) };
}

/**
 * Eight numbers from `at` on, `step` apart, in place: their one-dimensional transform times √8, with `shift` bits cut
 * off behind, rounded. Products wrap at 32 bits, which those of an honest file never reach.
 */
function transform(w: Int32Array, at: number, step: number, shift: number): void {
  const [i1, i2, i3, i4] = [at + step, at + 2 * step, at + 3 * step, at + 4 * step];
  const [i5, i6, i7] = [at + 5 * step, at + 6 * step, at + 7 * step];
  const half = 1 << (shift - 1);

  // Even coefficients: a rotation of 2 and 6, a butterfly of 0 and 4.
  const turned = Math.imul(w[i2] + w[i6], F0541);
  const e2 = turned - Math.imul(w[i6], F1847);
  const e3 = turned + Math.imul(w[i2], F0765);
  const e0 = (w[at] + w[i4]) << CONSTANT_BITS;
  const e1 = (w[at] - w[i4]) << CONSTANT_BITS;
  const [even0, even1, even2, even3] = [e0 + e3 + half, e1 + e2 + half, e1 - e2 + half, e0 - e3 + half];

  // Odd coefficients: their sums are multiplied once for two results each.
  const [o7, o5, o3, o1] = [w[i7], w[i5], w[i3], w[i1]];
  const z5 = Math.imul(o7 + o3 + o5 + o1, F1175);
  const z1 = -Math.imul(o7 + o1, F0899);
  const z2 = -Math.imul(o5 + o3, F2562);
  const z3 = z5 - Math.imul(o7 + o3, F1961);
  const z4 = z5 - Math.imul(o5 + o1, F0390);
  const odd0 = Math.imul(o1, F1501) + z1 + z4;
  const odd1 = Math.imul(o3, F3072) + z2 + z3;
  const odd2 = Math.imul(o5, F2053) + z2 + z4;
  const odd3 = Math.imul(o7, F0298) + z1 + z3;

  w[at] = (even0 + odd0) >> shift;
  w[i7] = (even0 - odd0) >> shift;
  w[i1] = (even1 + odd1) >> shift;
  w[i6] = (even1 - odd1) >> shift;
  w[i2] = (even2 + odd2) >> shift;
  w[i5] = (even2 - odd2) >> shift;
  w[i3] = (even3 + odd3) >> shift;
  w[i4] = (even3 - odd3) >> shift;
}
