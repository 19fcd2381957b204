import * as t from '@vitrine/tensor';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { threefry } from '../../packages/tensor/dist/random.js';
import type { Word2 } from '../../packages/tensor/dist/random.js';

const draw = (n: number, next: () => number): number[] => Array.from({ length: n }, next);
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('random: Threefry-2×32-20', () => {
  /** Known answers of the authors' library, Random123. */
  const answers: readonly (readonly [counter: Word2, key: Word2, out: Word2])[] = [
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xc4923a9c, 0x483df7a0]],
  ];
  for (const [counter, key, out] of answers) {
    it(`${counter.map((w) => w.toString(16)).join(' ')}`, () => expect(threefry(key, counter)).to.deep.equal(out));
  }
});

describe('random', () => {
  it('the same seed is the same stream, another seed another', () => {
    const stream = (seed: number): number[] => draw(20, ((random) => () => random.word())(new Random(seed)));
    expect(stream(7)).to.deep.equal(stream(7));
    expect(new Set([0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => stream(seed).join())).size).to.equal(6);
  });

  for (const taken of [0, 1, 2, 7]) {
    it(`a saved state goes on where it was, after ${taken} words`, () => {
      const random = new Random(3);
      draw(taken, () => random.word());
      const resumed = new Random(random.state);
      expect(draw(9, () => resumed.word())).to.deep.equal(draw(9, () => random.word()));
      expect(resumed.state).to.deep.equal(random.state);
    });
  }

  it('split does not advance, depends on the name, and leads elsewhere', () => {
    const random = new Random(5);
    const before = random.state;
    const streams = ['a', 'b', 'ab', 'ba', '', 0, 1, 2 ** 40].map((name) =>
      draw(4, ((child) => () => child.word())(random.split(name))).join());
    expect(random.state).to.deep.equal(before);
    expect(new Set([...streams, draw(4, () => random.word()).join()]).size).to.equal(streams.length + 1);
    expect(new Random(5).split('a').word()).to.equal(new Random(5).split('a').word());
  });

  it('uniform: in [0, 1), exact in float32, mean 1/2, variance 1/12', () => {
    const random = new Random(1);
    const values = draw(100_000, () => random.uniform());
    expect(values.every((v) => v >= 0 && v < 1 && Math.fround(v) === v)).to.equal(true);
    expect(average(values)).to.be.closeTo(0.5, 0.004); // four standard errors
    expect(average(values.map((v) => (v - 0.5) ** 2))).to.be.closeTo(1 / 12, 0.001);
  });

  it('normal: mean 0, variance 1, kurtosis 3', () => {
    const random = new Random(2);
    const values = draw(100_000, () => random.normal());
    expect(average(values)).to.be.closeTo(0, 0.013);
    expect(average(values.map((v) => v ** 2))).to.be.closeTo(1, 0.018);
    expect(average(values.map((v) => v ** 4))).to.be.closeTo(3, 0.13);
    expect(values.every(Number.isFinite)).to.equal(true);
  });

  for (const n of [1, 2, 6, 10]) {
    it(`integer(${n}) is uniform`, () => {
      const random = new Random(3);
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < 20_000; i++) counts[random.integer(n)]++;
      const expected = 20_000 / n;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquare).to.be.lessThan(28); // nine degrees of freedom: one seed in a thousand
    });
  }

  it('permutation names each number once, every order about as often', () => {
    const random = new Random(4);
    expect(Array.from(random.permutation(50)).sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 50 }, (_, i) => i));
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).to.equal(6);
    for (const count of counts.values()) expect(count).to.be.within(880, 1120);
    expect([random.permutation(0).length, random.permutation(1).join()]).to.deep.equal([0, '0']);
  });

  it('wrong arguments', () => {
    expect(() => new Random(-1)).to.throw(RangeError, 'Random: a seed is a whole number from 0 to 2^53 - 1; got -1');
    expect(() => new Random(0.5)).to.throw('got 0.5');
    expect(() => new Random().integer(0)).to.throw('Random.integer: n is a whole number from 1 to 2^32; got 0');
  });
});

describe('random: tensors', () => {
  it('rand, randn and bernoulli draw in reading order, advance the stream, and repeat with the seed', () => {
    const [a, b] = [new Random(6), new Random(6)];
    expect(Array.from(t.rand([2, 3], a, { low: -1, high: 3, dtype: 'float64' }).toFloat64Array())).to.deep.equal(
      draw(6, () => -1 + 4 * b.uniform()));
    expect(Array.from(t.randn([4], a, { mean: 2, std: 0.5, dtype: 'float64' }).toFloat64Array())).to.deep.equal(
      draw(4, () => 2 + 0.5 * b.normal()));
    expect(Array.from(t.bernoulli([8], 0.25, a, { value: 4 }).toFloat64Array())).to.deep.equal(
      draw(8, () => (b.uniform() < 0.25 ? 4 : 0)));
    expect(a.state).to.deep.equal(b.state);
  });

  it('bernoulli: never at 0, always at 1', () => {
    const random = new Random(7);
    expect(t.sum(t.bernoulli([500], 0, random)).item()).to.equal(0);
    expect(t.sum(t.bernoulli([500], 1, random)).item()).to.equal(500);
    expect(() => t.bernoulli([1], 1.5, random)).to.throw('bernoulli: probability is from 0 to 1; got 1.5');
  });
});
