/** Losses against PyTorch. */
import { Variable } from '@vitrine/autograd';
import { crossEntropy } from '@vitrine/nn';
import { mul, scope, tensor } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { toTensor } from './support/fixture-models.js';
import { opFixtures } from './support/fixtures.js';

/** max|got − want| / max|want|. */
const TOLERANCES: readonly [dtype: DType, tolerance: number][] = [['float64', 2e-7], ['float32', 2e-6]];

describeOnBackends('fixtures: losses', () => {
  const { cases, get } = opFixtures();
  const losses = cases.filter(({ op }) => op === 'crossEntropy');

  it('cover plain and smoothed cross-entropy', () => {
    expect(losses.map(({ options }) => options.labelSmoothing)).to.have.members([0, 0.1]);
  });

  for (const { name, inputs, options, output, cotangent, grads } of losses) {
    for (const [dtype, tolerance] of TOLERANCES) {
      it(`${name}, ${dtype}`, () => scope(() => {
        const [logitsName, labelsName] = inputs;
        const logits = new Variable(toTensor(get(logitsName), dtype), { requiresGrad: true });
        const labelSmoothing = options.labelSmoothing!;
        const loss = crossEntropy(logits, toTensor(get(labelsName), dtype), { labelSmoothing });
        expectClose(loss.value, get(output), tolerance, 'loss');
        loss.backward({ gradient: toTensor(get(cotangent!), dtype) });
        expect(grads).to.have.length(2);
        expect(grads[1], 'labels have no gradient').to.equal(null);
        expectClose(logits.grad!, get(grads[0]!), tolerance, 'gradient');
      }));
    }
  }

  it('is the logarithm of the number of classes where the logits say nothing', () => {
    const labels = tensor([0, 4]);
    for (const labelSmoothing of [0, 0.1, 1]) {
      expect(crossEntropy(tensor([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]]), labels, { labelSmoothing }).item())
        .to.be.closeTo(Math.log(5), 1e-6);
    }
  });

  it('stays finite, and right, for large logits', () => {
    const logits = mul(tensor([[1, -1]]), 1e4);
    expect(crossEntropy(logits, tensor([0])).item()).to.equal(0);
    expect(crossEntropy(logits, tensor([1])).item()).to.equal(2e4);
  });

  it('refuses what is no batch of logits and labels', () => {
    const logits = tensor([[1, 2], [3, 4]]);
    expect(() => crossEntropy(tensor([1, 2]), tensor([0, 1])))
      .to.throw(/crossEntropy: takes logits \[N,…,classes\] and labels \[N,…\], or .*; got \[2\] and \[2\]/);
    expect(() => crossEntropy(logits, tensor([0]))).to.throw(/got \[2,2\] and \[1\]/);
    expect(() => crossEntropy(logits, tensor([0, 2]))).to.throw(/label 2 at index 1 is not one of the 2 classes/);
    expect(() => crossEntropy(logits, tensor([0, 0.5]))).to.throw(/label 0\.5 at index 1/);
    expect(() => crossEntropy(logits, tensor([0, 1]), { labelSmoothing: 1.5 }))
      .to.throw(/labelSmoothing is from 0 to 1; got 1\.5/);
  });
});
