/**
 * Scans: the compressed coefficients. A sequential frame sends each block's 64 at once. A progressive one sends them
 * in several scans, a band of frequencies at a time (spectral selection), and of each number the upper bits first
 * (successive approximation), so that a blurred image is there early.
 *
 * Source: T.81, A.2 (order of blocks), F.1.2 and F.2.2 (sequential), G.1 and G.2 (progressive).
 */
import type { BitReader, HuffmanTable } from './huffman.js';

/** The place in its 8×8 block, row by row, of each coefficient in the order it is sent (T.81, figure A.6). */
export const ZIGZAG = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
);

/** A component's coefficients, all blocks of the image. */
export interface CoefficientPlane {
  readonly id: number;
  /** Blocks an MCU has of it, horizontally and vertically. */
  readonly h: number;
  readonly v: number;
  /** Blocks that hold a part of the image. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
  /** Blocks a row as stored: whole MCUs, whose last may stand beyond the image's edge. */
  readonly blocksStored: number;
  /** 64 a block, in rows, blocks row by row. */
  readonly coefficients: Int16Array;
}

/** A component in a scan, with the tables its symbols are written in. */
export interface ScanComponent {
  readonly plane: CoefficientPlane;
  /** Missing where the scan does not need it. */
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

export interface Scan {
  /** 1 for the file's first. */
  readonly number: number;
  readonly components: readonly ScanComponent[];
  /** First and last coefficient, in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** The lowest bit known before, 0 if none, and after. */
  readonly high: number;
  readonly low: number;
  readonly progressive: boolean;
  readonly mcusWide: number;
  readonly mcusHigh: number;
  readonly restartInterval: number;
}

/** What runs through a scan from block to block, and is forgotten at a restart. */
interface State {
  readonly bits: BitReader;
  /** By component of the scan: the DC coefficient of the block before, from which the next one's differs. */
  readonly previous: Int32Array;
  /** How many blocks from here on have no more coefficients in this scan (EOBRUN, G.1.2.2). */
  run: number;
}

/** Reads one block, whose coefficients begin at `at`. False if the bits make no sense. */
type ReadBlock = (state: State, component: number, coefficients: Int16Array, at: number) => boolean;

/**
 * Reads a scan into its planes' coefficients. Several components come interleaved, in MCUs of h·v blocks of each; one
 * alone comes block by block, without those beyond the image's edge (A.2).
 * Throws an Error that begins with `where` if the data end early, miss a restart marker, or hold what is no code.
 */
export function readScan(where: string, scan: Scan, bits: BitReader): void {
  const { components, restartInterval, number } = scan;
  const readBlock = blockReader(where, scan);
  const state: State = { bits, previous: new Int32Array(components.length), run: 0 };
  const alone = components.length === 1;
  const [{ plane: first }] = components;
  const wide = alone ? first.blocksWide : scan.mcusWide;
  const high = alone ? first.blocksHigh : scan.mcusHigh;

  const readMcu = (x: number, y: number): boolean => {
    if (alone) return readBlock(state, 0, first.coefficients, 64 * (y * first.blocksStored + x));
    for (let c = 0; c < components.length; c++) {
      const { h, v, blocksStored, coefficients } = components[c].plane;
      for (let row = y * v; row < (y + 1) * v; row++) {
        for (let column = x * h; column < (x + 1) * h; column++) {
          if (!readBlock(state, c, coefficients, 64 * (row * blocksStored + column))) return false;
        }
      }
    }
    return true;
  };

  for (let y = 0, mcu = 0; y < high; y++) {
    for (let x = 0; x < wide; x++, mcu++) {
      if (restartInterval > 0 && mcu > 0 && mcu % restartInterval === 0) {
        if (!bits.restart((mcu / restartInterval - 1) % 8)) {
          throw new Error(`${where}: scan ${number}: no restart marker after ${mcu} of ${wide * high} MCUs: ` +
            'it is damaged or cut short');
        }
        state.previous.fill(0);
        state.run = 0;
      }
      const makesSense = readMcu(x, y);
      if (bits.overrun) {
        throw new Error(`${where}: ends in the middle of scan ${number}, after ${mcu} of ${wide * high} MCUs: ` +
          'it is cut short or damaged');
      }
      if (!makesSense) throw new Error(`${where}: scan ${number}: is damaged at MCU ${mcu} of ${wide * high}`);
    }
  }
}

function blockReader(where: string, { number, components, progressive, from, to, high, low }: Scan): ReadBlock {
  const needed = (table: HuffmanTable | undefined, kind: string): HuffmanTable => {
    if (table === undefined) throw new Error(`${where}: scan ${number}: no DHT has defined its table for ${kind}`);
    return table;
  };
  const dc = (): HuffmanTable[] => components.map((component) => needed(component.dc, 'DC'));
  const ac = (): HuffmanTable[] => components.map((component) => needed(component.ac, 'AC'));
  if (!progressive) return sequential(dc(), ac());
  if (from === 0) return high === 0 ? dcFirst(dc(), low) : dcRefine(low);
  return high === 0 ? acFirst(ac()[0], from, to, low) : acRefine(ac()[0], from, to, low);
}

/**
 * All 64 (F.2.2): the DC coefficient as its difference from the block before; then pairs of how many zeros are skipped
 * and how many bits the next coefficient has. (0, 0) ends the block, (15, 0) skips sixteen.
 */
function sequential(dc: readonly HuffmanTable[], ac: readonly HuffmanTable[]): ReadBlock {
  return ({ bits, previous }, c, coefficients, at) => {
    const dcSize = bits.symbol(dc[c]);
    if (dcSize < 0) return false;
    previous[c] += bits.signed(dcSize);
    coefficients[at] = previous[c];
    const table = ac[c];
    for (let k = 1; k < 64; k++) {
      const symbol = bits.symbol(table);
      if (symbol < 0) return false;
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) return symbol === 0;
      k += symbol >> 4;
      if (size === 0) continue;
      if (k > 63) return false;
      coefficients[at + ZIGZAG[k]] = bits.signed(size);
    }
    return true;
  };
}

/** The DC coefficients without their `low` lowest bits (G.1.2.1). */
const dcFirst = (dc: readonly HuffmanTable[], low: number): ReadBlock => ({ bits, previous }, c, coefficients, at) => {
  const size = bits.symbol(dc[c]);
  if (size < 0) return false;
  previous[c] += bits.signed(size);
  coefficients[at] = previous[c] << low;
  return true;
};

/** One more bit of each DC coefficient (G.1.2.1). */
const dcRefine = (low: number): ReadBlock => ({ bits }, _c, coefficients, at) => {
  if (bits.bits(1) === 1) coefficients[at] |= 1 << low;
  return true;
};

/**
 * A band of AC coefficients without their `low` lowest bits (G.1.2.2): as in a sequential frame, but (r, 0) with r < 15
 * says that this block and 2ʳ − 1 + (r more bits) after it have no further coefficients in the band.
 */
function acFirst(table: HuffmanTable, from: number, to: number, low: number): ReadBlock {
  return (state, _c, coefficients, at) => {
    const { bits } = state;
    if (state.run > 0) {
      state.run--;
      return true;
    }
    for (let k = from; k <= to; k++) {
      const symbol = bits.symbol(table);
      if (symbol < 0) return false;
      const [zeros, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && zeros < 15) {
        state.run = runLength(bits, zeros) - 1;
        return true;
      }
      k += zeros;
      if (size === 0) continue;
      if (k > to) return false;
      coefficients[at + ZIGZAG[k]] = bits.signed(size) << low;
    }
    return true;
  };
}

const runLength = (bits: BitReader, r: number): number => (1 << r) + (r > 0 ? bits.bits(r) : 0);

/**
 * One more bit of a band of AC coefficients (G.1.2.3). Those that are not zero by now each have a bit that says whether
 * they grow. Between them, pairs as before lead to the coefficients that become ±1 at this bit; a pair skips only those
 * that are still zero, and the growing bits of the others come on the way.
 */
function acRefine(table: HuffmanTable, from: number, to: number, low: number): ReadBlock {
  const one = 1 << low;
  return (state, _c, coefficients, at) => {
    const { bits } = state;
    let k = from;
    if (state.run === 0) {
      for (; k <= to; k++) {
        const symbol = bits.symbol(table);
        if (symbol < 0) return false;
        const [zeros, size] = [symbol >> 4, symbol & 15];
        if (size > 1) return false;
        if (size === 0 && zeros < 15) {
          state.run = runLength(bits, zeros);
          break;
        }
        const value = size === 1 && bits.bits(1) === 1 ? one : -one;
        k = refinePast(zeros, bits, coefficients, at, k, to, one);
        if (size === 0) continue;
        if (k > to) return false;
        coefficients[at + ZIGZAG[k]] = value;
      }
    }
    if (state.run > 0) {
      refinePast(64, bits, coefficients, at, k, to, one);
      state.run--;
    }
    return true;
  };
}

/** Passes so many zeros from k on, refining what stands between; the place of the zero after them, or to + 1. */
function refinePast(
  zeros: number, bits: BitReader, coefficients: Int16Array, at: number, k: number, to: number, one: number,
): number {
  let left = zeros;
  for (; k <= to; k++) {
    const place = at + ZIGZAG[k];
    const value = coefficients[place];
    if (value !== 0) {
      if (bits.bits(1) === 1 && (value & one) === 0) coefficients[place] += value > 0 ? one : -one;
    } else if (left-- === 0) {
      break;
    }
  }
  return k;
}
