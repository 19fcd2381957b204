/** Layers: linear, convolution, batch norm, dropout, stochastic depth. */
import { Variable } from '@vitrine/autograd';
import {
  AveragePool2d, BatchNorm2d, Conv2d, Dropout, GlobalAveragePool, Linear, Sigmoid, SiLU, StochasticDepth, Tanh,
} from '@vitrine/nn';
import type { Module } from '@vitrine/nn';
import { Random, manualSeed, ones, randn, reshape, scope, tensor, zeros } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

describe('layers: Linear, Conv2d', () => {
  it('start from U(±1/√fanIn), the same after the same seed', () => {
    const make = (): number[] => {
      manualSeed(5);
      const { weight, bias } = new Linear(25, 40);
      const conv = new Conv2d(8, 32, 5, { groups: 4 });
      return [...weight.value.toFloat32Array(), ...bias!.value.toFloat32Array(), ...conv.weight.value.toFloat32Array()];
    };
    const first = make();
    expect(make()).to.deep.equal(first);
    const largest = (numbers: readonly number[]): number => Math.max(...numbers.map(Math.abs));
    // Of a thousand uniform numbers the largest is nearly the bound.
    expect(largest(first.slice(0, 1040))).to.be.within(0.195, 0.2);
    expect(largest(first.slice(1040))).to.be.within(0.98 / Math.sqrt(50), 1 / Math.sqrt(50));
  });

  it('Linear acts on the last axis, whatever stands before it', () => {
    const layer = new Linear(3, 2);
    const x = randn([4, 5, 3], new Random(1));
    const out = layer.call(x).value;
    expect(out.shape).to.deep.equal([4, 5, 2]);
    const rows = layer.call(reshape(x, [20, 3])).value;
    expectClose(out, { shape: [4, 5, 2], data: rows.toFloat32Array() }, 0, 'rows');
  });

  it('leave the bias out when told', () => {
    expect(new Linear(2, 3, { bias: false }).bias).to.equal(null);
    expect(new Conv2d(2, 3, 1, { bias: false }).bias).to.equal(null);
    expect(new Conv2d(2, 3, 1).bias?.shape).to.deep.equal([3]);
  });

  it('refuse impossible sizes', () => {
    expect(() => new Linear(0, 3)).to.throw(RangeError, /Linear: inFeatures is a whole number >= 1; got 0/);
    expect(() => new Conv2d(3, 1.5, 3)).to.throw(RangeError, /Conv2d: outChannels is a whole number >= 1; got 1\.5/);
    expect(() => new Conv2d(6, 4, 3, { groups: 4 }))
      .to.throw(RangeError, /6 input and 4 output channels do not both divide into 4 groups/);
  });
});

describe('layers: BatchNorm2d', () => {
  const x = tensor([[[[1, 10]], [[3, 30]]], [[[5, 20]], [[7, 40]]]]); // [2,2,1,2]: channels 1 3 5 7 and 10 30 20 40

  it('training: the batch\'s own moments; running ones move by momentum, the variance unbiased', () => {
    const layer = new BatchNorm2d(2, { momentum: 0.25, eps: 0.5 });
    const out = layer.call(x).value;
    const normal = (value: number, mean: number, variance: number): number =>
      (value - mean) / Math.sqrt(variance + 0.5);
    expectClose(out, {
      shape: [2, 2, 1, 2],
      data: [
        normal(1, 4, 5), normal(10, 25, 125), normal(3, 4, 5), normal(30, 25, 125),
        normal(5, 4, 5), normal(20, 25, 125), normal(7, 4, 5), normal(40, 25, 125),
      ],
    }, 1e-6, 'output');
    expectClose(layer.runningMean.value, { shape: [2], data: [0.25 * 4, 0.25 * 25] }, 1e-6, 'running mean');
    expectClose(
      layer.runningVar.value,
      { shape: [2], data: [0.75 + 0.25 * 5 * (4 / 3), 0.75 + 0.25 * 125 * (4 / 3)] },
      1e-6, 'running variance',
    );
    layer.call(x);
    expectClose(
      layer.runningMean.value,
      { shape: [2], data: [4 * (1 - 0.75 ** 2), 25 * (1 - 0.75 ** 2)] },
      1e-6, 'after two batches',
    );
  });

  it('evaluation: the running moments, which stay as they are', () => {
    const layer = new BatchNorm2d(2, { eps: 0 });
    layer.loadStateDict(new Map([
      ['weight', tensor([2, 1])], ['bias', tensor([0, 5])],
      ['runningMean', tensor([1, 20])], ['runningVar', tensor([4, 100])],
    ]));
    expect(layer.eval().call(x).value.toArray()).to.deep.equal([[[[0, 4]], [[2, 6]]], [[[4, 5]], [[6, 7]]]]);
    expect(layer.runningMean.value.toArray()).to.deep.equal([1, 20]);
    expect(layer.call(zeros([1, 1, 1, 2])).value.toArray(), 'one value is enough').to.deep.equal([[[[-1, 3]]]]);
  });

  it('refuses one value a channel in training, and leaves the statistics alone', () => {
    const layer = new BatchNorm2d(2);
    expect(() => layer.call(zeros([1, 1, 1, 2])))
      .to.throw(RangeError,
        /BatchNorm2d: one value a channel has no variance; give more than one image, or use eval\(\)/
      );
    expect(layer.runningVar.value.toArray()).to.deep.equal([1, 1]);
    expect(() => new BatchNorm2d(0)).to.throw(RangeError, /channels is a whole number >= 1; got 0/);
  });
});

describe('layers: Dropout, StochasticDepth', () => {
  const apply = (layer: Module, shape: readonly number[]): Float32Array =>
    scope(() => layer.call(ones(shape)).value.toFloat32Array());
  const layers: readonly [name: string, make: (p: number) => Module][] = [
    ['Dropout', (p) => new Dropout(p)],
    ['StochasticDepth', (p) => new StochasticDepth(p)],
  ];

  for (const [name, make] of layers) {
    it(`${name}: zeros with probability p, the rest divided by 1 − p`, () => {
      manualSeed(1);
      const n = 10_000;
      const out = apply(make(0.2), [n, 1]);
      expect(new Set(out)).to.deep.equal(new Set([0, Math.fround(1 / 0.8)]));
      // The number of zeros has standard deviation √(n·p·(1 − p)) = 40: four of them either way.
      expect(out.filter((value) => value === 0).length).to.be.within(0.2 * n - 160, 0.2 * n + 160);
      expect(out.reduce((sum, value) => sum + value) / n, 'expectation').to.be.closeTo(1, 0.02);
    });

    it(`${name}: the same after the same seed, another the next time`, () => {
      const layer = make(0.5);
      manualSeed(7);
      const [first, second] = [apply(layer, [64, 2]), apply(layer, [64, 2])];
      expect(second).not.to.deep.equal(first);
      manualSeed(7);
      expect(apply(layer, [64, 2])).to.deep.equal(first);
      expect(apply(layer, [64, 2])).to.deep.equal(second);
    });

    it(`${name}: the identity in evaluation and for p = 0, drawing nothing`, () => {
      const x = new Variable(randn([4, 3], new Random(1)));
      manualSeed(7);
      const first = apply(make(0.5), [32, 1]);
      manualSeed(7);
      expect(make(0.5).eval().call(x)).to.equal(x);
      expect(make(0).call(x)).to.equal(x);
      expect(apply(make(0.5), [32, 1])).to.deep.equal(first);
    });

    it(`${name}: passes gradients where it passed values`, () => {
      const x = new Variable(ones([32, 2]), { requiresGrad: true });
      const out = make(0.5).call(x);
      out.backward({ gradient: ones([32, 2]) });
      expect(x.grad!.toFloat32Array()).to.deep.equal(out.value.toFloat32Array());
    });

    it(`${name}: refuses impossible probabilities`, () => {
      for (const p of [1, -0.1, NaN]) {
        expect(() => make(p))
          .to.throw(RangeError, `${name}: the probability of dropping is from 0 to below 1; got ${p}`);
      }
    });
  }

  it('StochasticDepth drops whole samples, Dropout single values', () => {
    manualSeed(3);
    const rows = (out: Float32Array): number[] =>
      Array.from({ length: 100 }, (_, i) => new Set(out.subarray(12 * i, 12 * i + 12)).size);
    expect(rows(apply(new StochasticDepth(0.5), [100, 2, 2, 3])).every((different) => different === 1)).to.equal(true);
    expect(rows(apply(new Dropout(0.5), [100, 2, 2, 3])).filter((different) => different === 2).length).to.be.above(90);
  });
});

describe('layers: functions as modules', () => {
  it('activations and pooling', () => {
    const sigma = 1 / (1 + Math.exp(-2));
    const of = (module: Module): unknown => module.call(tensor([2])).value.item();
    expect(of(new Sigmoid())).to.be.closeTo(sigma, 1e-7);
    expect(of(new SiLU())).to.be.closeTo(2 * sigma, 1e-7);
    expect(of(new Tanh())).to.be.closeTo(Math.tanh(2), 1e-7);
    const image = tensor([[[[1], [2]], [[3], [6]]]]);
    expect(new GlobalAveragePool().call(image).value.toArray()).to.deep.equal([[3]]);
    expect(new AveragePool2d({ kernel: 2, stride: 2 }).call(image).value.toArray()).to.deep.equal([[[[3]]]]);
    expect(String(new AveragePool2d({ kernel: 2, stride: 2 }))).to.equal('AveragePool2d(kernel=2)');
  });
});
