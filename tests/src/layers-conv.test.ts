/** Dilated convolution as layers: options, summaries, plans. */
import { conv2d, noGrad } from '@vitrine/autograd';
import { Conv2d, Planner, Sequential, plainConv, summarize } from '@vitrine/nn';
import { Random, add, copyInto, manualSeed, randn, setBackend } from '@vitrine/tensor';
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
          new Conv2d(3, 8, 3, { dilation: 2, padding: 'same' }), new Conv2d(8, 8, 3, { dilation: [1, 3], padding: 3, stride: 2, groups: 8 }),
        ];
        const x = randn([2, 11, 12, 3], new Random(4));
        const planner = new Planner(x.shape);
        const out = layers.reduce((y, layer) => planner.conv(y, plainConv(layer), layer.options, 'none'), planner.input);
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
