/**
 * Reading JPEG. The path through a file: segments (markers.ts) bring tables, the frame and scans; scans (scan.ts, its
 * bits from huffman.ts) fill in the coefficients; from these come samples (idct.ts), rows in full width (upsample.ts)
 * and colours (color.ts).
 */
import { checkSize, decodeOptions, namedIfMemory } from '../limits.js';
import type { DecodeOptions } from '../limits.js';
import { readOrientation, turnUpright } from '../orientation.js';
import type { RasterImage } from '../raster.js';
import { colourModel, converters } from './color.js';
import { beginFrame, beginScan } from './frame.js';
import type { FrameState } from './frame.js';
import { BitReader, parseHuffman } from './huffman.js';
import type { HuffmanTables } from './huffman.js';
import { inverseTransform } from './idct.js';
import {
  adobeTransform, exifOf, frameKind, isJfif, MARKER, nextSegment, parseFrame, parseQuantization, parseRestartInterval,
  parseScanHeader,
} from './markers.js';
import type { Frame } from './markers.js';
import { readScan } from './scan.js';
import { rowReader } from './upsample.js';

interface JpegFile {
  readonly frame: Frame;
  readonly state: FrameState;
  readonly jfif: boolean;
  readonly adobe: number | undefined;
  readonly exif: Uint8Array | undefined;
}

/**
 * The pixels of a JPEG file, equal to PIL's (libjpeg-turbo) to the last bit: baseline, extended sequential and
 * progressive, Huffman coding, 8 bits a sample, all sampling factors of whole ratios, restart intervals.
 *
 * Grey stays one channel; YCbCr, RGB, CMYK and YCCK become RGB (the last two as PIL's convert('RGB'), without a colour
 * profile). Turned as EXIF says, unless `orientation` is 'ignore'. `name` is the file's, for errors. One thing is not
 * done: a progressive file whose last refinements were never written is not smoothed.
 *
 * Throws an Error that names the file, and what is wrong: for other kinds of JPEG (arithmetic-coded, lossless,
 * hierarchical, 12 bits), damaged or missing tables and data, more than `maxPixels` pixels, or more than there is
 * memory for.
 */
export function decodeJpeg(bytes: Uint8Array, name: string, options: DecodeOptions = {}): RasterImage {
  const where = `decodeJpeg: ${name}`;
  const { maxPixels, orientation } = decodeOptions(where, options);
  try {
    const file = readFile(where, bytes, maxPixels);
    const image = toPixels(where, file);
    const turn = orientation === 'apply' && file.exif !== undefined ? readOrientation(file.exif) : 1;
    return turnUpright(image, turn);
  } catch (error) {
    throw namedIfMemory(where, error);
  }
}

/** Reads all segments and scans, up to EOI. */
function readFile(where: string, bytes: Uint8Array, maxPixels: number): JpegFile {
  if (bytes[0] !== 0xff || bytes[1] !== MARKER.SOI) throw new Error(`${where}: no JPEG: it does not begin with ff d8`);
  const huffman: HuffmanTables = { dc: new Map(), ac: new Map() };
  const quantization = new Map<number, Uint16Array>();
  let restartInterval = 0;
  let frame: Frame | undefined;
  let state: FrameState | undefined;
  let jfif = false;
  let adobe: number | undefined;
  let exif: Uint8Array | undefined;
  for (let at = 2; ;) {
    const segment = nextSegment(where, bytes, at);
    if (segment === undefined) {
      const last = state === undefined || state.scans === 0 ? 'before its first scan' : `after scan ${state.scans}`;
      throw new Error(`${where}: ends without its EOI marker, ${last}: it is cut short`);
    }
    const { marker, parameters } = segment;
    at = segment.end;
    jfif ||= isJfif(segment);
    adobe = adobeTransform(segment) ?? adobe;
    exif ??= exifOf(segment);
    const kind = frameKind(where, marker);
    if (kind !== undefined) {
      if (frame !== undefined) throw new Error(`${where}: has two frame headers; expected one`);
      frame = parseFrame(where, kind === 'progressive', parameters);
      checkSize(where, frame.width, frame.height, maxPixels);
      state = beginFrame(where, frame, bytes.length);
    } else if (marker === MARKER.DHT) {
      parseHuffman(where, parameters, huffman);
    } else if (marker === MARKER.DQT) {
      parseQuantization(where, parameters, quantization);
    } else if (marker === MARKER.DRI) {
      restartInterval = parseRestartInterval(where, parameters);
    } else if (marker === MARKER.SOS) {
      if (state === undefined) throw new Error(`${where}: a scan comes before the frame header`);
      const header = parseScanHeader(where, parameters);
      const bits = new BitReader(bytes, at);
      readScan(where, beginScan(where, state, header, { huffman, quantization, restartInterval }), bits);
      at = bits.position;
    } else if (marker === MARKER.EOI) {
      if (frame === undefined || state === undefined) throw new Error(`${where}: no frame header: there is no image`);
      return { frame, state, jfif, adobe, exif };
    }
  }
}

/** From coefficients to an image. A component that no scan has brought is missing, not grey. */
function toPixels(where: string, { frame, state, jfif, adobe }: JpegFile): RasterImage {
  const { width, height } = frame;
  const model = colourModel(frame, jfif, adobe);
  const readers = state.components.map(({ plane, quantization, sampling }) => {
    if (quantization === undefined) throw new Error(`${where}: no scan has component ${plane.id}: it is cut short`);
    return rowReader(inverseTransform(plane, quantization), sampling);
  });
  const rows = readers.map(() => new Uint8Array(8 * state.mcusWide * Math.max(...frame.components.map(({ h }) => h))));
  const channels = model === 'grey' ? 1 : 3;
  const out = new Uint8ClampedArray(width * height * channels);
  const convert = converters[model];
  for (let y = 0; y < height; y++) {
    readers.forEach((read, c) => read(y, rows[c]));
    convert(rows, width, out, y * width * channels);
  }
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}
