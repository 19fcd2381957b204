/** Dilated and transposed convolution as layers: options, first weights, summaries, plans. */
import { conv2d, noGrad } from '@vitrine/autograd';
import { Conv2d, ConvTranspose2d, Planner, Sequential, plainConv, summarize } from '@vitrine/nn';
import { Random, add, convTranspose2d, copyInto, manualSeed, randn, setBackend, zeros } from '@vitrine/tensor';
import type { BackendName } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

describe('layers: dilation', () => {
  it('reaches the convolution, and is printed', () => {
    manualSeed(1);
    const layer = new Conv2d(3, 5, 3, { dilation: [2, 1], padding: 'same' });
    const x = randn([2, 7, 6, 3], new Random(2));
    const plain = conv2d(x, layer.weight, { dilation: [2, 1], padding: 'same' }).value;
    expect(layer.call(x).value.toArray()).to.deep.equal(add(plain, layer.bias!.value).toArray());
    expect(layer.describe()).to.equal('3, 5, kernel=3x3, stride=1, padding=same, dilation=2,1');
    expect(new Conv2d(4, 4, 3, { dilation: 2, groups: 4, bias: false }).describe())
      .to.equal('4, 4, kernel=3x3, stride=1, dilation=2, groups=4, bias=false');
  });

  it('is counted by its outputs in a summary', () => {
    const { layers } = summarize(new Sequential(new Conv2d(3, 5, 3, { dilation: 2 })), [2, 9, 8, 3]);
    expect(layers).to.have.length(1);
    expect(layers[0]).to.deep.include({ outputShape: [2, 5, 4, 5], params: 27 * 5 + 5, macs: 2 * 5 * 4 * 5 * 27 });
  });

  for (const backend of ['reference', 'simd'] satisfies BackendName[]) {
    it(`is planned for inference, on ${backend}`, () => {
      setBackend(backend);
      try {
        manualSeed(3);
        const layers = [
          new Conv2d(3, 8, 3, { dilation: 2, padding: 'same' }),
          new Conv2d(8, 8, 3, { dilation: [1, 3], padding: 3, stride: 2, groups: 8 }),
        ];
        const x = randn([2, 11, 12, 3], new Random(4));
        const planner = new Planner(x.shape);
        const out = layers.reduce(
          (y, layer) => planner.conv(y, plainConv(layer), layer.options, 'none'),
          planner.input,
        );
        const plan = planner.finish(out);
        copyInto(plan.input, x);
        const want = noGrad(() => new Sequential(...layers).call(x)).value;
        expectClose(plan.run(), { shape: want.shape, data: want.toFloat32Array() }, 1e-6, 'plan');
      } finally {
        setBackend('simd');
      }
    });
  }
});

describe('layers: ConvTranspose2d', () => {
  it('is the operation and a bias', () => {
    const layer = new ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 });
    const x = randn([2, 3, 4, 4], new Random(5));
    const plain = convTranspose2d(x, layer.weight.value, { stride: 2, padding: 1, outputPadding: 1, groups: 2 });
    const out = layer.call(x).value;
    expect(out.shape).to.deep.equal([2, 6, 8, 6]);
    expect(out.toArray()).to.deep.equal(add(plain, layer.bias!.value).toArray());
  });

  it('gradients reach input, weight and bias', () => {
    const layer = new ConvTranspose2d(3, 2, 2, { stride: 2 });
    layer.call(randn([1, 3, 3, 3], new Random(6))).backward({ gradient: randn([1, 6, 6, 2], new Random(7)) });
    expect(layer.weight.grad?.shape).to.deep.equal([2, 2, 2, 3]);
    expect(layer.bias?.grad?.shape).to.deep.equal([2]);
  });

  it('starts from U(±1/√(kH·kW·outChannels/groups)), as PyTorch', () => {
    manualSeed(8);
    const { weight, bias } = new ConvTranspose2d(32, 8, 5, { groups: 2 });
    expect(weight.shape).to.deep.equal([5, 5, 4, 32]);
    const bound = 1 / Math.sqrt(25 * 4);
    // Of 3200 uniform numbers the largest is nearly the bound.
    expect(Math.max(...weight.value.toFloat32Array().map(Math.abs))).to.be.within(0.99 * bound, bound);
    expect(Math.max(...bias!.value.toFloat32Array().map(Math.abs))).to.be.at.most(bound);
    expect(new ConvTranspose2d(2, 3, 1, { bias: false }).bias).to.equal(null);
  });

  it('says what it is, and what it costs', () => {
    const layer = new ConvTranspose2d(
      3, 5, [4, 2], { stride: 2, padding: 1, outputPadding: 1, dilation: 2, bias: false },
    );
    expect(layer.describe()).to.equal('3, 5, kernel=4x2, stride=2, padding=1, outputPadding=1, dilation=2, bias=false');
    const { layers } = summarize(new Sequential(new ConvTranspose2d(4, 6, 3, { stride: 2, groups: 2 })), [2, 5, 5, 4]);
    // Every input value is multiplied with the kernel of the three outputs of its group.
    expect(layers[0]).to.deep.include({ outputShape: [2, 11, 11, 6], params: 9 * 3 * 4 + 6, macs: 2 * 5 * 5 * 4 * 27 });
  });

  it('refuses impossible sizes', () => {
    expect(() => new ConvTranspose2d(0, 3, 3))
      .to.throw(RangeError, 'ConvTranspose2d: inChannels is a whole number >= 1; got 0');
    expect(() => new ConvTranspose2d(6, 4, 3, { groups: 4 }))
      .to.throw(RangeError, 'ConvTranspose2d: 6 input and 4 output channels do not both divide into 4 groups');
    expect(() => new ConvTranspose2d(2, 2, 3, { outputPadding: 1 }).call(zeros([1, 3, 3, 2])))
      .to.throw(RangeError, 'outputPadding is a whole number from 0');
  });
});
