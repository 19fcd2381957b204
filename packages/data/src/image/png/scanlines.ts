/**
 * From inflated bytes to samples. A row was filtered before it was compressed: each byte stands as its difference from
 * neighbours that the decoder already has. An interlaced image is seven small ones, each filtered by itself.
 *
 * Source: PNG (W3C, third edition), sections 7 (packing, Adam7), 8 (interlacing), 9 (filters).
 */
import type { PngHeader } from './chunks.js';

/** One image within the image: which columns and rows it has. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Adam7 (8.1): an eighth of the rows and columns first, then ever more between them. */
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];
const WHOLE: readonly Pass[] = [{ x: 0, y: 0, stepX: 1, stepY: 1 }];

interface PassSize extends Pass {
  readonly columns: number;
  readonly rows: number;
  /** Bytes a row, without the filter's: samples of fewer than 8 bits are packed, and a row ends on a whole byte. */
  readonly rowBytes: number;
}

function passSizes({ width, height, depth, samples, interlaced }: PngHeader): PassSize[] {
  return (interlaced ? ADAM7 : WHOLE).map((pass) => {
    const columns = Math.ceil((width - pass.x) / pass.stepX);
    const rows = Math.ceil((height - pass.y) / pass.stepY);
    return { ...pass, columns, rows, rowBytes: Math.ceil((columns * samples * depth) / 8) };
  }).filter(({ columns, rows }) => columns > 0 && rows > 0); // a narrow image has no pixels in some passes
}

/** How many bytes the compressed pixels inflate to: a filter's byte and the row, for every row of every pass. */
export const filteredLength = (header: PngHeader): number =>
  passSizes(header).reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);

/**
 * All samples as whole numbers of `depth` bits, row by row: height·width·samples of them; those of 16 bits are cut to
 * the high byte unless they are wanted `whole`. `filtered` has `filteredLength` bytes and is overwritten with what they
 * were before the filters.
 */
export function readSamples(
  where: string, header: PngHeader, filtered: Uint8Array, whole: boolean,
): Uint8Array | Uint16Array {
  const { width, height, depth, samples } = header;
  const count = height * width * samples;
  const out = depth === 16 && whole ? new Uint16Array(count) : new Uint8Array(count);
  // "The byte to the left" is that of the same sample, one pixel before: at least one byte (9.2).
  const pixelBytes = Math.max(1, (samples * depth) / 8);
  let at = 0;
  for (const pass of passSizes(header)) {
    let above: Uint8Array = new Uint8Array(pass.rowBytes);
    for (let row = 0; row < pass.rows; row++) {
      const line = filtered.subarray(at + 1, at + 1 + pass.rowBytes);
      if (!unfilter(filtered[at], line, above, pixelBytes)) {
        throw new Error(`${where}: filter ${filtered[at]} in row ${pass.y + row * pass.stepY}; there are 0 to 4`);
      }
      const first = (pass.y + row * pass.stepY) * width + pass.x;
      unpack(sampleReader(line, depth, whole), samples, pass.columns, out, first * samples, pass.stepX * samples);
      above = line;
      at += 1 + pass.rowBytes;
    }
  }
  return out;
}

/** Undoes a row's filter in place (9.2): adds, modulo 256, what was subtracted. False if there is no such filter. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, pixelBytes: number): boolean {
  const left = (i: number): number => (i >= pixelBytes ? line[i - pixelBytes] : 0);
  const aboveLeft = (i: number): number => (i >= pixelBytes ? above[i - pixelBytes] : 0);
  const n = line.length;
  switch (filter) {
    case 0: break;
    case 1: for (let i = pixelBytes; i < n; i++) line[i] += line[i - pixelBytes]; break;
    case 2: for (let i = 0; i < n; i++) line[i] += above[i]; break;
    case 3: for (let i = 0; i < n; i++) line[i] += (left(i) + above[i]) >> 1; break;
    case 4: for (let i = 0; i < n; i++) line[i] += paeth(left(i), above[i], aboveLeft(i)); break;
    default: return false;
  }
  return true;
}

/** Of left, above and above left, the one nearest to left + above − above left; the earlier at a tie (9.4). */
function paeth(left: number, above: number, aboveLeft: number): number {
  const toLeft = Math.abs(above - aboveLeft);
  const toAbove = Math.abs(left - aboveLeft);
  const toAboveLeft = Math.abs(left + above - 2 * aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}

/** Samples of a row to every `step`-th place from `to`. */
function unpack(
  sample: (i: number) => number, samples: number, columns: number,
  out: Uint8Array | Uint16Array, to: number, step: number,
): void {
  for (let column = 0, i = 0; column < columns; column++, to += step) {
    for (let s = 0; s < samples; s++, i++) out[to + s] = sample(i);
  }
}

/** Sample i of a row, most significant bits first (7.2). */
function sampleReader(line: Uint8Array, depth: number, whole: boolean): (i: number) => number {
  if (depth === 8) return (i) => line[i];
  if (depth === 16) return whole ? (i) => line[2 * i] * 256 + line[2 * i + 1] : (i) => line[2 * i];
  const perByte = 8 / depth;
  const mask = 2 ** depth - 1;
  return (i) => (line[Math.floor(i / perByte)] >> (8 - depth * (1 + (i % perByte)))) & mask;
}
