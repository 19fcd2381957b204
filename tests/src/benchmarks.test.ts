/** What the benchmarks' figures rest on: their statistics, and the list that hands a network to other frameworks. */
import { EfficientNet, MBConv } from '@vitrine/efficientnet';
import { Conv2d, foldBatchNorm } from '@vitrine/nn';
import { Random, manualSeed } from '@vitrine/tensor';
import { expect } from 'chai';
import { channelsFirst, networkOf, outputChannelsFirst } from '../../benchmarks/dist/export/network.js';
import { adjustForMany, mannWhitney, median, quantile, spread } from '../../benchmarks/dist/harness/stats.js';

describe('benchmarks: statistics', () => {
  it('quantiles lie on straight lines between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0)).to.equal(1);
    expect(quantile([4, 1, 3, 2], 1)).to.equal(4);
    expect(quantile([40, 10, 30, 20], 0.25)).to.equal(17.5);
    expect(median([5, 1, 9])).to.equal(5);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(median([7])).to.equal(7);
    expect(spread([10, 20, 30, 40, 50])).to.be.closeTo(20 / 30, 1e-15);
    expect(() => median([])).to.throw(RangeError, 'no samples');
  });

  /** Every way of choosing n of the values. */
  function* choices(values: readonly number[], n: number): Generator<readonly [readonly number[], readonly number[]]> {
    for (let mask = 0; mask < 2 ** values.length; mask++) {
      const side = (bit: number): number[] => values.filter((_, i) => ((mask >> i) & 1) === bit);
      const chosen = side(1);
      if (chosen.length === n) yield [chosen, side(0)];
    }
  }

  /** How far U is from what chance expects. */
  function distance(a: readonly number[], b: readonly number[]): number {
    const wins = a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
    return Math.abs(wins.reduce<number>((sum, win) => sum + win, 0) - (a.length * b.length) / 2);
  }

  /** The meaning of p: among all ways to deal the values out, the share that is at least as far from chance. */
  function bruteForce(a: readonly number[], b: readonly number[]): number {
    const seen = distance(a, b);
    const all = Array.from(choices([...a, ...b], a.length), ([x, y]) => distance(x, y));
    return all.filter((other) => other >= seen).length / all.length;
  }

  for (const [n, m] of [[1, 1], [1, 5], [3, 3], [4, 5], [6, 3], [5, 7]]) {
    it(`Mann-Whitney is exact for ${n} and ${m} samples without ties`, () => {
      const random = new Random(n * 10 + m);
      for (let trial = 0; trial < 8; trial++) {
        const a = Array.from({ length: n }, () => random.uniform() + trial / 10);
        const b = Array.from({ length: m }, () => random.uniform());
        expect(mannWhitney(a, b)).to.be.closeTo(bruteForce(a, b), 1e-12);
      }
    });
  }

  it('Mann-Whitney is near with ties, where it takes the normal distribution', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 12; trial++) {
      const a = Array.from({ length: 7 }, () => Math.floor(6 * random.uniform()) + (trial % 4));
      const b = Array.from({ length: 8 }, () => Math.floor(6 * random.uniform()));
      expect(mannWhitney(a, b)).to.be.closeTo(bruteForce(a, b), 0.03);
    }
  });

  it('Mann-Whitney by the normal distribution is near the count where both can be had', () => {
    const random = new Random(6);
    for (const shift of [0, 0.1, 0.2, 0.3]) {
      const a = Array.from({ length: 29 }, () => random.uniform() + shift);
      const b = Array.from({ length: 31 }, () => random.uniform());
      const counted = mannWhitney(a, b);
      // A tie within one side, of neighbours with none of the other between them, leaves U as it is.
      const sorted = [...a].sort((x, y) => x - y);
      const i = sorted.findIndex((x, k) => k > 0 && !b.some((y) => y > sorted[k - 1] && y < x));
      const approximated = mannWhitney(sorted.with(i, sorted[i - 1]), b);
      expect(approximated).to.not.equal(counted);
      expect(approximated).to.be.closeTo(counted, 0.003); // what leaving out the kurtosis of U, −0.06, makes at most
    }
  });

  it('Mann-Whitney: identical samples say nothing, none are refused', () => {
    expect(mannWhitney([3, 3, 3], [3, 3])).to.equal(1);
    expect(() => mannWhitney([], [1])).to.throw(RangeError, 'both sides need samples');
  });

  it('many tests: what is significant after adjusting is what the step-up procedure rejects', () => {
    const random = new Random(8);
    for (let trial = 0; trial < 20; trial++) {
      const ps = Array.from({ length: 12 }, () => random.uniform() ** 3);
      const adjusted = adjustForMany(ps);
      for (const alpha of [0.01, 0.05, 0.2]) {
        const sorted = [...ps].sort((x, y) => x - y);
        const last = sorted.findLastIndex((p, i) => p <= ((i + 1) / ps.length) * alpha);
        const rejected = ps.map((p) => last >= 0 && p <= sorted[last]);
        expect(adjusted.map((p) => p <= alpha)).to.deep.equal(rejected);
      }
    }
    expect(adjustForMany([])).to.deep.equal([]);
  });
});

describe('benchmarks: a network as a list of layers', () => {
  manualSeed(3);
  const model = EfficientNet.fromName('small-32', { numClasses: 10 }).eval();
  const { input, output, classes, layers } = networkOf(model);
  const convs = layers.filter((layer) => layer.op === 'conv');

  it('every value is made once, and before it is read', () => {
    const known = new Set([input]);
    const read = new Set<string>();
    for (const layer of layers) {
      const inputs = [layer.input, ...(layer.op === 'scale' ? [layer.scale] : layer.op === 'add' ? [layer.other] : [])];
      expect(inputs.filter((name) => !known.has(name)), `${layer.op} ${layer.output}`).to.deep.equal([]);
      expect(known.has(layer.output), layer.output).to.equal(false);
      known.add(layer.output);
      for (const name of inputs) read.add(name);
    }
    expect([...known].filter((name) => !read.has(name))).to.deep.equal([output]);
    expect(classes).to.equal(10);
  });

  it('every convolution of the model is there, the first with batch norm in it', () => {
    const modules = [...model.namedModules()].map(([, module]) => module).filter((module) => module instanceof Conv2d);
    expect(convs.map(({ weightShape }) => weightShape)).to.deep.equal(modules.map(({ weight }) => weight.shape));
    const { weight, bias } = foldBatchNorm(model.stem, model.stemNorm);
    expect(convs[0].weight).to.deep.equal(weight.toFloat32Array());
    expect(convs[0].bias).to.deep.equal(bias.toFloat32Array());
  });

  it('a convolution says its stride, groups and padding', () => {
    expect(convs[0].stride).to.equal(1);
    expect(convs[0].pads).to.deep.equal([1, 1, 1, 1]);
    const halving = convs.filter(({ stride }) => stride === 2).map(({ weightShape, pads }) => [weightShape[0], pads]);
    const same = [[3, [0, 0, 1, 1]], [5, [1, 1, 2, 2]], [3, [0, 0, 1, 1]], [5, [1, 1, 2, 2]]];
    expect(halving, "TensorFlow's 'same'").to.deep.equal(same);
    const depthwise = model.blocks.map((block) => (block instanceof MBConv ? block.depthwise.options.groups : 1));
    expect(convs.map(({ groups }) => groups).filter((groups) => groups !== 1)).to.deep.equal(depthwise);
  });

  it('axes change places and no element is lost', () => {
    const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);
    expect([...channelsFirst(count(12), 2, 2, 3)]).to.deep.equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    expect([...outputChannelsFirst(count(12), [1, 2, 3, 2])]).to.deep.equal([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });
});
