import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { updateSamples } from './samples/update.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('update', updateSamples);

describe('update: meta tensors', () => {
  const sgd = { lr: 1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, step: 1 };
  const adam = { lr: 1, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, decay: 'coupled', step: 1 } as const;
  const rmsprop = { lr: 1, alpha: 0, decay: 0, momentum: 0, eps: 1, weightDecay: 0 };
  const updates: Readonly<Record<string, (a: t.Tensor, b: t.Tensor) => void>> = {
    copyInto: t.copyInto,
    addInto: t.addInto,
    lerpInto: (a, b) => t.lerpInto(a, b, 0.5),
    scaleInto: (a) => t.scaleInto(a, 2),
    clampInto: (a) => t.clampInto(a, 0, 1),
    sgdInto: (a, b) => t.sgdInto(a, b, b, sgd),
    adamwInto: (a, b) => t.adamwInto(a, b, b, b, adam, b),
    rmspropInto: (a, b) => t.rmspropInto(a, b, b, b, rmsprop, b),
    rmspropTFInto: (a, b) => t.rmspropTFInto(a, b, b, b, rmsprop),
  };
  for (const [name, update] of Object.entries(updates)) {
    it(`${name} checks their shapes, and has nothing to write`, () => {
      const [target, source, other] = t.meta(() => [t.zeros([2, 3]), t.ones([2, 3]), t.ones([3, 2])]);
      update(target, source);
      expect(target.storage.version).to.equal(1);
      if (name !== 'scaleInto' && name !== 'clampInto') {
        expect(() => update(target, other)).to.throw(`${name}: `);
      }
    });
  }
});

describe('update: views', () => {
  const sgd = { lr: 1, momentum: 1, dampening: 0, nesterov: false, weightDecay: 0, step: 1 };

  it('a source that overlaps the target is read before it is written', () => {
    const x = t.ones([10]);
    t.addInto(t.slice(x, 0, 1), t.slice(x, 0, 0, 9));
    expect(x.toArray()).to.deep.equal([1, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    const y = t.tensor([0, 1, 2, 3]);
    t.lerpInto(t.slice(y, 0, 0, 3), t.slice(y, 0, 1), 1);
    expect(y.toArray()).to.deep.equal([1, 2, 3, 3]);
    t.addInto(y, y);
    expect(y.toArray()).to.deep.equal([2, 4, 6, 6]);
  });

  it('states are contiguous, as the target is; gradients need not be', () => {
    const [p, g, v] = [t.zeros([2, 3]), t.tensor([[1, 2], [3, 4], [5, 6]]), t.zeros([3, 2])];
    expect(() => t.sgdInto(p, t.mT(g), t.mT(v), sgd))
      .to.throw(RangeError, 'sgdInto: velocity is written to, and contiguous; got strides [1,2]');
    const velocity = t.zeros([2, 3]);
    t.sgdInto(p, t.mT(g), velocity, sgd);
    expect(velocity.toArray()).to.deep.equal([[1, 3, 5], [2, 4, 6]]);
  });
});
