/**
 * Tensors of random numbers: element i is a function of word counter + i of a stream (see random.ts), so that it does
 * not matter who computes it, and when. `from` is where the words begin.
 */
import { streamWords } from '../random.js';
import type { RandomState } from '../random.js';
import type { Floats } from './geometry.js';
import { normalCdf, normalQuantile } from './normal-distribution.js';

/** Words made at a time: they stay in the first-level cache. */
const BLOCK = 2048;

/** Calls body(words, count, first) for blocks of elements first … first + count − 1 that take `each` words apiece. */
function blocks(
  n: number, each: 1 | 2, { key, counter }: RandomState,
  body: (words: Uint32Array, count: number, first: number) => void,
): void {
  const words = new Uint32Array(Math.min(each * n, BLOCK));
  const step = BLOCK / each;
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first);
    streamWords({ key, counter: counter + each * first }, words.subarray(0, each * count));
    body(words, count, first);
  }
}

/** The upper 24 bits as a number in [0, 1), exact in float32. */
const unit = (word: number): number => (word >>> 8) / 2 ** 24;

/** out[i] = low + (high − low)·u, u uniform in [0, 1); a word an element. */
export function uniform(n: number, out: Floats, from: RandomState, low: number, high: number): void {
  blocks(n, 1, from, (words, count, first) => {
    for (let i = 0; i < count; i++) out[first + i] = low + (high - low) * unit(words[i]);
  });
}

/** out[i] = value if u < probability, else 0; a word an element. */
export function bernoulli(n: number, out: Floats, from: RandomState, probability: number, value: number): void {
  blocks(n, 1, from, (words, count, first) => {
    for (let i = 0; i < count; i++) out[first + i] = unit(words[i]) < probability ? value : 0;
  });
}

/**
 * out[i] = mean + std·√(−2 ln u)·cos(2πw), u uniform in (0, 1] from the first of two words, w in [0, 1) from the
 * second. Source: Box & Muller 1958.
 */
export function normal(n: number, out: Floats, from: RandomState, mean: number, std: number): void {
  blocks(n, 2, from, (words, count, first) => {
    for (let i = 0; i < count; i++) {
      const radius = Math.sqrt(-2 * Math.log((words[2 * i] + 1) / 2 ** 32));
      out[first + i] = mean + std * (radius * Math.cos(2 * Math.PI * unit(words[2 * i + 1])));
    }
  });
}

/**
 * out[i] = mean + std·z, z from the standard normal distribution given that low ≤ z ≤ high; a word an element.
 * z = Φ⁻¹(Φ(low) + u·(Φ(high) − Φ(low))), u uniform in (0, 1): exact up to the 32 bits of u, whatever the bounds.
 * low < high, either may be infinite; the interval has a probability above 0 in float64.
 */
export function truncatedNormal(
  n: number, out: Floats, from: RandomState, mean: number, std: number, low: number, high: number,
): void {
  // In the upper tail Φ is so near 1 that its differences vanish: an interval there is mirrored into the lower one.
  const side = low > 0 ? -1 : 1;
  const [least, most] = side < 0 ? [-high, -low] : [low, high];
  const [start, end] = [normalCdf(least), normalCdf(most)];
  blocks(n, 1, from, (words, count, first) => {
    for (let i = 0; i < count; i++) {
      const z = normalQuantile(start + ((words[i] + 0.5) / 2 ** 32) * (end - start));
      out[first + i] = mean + std * side * Math.min(most, Math.max(least, z)); // rounding alone could step outside
    }
  });
}
