/** Modules for pooling, resizing, and normalisation within a sample. */
import { Variable, mul, sum } from '@vitrine/autograd';
import {
  AdaptiveAveragePool2d, AdaptiveMaxPool2d, AveragePool2d, GroupNorm, LayerNorm, MaxPool2d, Resize, Sequential,
  Upsample, summarize,
} from '@vitrine/nn';
import type { Module } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import { arange, meta, ones, randn, Random, reshape, tensor, zeros } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

/** [1,h,w,1]: 0, 1, 2, … in reading order. */
const image = (h: number, w: number): t.Tensor => reshape(arange(0, h * w), [1, h, w, 1]);
/** The pixels of a one-channel image. */
const pixels = (module: Module, x: t.Tensor): number[] => [...module.call(x).value.toFloat32Array()];

describe('layers: pooling', () => {
  it('MaxPool2d', () => {
    expect(pixels(new MaxPool2d({ kernel: 2 }), image(4, 4))).to.deep.equal([5, 7, 13, 15]);
    expect(pixels(new MaxPool2d({ kernel: 3, stride: 2, padding: 1 }), image(3, 3))).to.deep.equal([4, 5, 7, 8]);
    expect(String(new MaxPool2d({ kernel: [3, 2], stride: 2, ceilMode: true })))
      .to.equal('MaxPool2d(kernel=[3,2], stride=2, ceilMode=true)');
  });

  it('AveragePool2d counts padding when told', () => {
    const options = { kernel: 3, stride: 2, padding: 1 };
    expect(pixels(new AveragePool2d(options), image(3, 3))).to.deep.equal([2, 3, 5, 6]);
    expectClose(new AveragePool2d({ ...options, countIncludePad: true }).call(image(3, 3)).value,
      { shape: [1, 2, 2, 1], data: [8 / 9, 12 / 9, 20 / 9, 24 / 9] }, 1e-6, 'counted');
  });

  it('AdaptiveAveragePool2d, AdaptiveMaxPool2d', () => {
    expect(pixels(new AdaptiveAveragePool2d(2), image(3, 3))).to.deep.equal([2, 3, 5, 6]);
    expect(pixels(new AdaptiveMaxPool2d([1, 3]), image(2, 3))).to.deep.equal([3, 4, 5]);
    expect(String(new AdaptiveAveragePool2d([2, 3]))).to.equal('AdaptiveAveragePool2d(2x3)');
    expect(String(new AdaptiveMaxPool2d(1))).to.equal('AdaptiveMaxPool2d(1x1)');
  });

  it('of equal values the first gets the gradient', () => {
    const x = new Variable(ones([1, 2, 3, 1]), { requiresGrad: true });
    sum(new MaxPool2d({ kernel: 2, stride: 1 }).call(x)).backward();
    expect([...x.grad!.toFloat32Array()]).to.deep.equal([1, 1, 0, 0, 0, 0]);
  });
});

describe('layers: Resize, Upsample', () => {
  it('repeat pixels, or go between them', () => {
    expect(pixels(new Upsample(2), image(1, 2))).to.deep.equal([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(pixels(new Upsample([1, 2], { mode: 'bilinear' }), image(1, 2))).to.deep.equal([0, 0.25, 0.75, 1]);
    expect(pixels(new Resize([1, 3], { mode: 'bilinear', alignCorners: true }), image(1, 2)))
      .to.deep.equal([0, 0.5, 1]);
    expect(pixels(new Resize(1, { mode: 'bilinear', antialias: true }), image(2, 2))).to.deep.equal([1.5]);
    expect(new Resize([5, 7]).call(zeros([2, 3, 4, 6])).shape).to.deep.equal([2, 5, 7, 6]);
  });

  it('describe themselves, and refuse factors that are no whole numbers', () => {
    expect(String(new Upsample(2))).to.equal('Upsample(2x2, nearest)');
    expect(String(new Resize([2, 3], { mode: 'bicubic', antialias: true })))
      .to.equal('Resize(2x3, bicubic, antialias)');
    expect(() => new Upsample(1.5))
      .to.throw(RangeError, 'Upsample: the factor is a whole number >= 1, or two of them; got 1.5; use Resize for');
  });
});

describe('layers: LayerNorm, GroupNorm', () => {
  it('start as plain normalisation, under the names of BatchNorm2d', () => {
    const layers = [new LayerNorm(4), new LayerNorm([3, 4]), new GroupNorm(2, 4)];
    for (const layer of layers) expect([...layer.stateDict().keys()]).to.deep.equal(['weight', 'bias']);
    expect(layers.map(({ weight }) => weight!.shape)).to.deep.equal([[4], [3, 4], [4]]);
    const x = randn([5, 3, 4], new Random(1));
    for (const layer of layers) {
      const y = layer.call(x).value;
      const squares = t.mean(t.square(y), { axes: [1, 2] });
      const means = t.mean(y, { axes: [1, 2] });
      expectClose(means, { shape: [5], data: new Array(5).fill(0) }, 1e-6, `${String(layer)}: mean`);
      expectClose(squares, { shape: [5], data: new Array(5).fill(1) }, 1e-3, `${String(layer)}: mean square`);
    }
  });

  it('use and train their parameters', () => {
    const layer = new LayerNorm(2, { eps: 0 });
    layer.loadStateDict(new Map([['weight', tensor([2, 3])], ['bias', tensor([10, 20])]]));
    const out = layer.call(tensor([[1, 5], [7, 3]]));
    expect(out.value.toArray()).to.deep.equal([[8, 23], [12, 17]]);
    sum(mul(out, tensor([[1, 2], [3, 5]]))).backward();
    expect(layer.weight!.grad!.toArray()).to.deep.equal([2, -3]);
    expect(layer.bias!.grad!.toArray()).to.deep.equal([4, 7]);
  });

  it('have no parameters without affine', () => {
    const layer = new GroupNorm(1, 2, { affine: false, eps: 0 });
    expect(layer.parameters()).to.deep.equal([]);
    expect(layer.call(tensor([[1, 5]])).value.toArray()).to.deep.equal([[-1, 1]]);
    expect(String(layer)).to.equal('GroupNorm(1, 2, eps=0, affine=false)');
    expect(String(new LayerNorm([3, 4]))).to.equal('LayerNorm(3x4, eps=0.00001)');
  });

  it('refuse impossible sizes', () => {
    expect(() => new LayerNorm([]))
      .to.throw(RangeError, 'LayerNorm: the lengths of the last axes are whole numbers >= 1; got []');
    expect(() => new LayerNorm(1.5)).to.throw(RangeError, 'got 1.5');
    expect(() => new GroupNorm(3, 4)).to.throw(RangeError, 'GroupNorm: 4 channels do not divide into 3 groups');
    expect(() => new GroupNorm(0, 4)).to.throw(RangeError, 'GroupNorm: groups is a whole number >= 1; got 0');
  });
});

describe('layers: shapes without values', () => {
  it('of all of them, by meta', () => {
    const model = new Sequential(
      new MaxPool2d({ kernel: 3, stride: 2, padding: 1 }), new LayerNorm(8), new Upsample(2, { mode: 'bilinear' }),
      new AveragePool2d({ kernel: 2, countIncludePad: true }), new GroupNorm(4, 8), new AdaptiveMaxPool2d(5),
      new AdaptiveAveragePool2d([2, 3]),
    );
    expect(meta(() => model.call(zeros([4, 20, 30, 8]))).shape).to.deep.equal([4, 2, 3, 8]);
    expect(summarize(model, [1, 20, 30, 8]).layers.at(-1)!.outputShape).to.deep.equal([1, 2, 3, 8]);
  });

  it('of indices, too', () => {
    const { values, indices } = meta(() => t.maxPool2dWithIndices(zeros([2, 6, 6, 3]), { kernel: 2 }));
    expect([values, indices].map((x) => [x.isMeta, x.shape]))
      .to.deep.equal([[true, [2, 3, 3, 3]], [true, [2, 3, 3, 3]]]);
    const back = meta(() => t.scatterPixels(values, indices, [2, 6, 6, 3]));
    expect([back.isMeta, back.shape]).to.deep.equal([true, [2, 6, 6, 3]]);
  });
});
