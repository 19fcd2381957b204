/** Inference in fused passes: the same logits, and a planned forward that allocates nothing. */
import { noGrad } from '@vitrine/autograd';
import { EfficientNet, architectureFromBlocks, fuse } from '@vitrine/efficientnet';
import type { EfficientNetOptions } from '@vitrine/efficientnet';
import { Random, copyInto, info, manualSeed, meta, randn, scope, setBackend, setThreads } from '@vitrine/tensor';
import type { BackendName, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

/** A model whose running statistics were measured, on noise: a fresh one gives all images the same logits. */
function measured(name: string, imageSize: number, options: EfficientNetOptions = {}): EfficientNet {
  manualSeed(3);
  const model = EfficientNet.fromName(name, { numClasses: 10, batchNormMomentum: 0.5, imageSize, ...options });
  return measure(model);
}

function measure(model: EfficientNet): EfficientNet {
  const { inChannels, imageSize } = model.config;
  for (let i = 0; i < 3; i++) {
    scope(() => noGrad(() => void model.call(randn([8, imageSize, imageSize, inChannels], new Random(i)))));
  }
  return model.eval();
}

const logitsOf = (model: EfficientNet, images: Tensor): Tensor => noGrad(() => model.call(images)).value;

const models: readonly (readonly [string, number, EfficientNetOptions])[] = [
  ['tiny-28', 28, {}], ['small-32', 32, {}], ['small-32', 32, { conventions: 'pytorch' }],
  ['b0', 64, {}], ['b0', 50, { conventions: 'pytorch', inChannels: 1 }], ['lite0', 50, {}],
];

for (const backend of ['reference', 'simd'] satisfies BackendName[]) {
  describe(`fuse on ${backend}`, () => {
    before(() => setBackend(backend));
    after(() => setBackend('simd'));

    for (const [name, size, options] of models) {
      it(`${name} at ${size}, ${options.conventions ?? 'tensorflow'}: ` +
        'logits to 1e-5, for one image and several', () => {
        const model = measured(name, size, options);
        const fused = fuse(model);
        for (const N of [1, 3]) {
          const images = randn([N, size, size, model.config.inChannels], new Random(7));
          const want = logitsOf(model, images);
          const rows = want.toFloat32Array();
          if (N > 1) expect(Math.abs(rows[0] - rows[10]), 'two images, different logits').to.be.above(1e-3);
          expectClose(fused.call(images), { shape: want.shape, data: rows }, 1e-5, `${name} ${N}`);
          // Buffers are used again: a second run, after another input, must not remember the first.
          fused.call(randn(images.shape, new Random(8)));
          expectClose(fused.call(images), { shape: want.shape, data: rows }, 1e-5, `${name} ${N}, again`);
        }
      });
    }

    it('Fused-MBConv, widened and not, with and without a residual: logits to 1e-5', () => {
      const architecture = architectureFromBlocks(
        ['r2_k3_s11_e1_i8_o8_c1', 'r2_k3_s22_e4_i8_o16_c1', 'r2_k3_s22_e4_i16_o24_se0.25'], { headChannels: 32 });
      manualSeed(3);
      const model = EfficientNet.fromVariant('small-v2', {
        architecture, widthCoefficient: 1, depthCoefficient: 1, resolution: 32, dropout: 0,
      }, { numClasses: 10, batchNormMomentum: 0.5 });
      measure(model);
      const images = randn([2, 32, 32, 3], new Random(7));
      const want = logitsOf(model, images);
      expectClose(fuse(model).call(images), { shape: want.shape, data: want.toFloat32Array() }, 1e-5, 'small-v2');
    });

    it('a planned forward allocates nothing', () => {
      const model = measured('small-32', 32);
      const plan = fuse(model).plan([2, 32, 32, 3]);
      copyInto(plan.input, randn([2, 32, 32, 3], new Random(1)));
      const first = plan.run().toFloat32Array();
      const { liveBytes, liveTensors } = info().heap;
      for (let i = 0; i < 3; i++) expect(plan.run().toFloat32Array()).to.deep.equal(first);
      expect(info().heap).to.include({ liveBytes, liveTensors });
    });
  });
}

describe('fuse', () => {
  it('keeps the weights of its moment', () => {
    const model = measured('tiny-28', 28);
    const images = randn([2, 28, 28, 1], new Random(1));
    const fused = fuse(model);
    const before = fused.call(images).toFloat32Array();
    copyInto(model.classifier.weight.value, randn(model.classifier.weight.shape, new Random(2)));
    copyInto(model.stem.weight.value, randn(model.stem.weight.shape, new Random(3)));
    expect(fused.call(images).toFloat32Array()).to.deep.equal(before);
  });

  it('a plan belongs to the backend and threads it was made for', () => {
    const plan = fuse(measured('tiny-28', 28)).plan([1, 28, 28, 1]);
    setThreads(2);
    try {
      expect(() => plan.run()).to.throw('Plan.run: backend or threads have changed since planning; plan again');
    } finally {
      setThreads(1);
    }
  });

  it('refuses wrong images and models without weights', () => {
    const fused = fuse(measured('tiny-28', 28));
    expect(() => fused.call(randn([1, 28, 28, 3], new Random(1))))
      .to.throw('FusedEfficientNet.plan: images are [N,H,W,1], channels last; got [1,28,28,3]');
    expect(() => fused.plan([28, 28, 1])).to.throw(RangeError, 'images are [N,H,W,1]');
    expect(() => fuse(meta(() => EfficientNet.fromName('b0'))))
      .to.throw(TypeError, 'fuse: the model has shapes but no weights');
  });
});
