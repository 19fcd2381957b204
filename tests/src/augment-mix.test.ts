/** mixup and CutMix: their pixels and targets against PyTorch, their chance against the distributions. */
import { cutMix, type Mix, type MixBatch, mixOneOf, mixup } from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { beta } from '../../packages/data/dist/augment/beta.js';
import { mixedTargets, mixPixels, pastePatch, patchAround } from '../../packages/data/dist/augment/mix.js';
import { floatsOf, mixCases } from './support/augmented.js';
import { expectClose } from './support/close.js';

/** N images of height×width whose pixels are all their number, of classes 0, 1, 2, 0 … */
const numbered = (n: number, height: number, width: number): MixBatch => ({
  pixels: Float32Array.from({ length: n * height * width * 2 }, (_, i) => Math.floor(i / (height * width * 2))),
  shape: [n, height, width, 2], labels: Float32Array.from({ length: n }, (_, i) => i % 3), classes: 3,
});

describe('augment: mixes, against PyTorch', () => {
  for (const { op, name, input, labels, classes, share, y = 0, x = 0 } of mixCases) {
    it(name, () => {
      const { shape, data: pixels } = floatsOf(input);
      const [n, height, width, channels] = shape;
      const batch: MixBatch = {
        pixels, shape: [n, height, width, channels], labels: Float32Array.from(labels), classes,
      };
      let left = share;
      if (op === 'mixup') {
        mixPixels(batch, share);
      } else {
        const box = patchAround(height, width, share, y, x);
        pastePatch(batch, box);
        left = 1 - (box.height * box.width) / (height * width);
      }
      expectClose({ shape, data: pixels }, floatsOf(`${name}/pixels`), 1e-6, 'pixels');
      const targets = { shape: [n, classes], data: mixedTargets(batch, left) };
      expectClose(targets, floatsOf(`${name}/targets`), 1e-6, 'targets');
    });
  }
  it('there are both', () => expect(new Set(mixCases.map(({ op }) => op)).size).to.equal(2));
});

describe('augment: mixes, by chance', () => {
  const run = (mix: Mix, seed: number, n = 5): { pixels: Float32Array; targets: Float32Array } => {
    const batch = numbered(n, 6, 8);
    const targets = mix(batch, new Random(seed));
    return { pixels: batch.pixels, targets };
  };

  for (const [name, mix] of Object.entries({
    mixup: mixup({ alpha: 0.4 }), cutMix: cutMix({ alpha: 1 }),
    either: mixOneOf(mixup({ alpha: 0.2 }), cutMix({ alpha: 1 })),
  })) {
    it(`${name}: a stream decides all; targets are probabilities, and those of the pixels`, () => {
      expect(run(mix, 3)).to.deep.equal(run(mix, 3));
      const seeds = Array.from({ length: 40 }, (_, seed) => run(mix, seed));
      expect(new Set(seeds.map(({ pixels }) => pixels.join())).size).to.be.greaterThan(15);
      for (const { pixels, targets } of seeds) {
        expect(targets.length).to.equal(15);
        for (let i = 0; i < 5; i++) {
          const row = targets.subarray(3 * i, 3 * i + 3);
          expect(row.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-6);
          expect(Math.min(...row)).to.be.at.least(0);
        }
        // Image 1 is made of ones and of image 0's zeros: its mean is the share of its own class, and so its target.
        const mean = pixels.subarray(96, 192).reduce((sum, value) => sum + value, 0) / 96;
        expect(mean).to.be.closeTo(targets[3 + 1], 1e-6);
        expect(targets[3 + 1] + targets[3]).to.be.closeTo(1, 1e-6);
      }
    });
  }

  it('probability: batches that are not mixed keep their pixels and get sure targets', () => {
    for (const make of [mixup, cutMix]) {
      const mix = make({ alpha: 50, probability: 0.3 });
      let mixed = 0;
      for (let seed = 0; seed < 1000; seed++) {
        const { pixels, targets } = run(mix, seed, 2);
        if (targets.some((p) => p !== 0 && p !== 1)) mixed++;
        else expect(pixels).to.deep.equal(numbered(2, 6, 8).pixels);
      }
      expect(mixed / 1000, make.name).to.be.closeTo(0.3, 4 * Math.sqrt(0.21 / 1000));
    }
  });

  it('mixOneOf takes each as often', () => {
    const first: Mix = () => Float32Array.of(1);
    const second: Mix = () => Float32Array.of(2);
    const picks = Array.from({ length: 2000 }, (_, i) => mixOneOf(first, second)(numbered(1, 1, 1), new Random(i))[0]);
    expect(picks.filter((pick) => pick === 1).length / 2000).to.be.closeTo(0.5, 4 * Math.sqrt(0.25 / 2000));
  });

  it('one image alone stays, as do its labels', () => {
    for (const mix of [mixup({ alpha: 1 }), cutMix({ alpha: 1 })]) {
      const { pixels, targets } = run(mix, 4, 1);
      expect(pixels).to.deep.equal(numbered(1, 6, 8).pixels);
      expect([...targets].map((p) => Math.round(p * 1e6) / 1e6)).to.deep.equal([1, 0, 0]);
    }
  });

  it('refuses batches that do not fit together', () => {
    const batch = numbered(2, 3, 3);
    expect(() => mixup({ alpha: 1 })({ ...batch, labels: Float32Array.of(0) }, new Random(1)))
      .to.throw('mixup: 36 pixels and 1 labels for [2,3,3,2] NHWC; expected 36 and 2, at least one');
    expect(() => cutMix({ alpha: 1 })({ ...batch, labels: Float32Array.of(0, 3) }, new Random(1)))
      .to.throw('cutMix: label 1 is 3; expected a whole number below classes = 3');
  });
});

describe('augment: beta distribution', () => {
  const N = 5000;

  /**
   * P(X ≤ x) of Beta(a, a): the integral of t^(a−1)·(1−t)^(a−1) up to x ≤ ½, which has no pole once t = u^(1/b) with
   * b = min(a, 1), by Simpson's rule, over the value at 1/2.
   */
  const cumulative = (a: number): ((x: number) => number) => {
    const b = Math.min(a, 1);
    const integral = (x: number): number => {
      const [end, steps] = [x ** b, 60];
      const f = (u: number): number => u ** (a / b - 1) * (1 - u ** (1 / b)) ** (a - 1);
      let sum = f(0) + f(end);
      for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * f((end * i) / steps);
      return (sum * end) / (3 * steps);
    };
    const half = integral(0.5);
    return (x) => (x <= 0.5 ? integral(x) / (2 * half) : 1 - integral(1 - x) / (2 * half));
  };

  it('the cumulative distribution used here is right where a formula is known', () => {
    for (const x of [0.01, 0.3, 0.5, 0.77, 1]) {
      expect(cumulative(1)(x)).to.be.closeTo(x, 1e-9);
      expect(cumulative(0.5)(x)).to.be.closeTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 1e-7);
      expect(cumulative(2)(x)).to.be.closeTo(3 * x ** 2 - 2 * x ** 3, 1e-9);
    }
  });

  for (const a of [0.1, 0.2, 0.5, 1, 2, 8]) {
    it(`Beta(${a}, ${a}): mean, variance, Kolmogorov–Smirnov`, () => {
      const random = new Random(11);
      const values = Array.from({ length: N }, () => beta(random, a, a)).sort((x, y) => x - y);
      expect(values[0] >= 0 && values[N - 1] <= 1).to.equal(true);
      const variance = 1 / (4 * (2 * a + 1));
      const mean = values.reduce((sum, x) => sum + x, 0) / N;
      expect(mean).to.be.closeTo(0.5, 4 * Math.sqrt(variance / N));
      const spread = values.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / N;
      expect(spread).to.be.closeTo(variance, 4 * variance * Math.sqrt((4 * a) / (2 * a + 3) / N)); // from the kurtosis
      const F = cumulative(a);
      const distance = values.reduce((worst, x, i) =>
        Math.max(worst, Math.abs(F(x) - i / N), Math.abs(F(x) - (i + 1) / N)), 0);
      expect(distance * Math.sqrt(N), 'exceeded once in 1000 seeds').to.be.below(1.95);
    });
  }

  it('Beta(2, 5): mean 2/7, variance 10/392', () => {
    const random = new Random(12);
    const values = Array.from({ length: N }, () => beta(random, 2, 5));
    expect(values.reduce((sum, x) => sum + x, 0) / N).to.be.closeTo(2 / 7, 4 * Math.sqrt(10 / 392 / N));
    expect(values.reduce((sum, x) => sum + (x - 2 / 7) ** 2, 0) / N).to.be.closeTo(10 / 392, 0.002);
  });

  it('a tiny alpha still gives numbers, nearly all of them at an end', () => {
    const random = new Random(13);
    const values = Array.from({ length: 1000 }, () => beta(random, 1e-3, 1e-3));
    expect(values.every((x) => x >= 0 && x <= 1)).to.equal(true);
    expect(values.filter((x) => x < 1e-6).length / 1000).to.be.closeTo(0.5, 0.07);
    expect(values.filter((x) => x > 1 - 1e-6).length / 1000).to.be.closeTo(0.5, 0.07);
  });
});
