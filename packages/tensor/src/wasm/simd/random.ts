/**
 * Tensors of random numbers in SIMD, under the contracts of kernels/random.ts: Threefry on four counters at once.
 * `uniform` on [0, 1) and `bernoulli` are the reference's to the last bit; `normal` computes its logarithm and cosine
 * in float32.
 *
 * Measured (Node 20, Zen 3, one thread, ns an element, the reference's in brackets): uniform and bernoulli 3.5 (22),
 * normal 10 (77).
 */
import type { Kernels } from '../../runtime.js';
import type { RandomState } from '../../random.js';
import * as reference from '../../kernels/random.js';
import { at, f32, f32x4, i32, kernel, range } from '../asm.js';
import type { Body, Expr, Lanes, Local, Type, KernelSource } from '../asm.js';
import type { Code } from '../encode.js';
import { cosTurns, decompose, logOfParts } from '../math.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { eachLane, shuffle } from './elementwise.js';

/** What `Lanes` lacks for words, as opcodes for vectors and for scalars. */
function words<F extends Type, I extends Type>(v: Lanes<F, I>) {
  const { type } = v.intConst(0);
  const code = (vector: number[], scalar: number[]): Code => (v.lanes === 4 ? [0xfd, ...vector] : scalar);
  const binary = (opcode: Code) => (a: Expr<I>, b: Expr<I>): Expr<I> => ({ type, code: [a.code, b.code, opcode] });
  return {
    or: binary(code([0x50], [0x72])),
    xor: binary(code([0x51], [0x73])),
    splat: (x: Expr<'i32'>): Expr<I> => ({ type, code: [x.code, code([0x11], [])] }),
    /** 0, 1, 2, 3; for a scalar 0. */
    iota: {
      type,
      code: v.lanes === 4 ? [0xfd, 0x0c, range(4).map((lane) => [lane, 0, 0, 0])] : v.intConst(0).code,
    } satisfies Expr<I>,
    /** An unsigned word, rounded to float32. */
    toFloat: (x: Expr<I>): Expr<F> => ({ type: v.const(0).type, code: [x.code, code([0xfb, 0x01], [0xb3])] }),
  };
}

/** Where a stream begins: its key, and the number of its first pair of words in two halves. */
const STREAM = { k0: 'i32', k1: 'i32', low: 'i32', high: 'i32' } as const;
type Stream = Readonly<Record<keyof typeof STREAM, Local<'i32'>>>;

/** The words of Threefry-2×32-20 for the pairs `index`, `index` + 1, … of the stream: see random.ts. */
function pairs<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, { k0, k1, low, high }: Stream, index: Expr<'i32'>,
): [Local<I>, Local<I>] {
  const { or, xor, splat, iota } = words(v);
  const key = [splat(k0), splat(k1), $.let(xor(xor(splat(k0), splat(k1)), v.intConst(0x1bd11bda)))];
  const x0 = $.let(v.intAdd(v.intAdd(splat(i32.add(low, index)), iota), key[0]));
  const x1 = $.let(v.intAdd(splat(high), key[1]));
  for (const step of range(5)) {
    for (const bits of step % 2 === 0 ? [13, 15, 26, 6] : [17, 29, 16, 24]) {
      $.set(x0, v.intAdd(x0, x1));
      $.set(x1, xor(or(v.shl(x1, bits), v.shr(x1, 32 - bits)), x0));
    }
    $.set(x0, v.intAdd(x0, key[(step + 1) % 3]));
    $.set(x1, v.intAdd(v.intAdd(x1, key[(step + 2) % 3]), v.intConst(step + 1)));
  }
  return [x0, x1];
}

/** The upper 24 bits as a number in [0, 1), exactly. */
const unit = <F extends Type, I extends Type>(v: Lanes<F, I>, word: Expr<I>): Expr<F> =>
  v.mul(v.fromInt(v.shr(word, 8)), v.const(2 ** -24));

/** A function of a word and two settings. */
type OfWord = <F extends Type, I extends Type>(v: Lanes<F, I>, word: Expr<I>, p: Expr<F>, q: Expr<F>) => Expr<F>;

/**
 * out[i] = f(word `odd` + i of the stream), begin ≤ i < end. Eight at a time from four pairs whose words are
 * interleaved, where i is the first word of a pair; at the ends one by one.
 */
function fromWords(name: string, f: OfWord): KernelSource {
  const params = { ...STREAM, odd: 'i32', out: 'i32', p: 'f32', q: 'f32', begin: 'i32', end: 'i32' } as const;
  return kernel(name, params, ({ odd, out, p, q, begin, end, ...stream }, $) => {
    const i = $.let(begin);
    const to = $.let(at(out, begin));
    const step = (n: number): void => {
      $.set(i, i32.add(i, i32.const(n)));
      $.set(to, i32.add(to, i32.const(4 * n)));
    };
    $.while(i32.ltU(i, end), () => {
      const word = $.let(i32.add(odd, i));
      const isSecond = i32.and(word, i32.const(1));
      const index = i32.shrU(word, i32.const(1));
      $.if(i32.and(i32.eqz(isSecond), i32.leU(i32.add(i, i32.const(8)), end)), () => {
        const [x0, x1] = pairs($, f32x4, stream, index).map((x) => f32x4.fromBits(x));
        for (const [k, lanes] of [[0, 4, 1, 5], [2, 6, 3, 7]].entries()) {
          const four = f32x4.bits(shuffle(x0, x1, lanes));
          $.do(f32x4.store(to, f(f32x4, four, f32x4.splat(p), f32x4.splat(q)), 16 * k));
        }
        step(8);
      }, () => {
        const [x0, x1] = pairs($, f32, stream, index);
        $.do(f32.store(to, f(f32, i32.select(x1, x0, isSecond), p, q)));
        step(1);
      });
    });
  });
}

/** low + span·u. */
const uniform = fromWords('random-uniform', (v, word, low, span) => v.add(low, v.mul(span, unit(v, word))));

/** value where u < probability, else 0. */
const bernoulli = fromWords('random-bernoulli', (v, word, probability, value) =>
  v.select(value, v.const(0), v.lt(unit(v, word), probability)));

/**
 * √(−2 ln u)·cos(2πw) from the words of a pair, u = (first + 1)/2³². Near 1, where ln u ≈ u − 1, rounding u to float32
 * would be felt; there u − 1 comes from the complement of the word, which is small. Absolute error ≤ 2e-6.
 */
function boxMuller<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, first: Expr<I>, second: Expr<I>): Expr<F> {
  const { toFloat, xor } = words(v);
  const fromOne = $.let(toFloat(xor(first, v.intConst(-1))));
  const near = $.let(v.lt(fromOne, v.const(2 ** 30)));
  const { exponent, r } = decompose($, v, $.let(toFloat(v.intAdd(first, v.intConst(1)))));
  const e = $.let(v.select(v.const(0), v.sub(exponent, v.const(128 + 32)), near));
  const rNear = $.let(v.select(v.mul(fromOne, v.const(-(2 ** -32))), r, near));
  return v.mul(v.sqrt(v.mul(v.const(-2), logOfParts($, v, e, rNear))), cosTurns($, v, unit(v, second)));
}

/** out[i] = mean + std·(a normal number from pair i of the stream), begin ≤ i < end. */
const normal: KernelSource = kernel(
  'random-normal',
  { ...STREAM, out: 'i32', mean: 'f32', std: 'f32', begin: 'i32', end: 'i32' },
  ({ out, mean, std, begin, end, ...stream }, $) => {
    const i = $.let(begin);
    const to = $.let(at(out, begin));
    eachLane($, i32.sub(end, begin), [to], 1, (v, offset) => {
      const [first, second] = pairs($, v, stream, i);
      $.do(v.store(to, v.add(v.splat(mean), v.mul(v.splat(std), boxMuller($, v, first, second))), offset));
      $.set(i, i32.add(i, i32.const(v.lanes)));
    });
  },
);

export const randomFuncs: readonly KernelSource[] = [uniform, bernoulli, normal];

/** Elements a thread takes at a time; even, so that a chunk begins with a whole pair. */
const CHUNK = 16_384;

/** Pairs before this one, and whether the stream begins with the second word of one. */
function streamArgs({ key, counter }: RandomState): { args: number[]; odd: number } {
  const pair = Math.floor(counter / 2);
  return { args: [...key, pair % 2 ** 32, Math.floor(pair / 2 ** 32)], odd: counter % 2 };
}

/** Whether the number of a pair outgrows 32 bits within the next `count` words: once in 2³³ of them. */
const carries = ({ counter }: RandomState, count: number): boolean =>
  Math.floor(counter / 2 ** 33) !== Math.floor((counter + count) / 2 ** 33);

export const randomFace = (run: Runner): Pick<Kernels, 'uniform' | 'bernoulli' | 'normal'> => ({
  uniform(n, out, from, low, high) {
    if (carries(from, n)) return reference.uniform(n, out, from, low, high);
    const { args, odd } = streamArgs(from);
    run.ranges('random-uniform', n, CHUNK, [...args, odd, addressOf(out), low, high - low]);
  },

  bernoulli(n, out, from, probability, value) {
    if (carries(from, n)) return reference.bernoulli(n, out, from, probability, value);
    const { args, odd } = streamArgs(from);
    // Numbers are multiples of 2⁻²⁴, so that the bound may be rounded up to one, which is exact in float32.
    const bound = Math.ceil(probability * 2 ** 24) / 2 ** 24;
    run.ranges('random-bernoulli', n, CHUNK, [...args, odd, addressOf(out), bound, value]);
  },

  normal(n, out, from, mean, std) {
    const { args, odd } = streamArgs(from);
    // Rare: pairs that straddle those of the stream, after an odd number of single words.
    if (odd === 1 || carries(from, 2 * n)) return reference.normal(n, out, from, mean, std);
    run.ranges('random-normal', n, CHUNK, [...args, addressOf(out), mean, std]);
  },
});
