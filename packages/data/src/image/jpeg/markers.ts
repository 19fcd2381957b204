/**
 * The marker segments of a JPEG file: what stands around the compressed data. A marker is 0xff and a code; most are
 * followed by two bytes of length (which count themselves) and parameters.
 *
 * Source: ITU-T T.81 (JPEG), annex B; Adobe Technical Note 5116 for APP14; JFIF 1.02 for APP0.
 */

/** Codes of markers (T.81, table B.1). */
export const MARKER = {
  SOF0: 0xc0, SOF1: 0xc1, SOF2: 0xc2, DHT: 0xc4, DAC: 0xcc, RST0: 0xd0, RST7: 0xd7, SOI: 0xd8, EOI: 0xd9, SOS: 0xda,
  DQT: 0xdb, DNL: 0xdc, DRI: 0xdd, APP0: 0xe0, APP1: 0xe1, APP14: 0xee, TEM: 0x01,
} as const;

/** Frames that are not read here (B.1.1.3), by their markers. */
const REFUSED_FRAMES = new Map<number, string>([
  [0xc3, 'lossless'], [0xc5, 'hierarchical'], [0xc6, 'hierarchical progressive'], [0xc7, 'hierarchical lossless'],
  [0xc9, 'arithmetic-coded'], [0xca, 'arithmetic-coded progressive'], [0xcb, 'arithmetic-coded lossless'],
  [0xcd, 'arithmetic-coded hierarchical'], [0xce, 'arithmetic-coded hierarchical progressive'],
  [0xcf, 'arithmetic-coded hierarchical lossless'], [0xcc, 'arithmetic-coded'], [0xde, 'hierarchical'],
]);

export interface Segment {
  readonly marker: number;
  readonly parameters: Uint8Array;
  /** Where the next segment, or the scan's compressed data, begins. */
  readonly end: number;
}

const isRestart = (marker: number): boolean => marker >= MARKER.RST0 && marker <= MARKER.RST7;

/**
 * The next segment from byte `at`; undefined where the file ends. Bytes before its marker are skipped: fill bytes 0xff
 * are allowed there (B.1.1.2), and cameras have left other things.
 */
export function nextSegment(where: string, bytes: Uint8Array, at: number): Segment | undefined {
  for (let i = at; i + 1 < bytes.length; i++) {
    const marker = bytes[i + 1];
    if (bytes[i] !== 0xff || marker === 0 || marker === 0xff || isRestart(marker)) continue;
    const start = i + 2;
    if (marker === MARKER.SOI || marker === MARKER.EOI || marker === MARKER.TEM) {
      return { marker, parameters: bytes.subarray(start, start), end: start };
    }
    const length = start + 1 < bytes.length ? bytes[start] * 256 + bytes[start + 1] : 0;
    if (length < 2 || start + length > bytes.length) {
      throw new Error(`${where}: ends in the middle of marker segment 0x${marker.toString(16)}, begun at byte ${i}`);
    }
    return { marker, parameters: bytes.subarray(start + 2, start + length), end: start + length };
  }
  return undefined;
}

/** One colour: how densely it is sampled, and which quantization table it has. */
export interface FrameComponent {
  readonly id: number;
  /** Horizontal and vertical sampling factor, 1 to 4: samples in proportion to the densest component's. */
  readonly h: number;
  readonly v: number;
  readonly table: number;
}

export interface Frame {
  readonly progressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly FrameComponent[];
}

/** The frame's kind, or undefined if the marker begins no frame. Throws for the kinds that are not read. */
export function frameKind(where: string, marker: number): 'sequential' | 'progressive' | undefined {
  const refused = REFUSED_FRAMES.get(marker);
  if (refused !== undefined) {
    throw new Error(`${where}: ${refused} JPEG is not read; ` +
      'expected baseline, sequential or progressive with Huffman coding: convert the file');
  }
  if (marker === MARKER.SOF2) return 'progressive';
  return marker === MARKER.SOF0 || marker === MARKER.SOF1 ? 'sequential' : undefined;
}

/** The frame header (B.2.2). */
export function parseFrame(where: string, progressive: boolean, p: Uint8Array): Frame {
  if (p.length < 6 || p.length !== 6 + 3 * p[5]) {
    throw new Error(`${where}: frame header of ${p.length} bytes: it is damaged`);
  }
  const [precision, height, width, count] = [p[0], p[1] * 256 + p[2], p[3] * 256 + p[4], p[5]];
  if (precision !== 8) throw new Error(`${where}: ${precision} bits a sample; only 8 are read: convert the file`);
  if (height === 0) {
    throw new Error(`${where}: its height comes after the pixels (marker DNL), which is not read: convert the file`);
  }
  if (count !== 1 && count !== 3 && count !== 4) {
    throw new Error(`${where}: ${count} components; expected 1 (grey), 3 (YCbCr, RGB) or 4 (CMYK, YCCK)`);
  }
  const components = Array.from({ length: count }, (_, i): FrameComponent => {
    const [id, factors, table] = p.subarray(6 + 3 * i);
    return { id, h: factors >> 4, v: factors & 15, table };
  });
  for (const { id, h, v, table } of components) {
    if (h < 1 || h > 4 || v < 1 || v > 4 || table > 3) {
      throw new Error(`${where}: component ${id} has sampling factors ${h}×${v}, quantization table ${table}; ` +
        'expected 1 to 4, 0 to 3');
    }
  }
  const ids = components.map(({ id }) => id);
  if (new Set(ids).size < count) {
    throw new Error(`${where}: components ${ids.join(', ')}: each must have its own number`);
  }
  return { progressive, width, height, components };
}

/** Which coefficients of which components follow, and to which bit. */
export interface ScanHeader {
  readonly components: readonly { readonly id: number; readonly dc: number; readonly ac: number }[];
  /** Ss, Se: first and last coefficient, in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** Ah, Al: the lowest bit that is known before (0 if none) and after. */
  readonly high: number;
  readonly low: number;
}

/** The scan header (B.2.3). Whether the numbers make sense is for the frame to say: see scan.ts. */
export function parseScanHeader(where: string, p: Uint8Array): ScanHeader {
  const count = p.length > 0 ? p[0] : 0;
  if (count < 1 || count > 4 || p.length !== 4 + 2 * count) {
    throw new Error(`${where}: scan header of ${p.length} bytes for ${count} components: it is damaged`);
  }
  const components = Array.from({ length: count }, (_, i) => {
    const [id, tables] = p.subarray(1 + 2 * i);
    return { id, dc: tables >> 4, ac: tables & 15 };
  });
  const [from, to, approximation] = p.subarray(1 + 2 * count);
  return { components, from, to, high: approximation >> 4, low: approximation & 15 };
}

/** DQT (B.2.4.1): up to four tables of 64 divisors, 8 or 16 bits each, in zigzag order. Changes `tables`. */
export function parseQuantization(where: string, p: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < p.length;) {
    const [wide, slot] = [p[at] >> 4, p[at] & 15];
    const end = at + 1 + (wide === 0 ? 64 : 128);
    if (wide > 1 || slot > 3 || end > p.length) throw new Error(`${where}: a quantization table (DQT) is damaged`);
    const from = at + 1;
    tables.set(slot, Uint16Array.from({ length: 64 }, (_, i) =>
      (wide === 0 ? p[from + i] : p[from + 2 * i] * 256 + p[from + 2 * i + 1])));
    at = end;
  }
}

/** DRI (B.2.4.4): after how many MCUs decoding starts afresh; 0 is never. */
export function parseRestartInterval(where: string, p: Uint8Array): number {
  if (p.length !== 2) throw new Error(`${where}: restart interval (DRI) of ${p.length} bytes; expected 2`);
  return p[0] * 256 + p[1];
}

export const isJfif = ({ marker, parameters }: Segment): boolean =>
  marker === MARKER.APP0 && startsWith(parameters, 'JFIF\0') && parameters.length >= 14;

/** Adobe's colour transform: 0 none (RGB, CMYK), 1 YCbCr, 2 YCCK; undefined if the segment is another. */
export const adobeTransform = ({ marker, parameters }: Segment): number | undefined =>
  (marker === MARKER.APP14 && startsWith(parameters, 'Adobe') && parameters.length >= 12 ? parameters[11] : undefined);

/** The EXIF data, undefined if the segment holds none. */
export const exifOf = ({ marker, parameters }: Segment): Uint8Array | undefined =>
  (marker === MARKER.APP1 && startsWith(parameters, 'Exif\0\0') ? parameters.subarray(6) : undefined);

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && Array.from(text).every((letter, i) => bytes[i] === letter.charCodeAt(0));
