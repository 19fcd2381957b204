/**
 * A PNG file from outside: a signature, then chunks (length, four letters, data, CRC-32). Which chunks there must be,
 * in which order, and what the header says.
 *
 * Source: PNG (W3C, third edition), sections 5 (chunks), 11 (what each holds), 13.2 (what decoders refuse).
 */
import { checkSize } from '../limits.js';
import { crc32, PNG_SIGNATURE } from '../png.js';

/** Grey, RGB, palette, grey and alpha, RGB and alpha (11.2.1). */
export type ColourType = 0 | 2 | 3 | 4 | 6;

/** By colour type: which numbers of bits a sample may have, and how many samples a pixel has. */
const COLOUR_TYPES: Readonly<Record<ColourType, { readonly depths: readonly number[]; readonly samples: number }>> = {
  0: { depths: [1, 2, 4, 8, 16], samples: 1 },
  2: { depths: [8, 16], samples: 3 },
  3: { depths: [1, 2, 4, 8], samples: 1 },
  4: { depths: [8, 16], samples: 2 },
  6: { depths: [8, 16], samples: 4 },
};

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: ColourType;
  /** Samples a pixel, before a palette is looked up. */
  readonly samples: number;
  readonly interlaced: boolean;
}

export interface PngFile {
  readonly header: PngHeader;
  /** PLTE: red, green, blue of each colour. */
  readonly palette: Uint8Array | undefined;
  /** tRNS: the alpha of the palette's first colours, or the one grey or colour that is transparent. */
  readonly transparency: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
  /** IDAT: the pieces of one zlib stream. */
  readonly pixels: readonly Uint8Array[];
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/**
 * Reads the chunks up to IEND. Those that only describe (gamma, text, time, …) are passed over, as PIL does; one that
 * is needed to understand the pixels (a capital first letter) and unknown is an error, and so is any wrong CRC.
 */
export function readPng(where: string, bytes: Uint8Array, maxPixels: number): PngFile {
  if (PNG_SIGNATURE.some((byte, i) => byte !== bytes[i])) throw new Error(`${where}: no PNG: its signature is missing`);
  const pixels: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let exif: Uint8Array | undefined;
  let previous = '';
  for (const { type, data } of chunks(where, bytes)) {
    if (header === undefined) {
      if (type !== 'IHDR') throw new Error(`${where}: begins with chunk ${type}; expected IHDR`);
      header = readHeader(where, data, maxPixels);
    } else if (type === 'IEND') {
      if (pixels.length === 0) throw new Error(`${where}: no IDAT chunk: there are no pixels`);
      return { header, palette, transparency, exif, pixels };
    } else if (type === 'IDAT') {
      if (pixels.length > 0 && previous !== 'IDAT') throw new Error(`${where}: ${previous} stands between IDAT chunks`);
      pixels.push(data);
    } else if (type === 'PLTE') {
      palette = checkPalette(where, header, palette, pixels.length > 0, data);
    } else if (type === 'tRNS') {
      transparency = checkTransparency(where, header, palette, data);
    } else if (type === 'eXIf') {
      exif = data;
    } else if (isCritical(type)) {
      const problem = type === 'IHDR' ? 'comes twice' : 'is unknown, and needed to read the pixels';
      throw new Error(`${where}: chunk ${type} ${problem}`);
    }
    previous = type;
  }
  const last = previous === '' ? 'its signature' : previous;
  throw new Error(`${where}: ends without its IEND chunk, after ${last}: it is cut short`);
}

/** Bit 5 of the first letter: a capital is critical, a small letter ancillary (5.4). */
const isCritical = (type: string): boolean => (type.charCodeAt(0) & 0x20) === 0;

function* chunks(where: string, bytes: Uint8Array): Generator<Chunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = PNG_SIGNATURE.length; at < bytes.length;) {
    if (at + 12 > bytes.length) throw new Error(`${where}: ends in the middle of a chunk's head, at byte ${at}`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw new Error(`${where}: no chunk begins at byte ${at}: it is damaged`);
    if (length > bytes.length - at - 12) {
      throw new Error(`${where}: chunk ${type} has ${length} bytes; the file ends after ${bytes.length - at - 12}`);
    }
    const [stored, found] = [view.getUint32(at + 8 + length), crc32(bytes.subarray(at + 4, at + 8 + length))];
    if (stored !== found) {
      throw new Error(`${where}: chunk ${type}: its CRC is ${hex(found)}, and should be ${hex(stored)}: it is damaged`);
    }
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

function readHeader(where: string, data: Uint8Array, maxPixels: number): PngHeader {
  if (data.length !== 13) throw new Error(`${where}: IHDR has ${data.length} bytes; expected 13`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, compression, filter, interlace] = data.subarray(8);
  if (!isColourType(colourType)) throw new Error(`${where}: colour type ${colourType}; there are 0, 2, 3, 4 and 6`);
  const { depths, samples } = COLOUR_TYPES[colourType];
  if (!depths.includes(depth)) {
    throw new Error(`${where}: ${depth} bits a sample; colour type ${colourType} has ${depths.join(', ')}`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw new Error(`${where}: methods of compression ${compression}, filter ${filter}, interlace ${interlace}; ` +
      'there are 0; 0; 0 and 1');
  }
  checkSize(where, width, height, maxPixels);
  return { width, height, depth, colourType, samples, interlaced: interlace === 1 };
}

const isColourType = (value: number): value is ColourType => value in COLOUR_TYPES;

function checkPalette(
  where: string, { colourType, depth }: PngHeader, before: Uint8Array | undefined, late: boolean, data: Uint8Array,
): Uint8Array {
  if (before !== undefined) throw new Error(`${where}: PLTE comes twice`);
  if (late) throw new Error(`${where}: PLTE comes after IDAT`);
  if (colourType === 0 || colourType === 4) {
    throw new Error(`${where}: PLTE, but it is grey (colour type ${colourType})`);
  }
  const most = colourType === 3 ? 2 ** depth : 256;
  if (data.length % 3 !== 0 || data.length === 0 || data.length > 3 * most) {
    throw new Error(`${where}: PLTE has ${data.length} bytes; expected 3 for each of 1 to ${most} colours`);
  }
  return data;
}

function checkTransparency(
  where: string, { colourType, samples }: PngHeader, palette: Uint8Array | undefined, data: Uint8Array,
): Uint8Array {
  if (colourType === 4 || colourType === 6) throw new Error(`${where}: tRNS, but its pixels have alpha already`);
  if (colourType !== 3) {
    const expected = 2 * samples;
    if (data.length !== expected) throw new Error(`${where}: tRNS has ${data.length} bytes; expected ${expected}`);
  } else if (palette === undefined) {
    throw new Error(`${where}: tRNS comes before PLTE`);
  } else if (data.length > palette.length / 3) {
    throw new Error(`${where}: tRNS has ${data.length} bytes; PLTE has ${palette.length / 3} colours`);
  }
  return data;
}
