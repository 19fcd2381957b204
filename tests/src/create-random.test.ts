/** Tensors of random numbers whose distribution has a form of its own. */
import * as t from '@vitrine/tensor';
import { Random } from '@vitrine/tensor';
import type { TruncatedNormalOptions } from '@vitrine/tensor';
import { expect } from 'chai';
import { normalCdf, normalQuantile } from '../../packages/tensor/dist/kernels/normal-distribution.js';

/** Values of Φ worked out with 50 digits. */
describe('create-random: the normal distribution', () => {
  const known: readonly (readonly [x: number, p: number])[] = [
    [0, 0.5], [-1, 0.15865525393145705], [1, 0.8413447460685429], [-2, 0.02275013194817921],
    [-3, 0.0013498980316300946], [-3.5, 2.3262907903552504e-4], [-5, 2.8665157187919391e-7],
    [-8, 6.220960574271785e-16], [-10, 7.619853024160527e-24],
    [-20, 2.7536241186062337e-89], [-37, 5.725571222524576e-300], [1.959963984540054, 0.975],
  ];
  for (const [x, p] of known) {
    it(`Φ(${x})`, () => expect(normalCdf(x) / p).to.be.closeTo(1, 1e-12));
    it(`Φ⁻¹(${p})`, () => expect(normalQuantile(p)).to.be.closeTo(x, 1e-13 * Math.max(1, Math.abs(x))));
  }

  it('infinities', () => {
    expect([normalCdf(-Infinity), normalCdf(Infinity)]).to.deep.equal([0, 1]);
    expect([normalQuantile(0), normalQuantile(1)]).to.deep.equal([-Infinity, Infinity]);
  });
});

describe('create-random: truncatedNormal', () => {
  const N = 40_000;
  const draw = (options: TruncatedNormalOptions, seed = 1): Float64Array =>
    t.truncatedNormal([N], new Random(seed), { dtype: 'float64', ...options }).toFloat64Array();
  const mean = (values: Float64Array, f = (v: number): number => v): number =>
    values.reduce((sum, v) => sum + f(v), 0) / values.length;

  /**
   * With Z = Φ(b) − Φ(a): mean (φ(a) − φ(b))/Z, variance 1 + (a·φ(a) − b·φ(b))/Z − mean²; the kurtosis by numerical
   * integration; all worked out with 50 digits.
   * Source: Johnson, Kotz & Balakrishnan 1994, "Continuous Univariate Distributions" 1, 13.10.
   */
  const moments: readonly (readonly [low: number, high: number, mean: number, variance: number, kurtosis: number])[] = [
    [-2, 2, 0, 0.7737413035499232, 2.36554],
    [-1, Infinity, 0.2875999709391784, 0.6296862857766054, 3.00138],
    [0, 1, 0.4598622292864265, 0.07965182484851131, 1.87277],
    [1, Infinity, 1.525135276160981, 0.1990976655703488, 4.99736],
    [4, 5, 4.216830780601025, 0.03829028732911924, 4.51764],
    [8, 9, 8.121188992979797, 0.01414854278274811, 7.67806],
    [-Infinity, -6, -6.158482604544599, 0.02398763678916677, 8.03853],
    [-0.5, 3, 0.5037344585049451, 0.4719076423102582, 3.05767],
  ];
  for (const [low, high, wantedMean, variance, kurtosis] of moments) {
    it(`between ${low} and ${high}: nothing outside, mean and variance`, () => {
      const values = draw({ low, high });
      expect(values.every((v) => v >= low && v <= high)).to.equal(true);
      // Four standard errors.
      expect(mean(values)).to.be.closeTo(wantedMean, 4 * Math.sqrt(variance / N));
      const spread = mean(values, (v) => (v - wantedMean) ** 2);
      expect(spread).to.be.closeTo(variance, 4 * variance * Math.sqrt((kurtosis - 1) / N));
    });

    it(`between ${low} and ${high}: the distribution itself (Kolmogorov & Smirnov)`, () => {
      const side = low > 0 ? -1 : 1; // mirrored where Φ is near 1
      const [a, b] = side < 0 ? [-high, -low] : [low, high];
      const sorted = draw({ low, high }, 2).map((v) => side * v).sort();
      const cdf = (x: number): number => (normalCdf(x) - normalCdf(a)) / (normalCdf(b) - normalCdf(a));
      const distance = sorted.reduce((worst, v, i) => Math.max(worst, Math.abs(cdf(v) - (i + 0.5) / N)), 0);
      expect(distance).to.be.below(1.95 / Math.sqrt(N)); // one seed in a thousand is above
    });
  }

  it('float32: not beyond the bounds as float32 has them', () => {
    const values = t.truncatedNormal([N], new Random(3), { mean: 0.3, std: 0.02 }).toFloat32Array();
    expect(values.every((v) => v >= Math.fround(0.3 - 0.04) && v <= Math.fround(0.3 + 0.04))).to.equal(true);
    expect(values.reduce((sum, v) => sum + v, 0) / N).to.be.closeTo(0.3, 4 * 0.02 / Math.sqrt(N));
  });

  it('repeats with the seed, and takes a word an element', () => {
    const [a, b] = [new Random(5), new Random(5)];
    const first = t.truncatedNormal([3, 4], a);
    expect(t.truncatedNormal([3, 4], b).toArray()).to.deep.equal(first.toArray());
    expect(t.truncatedNormal([3, 4], b).toArray()).to.not.deep.equal(first.toArray());
    expect(a.state.counter).to.equal(12);
    // Element i is a function of word i: two halves drawn apart are the whole.
    const halves = new Random(5);
    const parts = [t.truncatedNormal([5], halves), t.truncatedNormal([7], halves)];
    expect(parts.flatMap((part) => Array.from(part.toFloat32Array())))
      .to.deep.equal(Array.from(first.toFloat32Array()));
  });

  it('a standard deviation of 0 is the mean', () => {
    expect(t.truncatedNormal([2], new Random(), { mean: 3, std: 0 }).toArray()).to.deep.equal([3, 3]);
  });
});

describe('create-random: randperm, randint', () => {
  it('randperm names each number once, repeats with the seed, and is Random.permutation', () => {
    const values = t.randperm(50, new Random(4));
    expect(values.toFloat64Array().sort()).to.deep.equal(Float64Array.from({ length: 50 }, (_, i) => i));
    expect(values.toArray()).to.deep.equal(Array.from(new Random(4).permutation(50)));
    expect(t.randperm(3, new Random(), 'float64').dtype).to.equal('float64');
    expect([t.randperm(0, new Random()).shape, t.randperm(1, new Random()).toArray()]).to.deep.equal([[0], [0]]);
  });

  it('randint: every number about as often, none outside', () => {
    const values = t.randint(-3, 7, [100, 200], new Random(5));
    expect(values.shape).to.deep.equal([100, 200]);
    const counts = new Map<number, number>();
    for (const value of values.toFloat64Array()) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).to.deep.equal([-3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chiSquare).to.be.lessThan(28); // nine degrees of freedom: one seed in a thousand
  });

  it('randint: large ranges, one number, no element, the same after the same seed', () => {
    const wide = t.randint(0, 2 ** 32, [1000], new Random(6), 'float64').toFloat64Array();
    expect(wide.every((v) => Number.isInteger(v) && v >= 0 && v < 2 ** 32)).to.equal(true);
    expect(Math.max(...wide)).to.be.above(0.98 * 2 ** 32);
    expect(t.randint(4, 5, [3], new Random()).toArray()).to.deep.equal([4, 4, 4]);
    expect(t.randint(0, 5, [2, 0], new Random()).shape).to.deep.equal([2, 0]);
    const again = (): unknown => t.randint(0, 9, [20], new Random(7)).toArray();
    expect(again()).to.deep.equal(again());
  });

  it('without values they take nothing from the stream', () => {
    const random = new Random(8);
    t.meta(() => [t.truncatedNormal([4], random), t.randperm(9, random), t.randint(0, 3, [4], random)]);
    expect(random.state.counter).to.equal(0);
  });
});
