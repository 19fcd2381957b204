/**
 * Huffman codes, and the bits they are read from: T.81, annex C (from a table's lengths to its codes) and F.2.2 (from
 * bits to symbols and numbers).
 */

/** Codes up to this length are looked up in one step; nearly all that occur are shorter. */
const LOOKUP_BITS = 9;
const MAX_LENGTH = 16;

export interface HuffmanTable {
  /** By the next 9 bits: 256·length + symbol of the code they begin with; 0 if that code is longer, or none. */
  readonly lookup: Uint16Array;
  /** By length: the largest code of that length, −1 if there is none. (MAXCODE of F.2.2.3.) */
  readonly maxCode: Int32Array;
  /** By length: the index of that length's first symbol, less its first code. (VALPTR − MINCODE.) */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * A table from the number of codes of each length, 1 to 16, and the symbols, shortest code first. Codes of one length
 * are consecutive numbers; the first of the next length is the number after the last, with a zero behind (C.2).
 * Undefined if there are more codes than fit.
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const maxCode = new Int32Array(MAX_LENGTH + 1).fill(-1);
  const offset = new Int32Array(MAX_LENGTH + 1);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    offset[length] = index - code;
    for (let i = 0; i < counts[length - 1]; i++, code++, index++) {
      if (code >= 1 << length) return undefined;
      maxCode[length] = code;
      const free = LOOKUP_BITS - length; // bits behind the code, which may be anything
      if (free >= 0) lookup.fill(256 * length + symbols[index], code << free, (code + 1) << free);
    }
    code <<= 1;
  }
  return { lookup, maxCode, offset, symbols };
}

/** Tables for DC and AC coefficients, four places each. */
export interface HuffmanTables {
  readonly dc: Map<number, HuffmanTable>;
  readonly ac: Map<number, HuffmanTable>;
}

/** DHT (B.2.4.2): one or more tables. Changes `tables`. */
export function parseHuffman(where: string, p: Uint8Array, tables: HuffmanTables): void {
  for (let at = 0; at < p.length;) {
    const [kind, slot] = [p[at] >> 4, p[at] & 15];
    const counts = p.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = p.slice(at + 17, at + 17 + total);
    const table = counts.length === 16 && symbols.length === total ? huffmanTable(counts, symbols) : undefined;
    // A DC symbol is a number of bits; more than 15 do not occur.
    if (kind > 1 || slot > 3 || table === undefined || (kind === 0 && symbols.some((symbol) => symbol > 15))) {
      throw new Error(`${where}: a Huffman table (DHT) is damaged`);
    }
    (kind === 0 ? tables.dc : tables.ac).set(slot, table);
    at += 17 + total;
  }
}

/**
 * The bits of a scan, most significant first. Behind a byte 0xff stands a zero, which is skipped (F.1.2.3); anything
 * else there is a marker, and the data end before it. Reading on gives zeros, so that the inner loops need not ask;
 * `overrun` tells afterwards.
 */
export class BitReader {
  /** The next byte to be read; never beyond a marker. */
  position: number;
  readonly #bytes: Uint8Array;
  /** The last bits read; of them, `#available` are not used yet. */
  #buffer = 0;
  #available = 0;
  /** How many of the bits read were not in the file. */
  #padding = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** Whether bits have been used that are not in the file. */
  get overrun(): boolean {
    return this.#available < this.#padding;
  }

  /** At least 25 bits in the buffer. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#available <= 24) {
      let byte = 0;
      const { position } = this;
      if (position >= bytes.length) {
        this.#padding += 8;
      } else if (bytes[position] !== 0xff) {
        byte = bytes[position];
        this.position += 1;
      } else if (bytes[position + 1] === 0) {
        byte = 0xff;
        this.position += 2;
      } else {
        this.#padding += 8;
      }
      this.#buffer = (this.#buffer << 8) | byte;
      this.#available += 8;
    }
  }

  /** The next `count` bits as a number; 1 ≤ count ≤ 16. (RECEIVE of F.2.2.4.) */
  bits(count: number): number {
    if (this.#available < count) this.#fill();
    this.#available -= count;
    return (this.#buffer >>> this.#available) & ((1 << count) - 1);
  }

  /**
   * A number whose `count` bits say how far it is from the least one of that many bits: 0 … 2ᶜ⁻¹ − 1 stand for
   * −2ᶜ + 1 … −2ᶜ⁻¹, the others for themselves. 0 for no bits. (EXTEND of F.2.2.1.)
   */
  signed(count: number): number {
    if (count === 0) return 0;
    const value = this.bits(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** The next symbol; −1 if the bits are no code of the table. (DECODE of F.2.2.3.) */
  symbol({ lookup, maxCode, offset, symbols }: HuffmanTable): number {
    if (this.#available < MAX_LENGTH) this.#fill();
    const entry = lookup[(this.#buffer >>> (this.#available - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)];
    if (entry !== 0) {
      this.#available -= entry >> 8;
      return entry & 255;
    }
    for (let length = LOOKUP_BITS + 1; length <= MAX_LENGTH; length++) {
      const code = (this.#buffer >>> (this.#available - length)) & ((1 << length) - 1);
      if (code <= maxCode[length]) {
        this.#available -= length;
        return symbols[code + offset[length]];
      }
    }
    return -1;
  }

  /**
   * Passes restart marker RSTm (E.2.4): what is left of the current byte is filling. Bytes before the marker that
   * nobody used are skipped. False if the next marker is another one, or there is none.
   */
  restart(m: number): boolean {
    const bytes = this.#bytes;
    let at = this.position;
    while (at + 1 < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff)) at++;
    if (bytes[at + 1] !== 0xd0 + m) return false;
    this.position = at + 2;
    this.#buffer = 0;
    this.#available = 0;
    this.#padding = 0;
    return true;
  }
}
