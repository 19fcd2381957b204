/** IEEE 754 binary16, written: sign 1 bit, exponent 5 bits, fraction 10 bits. (raw-array.ts reads it.) */

/** The smallest float32 that rounds beyond the largest binary16, 65504. */
const OVERFLOW = 0x477ff000;
/** 2⁻¹⁴, below which a binary16 is a multiple of 2⁻²⁴. */
const SMALLEST_NORMAL = 0x38800000;
/** The exponents' zeros are 127 and 15; a fraction has 23 bits and 10. */
const REBIAS = (127 - 15) << 23;
const INFINITY = 0x7f800000;

/**
 * Every float32 as the nearest binary16, halfway to the even one; NaN and infinities stay.
 * Throws a RangeError, beginning with `where`, for a finite number that would become infinite.
 */
export function toFloat16(where: string, values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const size = bits[i] & 0x7fffffff;
    if (size >= OVERFLOW && size < INFINITY) {
      throw new RangeError(`${where}: element ${i} is ${values[i]}; a binary16 is at most 65504`);
    }
    if (size >= INFINITY) out[i] = sign | (size === INFINITY ? 0x7c00 : 0x7e00);
    else if (size < SMALLEST_NORMAL) out[i] = sign | roundToEven(Math.abs(values[i]) * 2 ** 24);
    else out[i] = sign | ((size - REBIAS + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  return out;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
