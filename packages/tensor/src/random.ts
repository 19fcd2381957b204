/**
 * Seeded random streams that count instead of remembering: the i-th number of a stream is a hash of (key, i).
 * Two streams with different keys are independent, a stream can be saved as three numbers, and any number of
 * it can be computed without those before: so a result never depends on the order in which parts of a program run.
 *
 * The hash is Threefry-2×32 with 20 rounds: additions, rotations and exclusive ors of 32-bit words only.
 * Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel Random Numbers: As Easy as 1, 2, 3".
 */

/** Two 32-bit words. */
export type Word2 = readonly [number, number];

const PARITY = 0x1bd11bda;

/** Threefry-2×32-20: encrypts the counter under the key. */
export function threefry([k0, k1]: Word2, [c0, c1]: Word2): Word2 {
  const out = new Uint32Array(2);
  encrypt(k0, k1, c0, c1, out, 0);
  return [out[0], out[1]];
}

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/**
 * Five times four rounds, after each of which two of the three words of the key are added in turn. Writes two words.
 * Without arrays on the way: 10 ns a word instead of 30.
 */
function encrypt(k0: number, k1: number, c0: number, c1: number, out: Uint32Array, at: number): void {
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  let [a, b, c] = [k1 | 0, PARITY ^ k0 ^ k1, k0 | 0];
  for (let step = 1; step <= 5; step++) {
    const odd = step % 2 === 1;
    x0 = (x0 + x1) | 0;
    x1 = rotateLeft(x1, odd ? 13 : 17) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotateLeft(x1, odd ? 15 : 29) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotateLeft(x1, odd ? 26 : 16) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotateLeft(x1, odd ? 6 : 24) ^ x0;
    x0 = (x0 + a) | 0;
    x1 = (x1 + b + step) | 0;
    [a, b, c] = [b, c, a];
  }
  out[at] = x0;
  out[at + 1] = x1;
}

/** What `Random` needs to go on exactly where it was. */
export interface RandomState {
  readonly key: Word2;
  readonly counter: number;
}

/** Writes the words of a stream from `counter` on: what `Random.word` hands out, without asking for each. */
export function streamWords({ key, counter }: RandomState, out: Uint32Array): void {
  let i = 0;
  const pair = new Uint32Array(2);
  if (counter % 2 === 1 && out.length > 0) {
    encryptPair(key, counter, pair, 0);
    out[i++] = pair[1];
  }
  for (; i + 1 < out.length; i += 2) encryptPair(key, counter + i, out, i);
  if (i < out.length) {
    encryptPair(key, counter + i, pair, 0);
    out[i] = pair[0];
  }
}

/** Words come in pairs: writes the two of which word `counter` of the stream is one. */
function encryptPair([k0, k1]: Word2, counter: number, out: Uint32Array, at: number): void {
  const index = Math.floor(counter / 2);
  encrypt(k0, k1, index | 0, Math.floor(index / 2 ** 32), out, at);
}

export class Random {
  private readonly key: Word2;
  /** Words handed out so far. */
  private counter = 0;
  private readonly pair = new Uint32Array(2);

  /** A stream of its own for every seed: a whole number from 0 to 2⁵³ − 1, or the state of an earlier stream. */
  constructor(seed: number | RandomState = 0) {
    if (typeof seed === 'number') {
      if (!Number.isSafeInteger(seed) || seed < 0) {
        throw new RangeError(`Random: a seed is a whole number from 0 to 2^53 - 1; got ${seed}`);
      }
      this.key = [seed >>> 0, Math.floor(seed / 2 ** 32)];
    } else {
      this.key = seed.key;
      this.counter = seed.counter;
      if (this.counter % 2 === 1) encryptPair(this.key, this.counter, this.pair, 0);
    }
  }

  get state(): RandomState {
    return { key: this.key, counter: this.counter };
  }

  /** An independent stream named by a number or a word. Does not advance this one: same name, same stream. */
  split(name: number | string): Random {
    const words: Word2 = typeof name === 'number' ? [name >>> 0, Math.floor(Math.abs(name) / 2 ** 32)] : hashText(name);
    // Complementing the key keeps the children's keys apart from the numbers this stream hands out.
    const key = threefry([~this.key[0], ~this.key[1]], words);
    return new Random({ key, counter: 0 });
  }

  /** The next 32 random bits, as a number from 0 to 2³² − 1. */
  word(): number {
    const odd = this.counter % 2;
    if (odd === 0) encryptPair(this.key, this.counter, this.pair, 0);
    this.counter++;
    return this.pair[odd];
  }

  /**
   * Sets the next `count` words aside and returns where they begin: kernels that fill tensors compute them on their
   * own.
   */
  take(count: number): RandomState {
    const from = this.state;
    this.counter += count;
    if (this.counter % 2 === 1) encryptPair(this.key, this.counter, this.pair, 0);
    return from;
  }

  /** Uniform in [0, 1): 24 bits, so that every value is exact in float32. */
  uniform(): number {
    return (this.word() >>> 8) / 2 ** 24;
  }

  /** Uniform whole number in 0 … n − 1, without bias (rejection). */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Random.integer: n is a whole number from 1 to 2^32; got ${n}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % n;
    }
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    const u = (this.word() + 1) / 2 ** 32; // (0, 1]: the logarithm stays finite
    const angle = 2 * Math.PI * this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(angle);
  }

  /** The numbers 0 … n − 1 in random order (Fisher & Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** 64 bits from a text: FNV-1a forwards and backwards. Only names of streams pass here. */
function hashText(text: string): Word2 {
  const fnv = (codes: readonly number[]): number =>
    codes.reduce((hash, code) => Math.imul(hash ^ code, 0x01000193) >>> 0, 0x811c9dc5);
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  return [fnv(codes), fnv(codes.toReversed())];
}
