/**
 * A PNG writer without compression: enough for small images in a report's data URIs, and short enough to read.
 *
 * Sources: PNG (W3C, third edition), sections 5 (chunks), 9 (filters), 11 (IHDR, IDAT, IEND); RFC 1950 (zlib stream,
 * Adler-32); RFC 1951, 3.2.4 (stored blocks).
 */

/** Adler-32: two running sums modulo 65521, the largest prime below 2¹⁶ (RFC 1950, 8.2). */
const adler32 = (bytes: Uint8Array): number => {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
};

/** CRC-32 of the 256 bytes: polynomial 0xedb88320, bits reflected (PNG, annex D). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** The check sum of a chunk's letters and data. */
export const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
};

const bigEndian = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

/** A chunk: the data's length, four letters, the data, the CRC-32 of letters and data. */
const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = concat([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data]);
  return concat([bigEndian(data.length), body, bigEndian(crc32(body))]);
};

/** A zlib stream of stored blocks: final flag, length and its complement (little-endian), at most 65,535 bytes. */
const store = (bytes: Uint8Array): Uint8Array => {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let start = 0; start < bytes.length; start += 65535) {
    const block = bytes.subarray(start, start + 65535);
    const { length } = block;
    const final = start + length === bytes.length ? 1 : 0;
    parts.push(Uint8Array.of(final, length & 255, length >>> 8, ~length & 255, (~length >>> 8) & 255), block);
  }
  return concat([...parts, bigEndian(adler32(bytes))]);
};

/** What every PNG begins with. */
export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** PNG's colour types: grey, RGB, RGB and alpha. */
const COLOUR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * A PNG file of 8 bits a sample, not compressed.
 *
 * pixels: height·width·channels bytes, HWC, top row first; channels 1 is grey, 3 RGB, 4 RGB and (straight) alpha.
 * Size: pixels.length + height + a few hundred bytes. Throws if the sizes do not describe the pixels.
 */
export const encodePng = (width: number, height: number, channels: 1 | 3 | 4, pixels: Uint8Array): Uint8Array => {
  const colourType = COLOUR_TYPE[channels];
  if (colourType === undefined) throw new Error(`encodePng: ${String(channels)} channels; expected 1, 3 or 4`);
  for (const [name, size] of [['width', width], ['height', height]] as const) {
    if (!Number.isInteger(size) || size < 1 || size > 0x7fffffff) {
      throw new Error(`encodePng: ${name} is ${size}; expected an integer from 1 to 2^31 - 1`);
    }
  }
  const stride = width * channels;
  if (pixels.length !== height * stride) {
    throw new Error(`encodePng: ${pixels.length} bytes of pixels; ` +
      `expected ${height}·${width}·${channels} = ${height * stride} (HWC)`);
  }
  // Every row starts with its filter type; 0 is none.
  const rows = new Uint8Array(height * (1 + stride));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (1 + stride) + 1);
  // Bits a sample, colour type, then compression, filter and interlace methods: 0, the only or plainest of each.
  const ihdr = concat([bigEndian(width), bigEndian(height), Uint8Array.of(8, colourType, 0, 0, 0)]);
  return concat([PNG_SIGNATURE, chunk('IHDR', ihdr), chunk('IDAT', store(rows)), chunk('IEND', new Uint8Array(0))]);
};
