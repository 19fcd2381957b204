import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { createSamples } from './samples/create.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('create', createSamples);

describe('create: shapes', () => {
  it('a tensor does not change with the array that told its shape', () => {
    const shape = [4];
    const made = [t.zeros(shape), t.fromArray([1, 2, 3, 4], shape), t.rand(shape, new t.Random(1))];
    shape[0] = 20;
    for (const x of made) expect(x.shape).to.deep.equal([4]);
  });

  it('zerosLike and onesLike of a meta tensor are meta', () => {
    const huge = t.meta(() => t.zeros([2 ** 40]));
    for (const like of [t.zerosLike(huge), t.onesLike(huge)]) {
      expect([like.isMeta, like.shape]).to.deep.equal([true, [2 ** 40]]);
    }
    expect(t.onesLike(t.zeros([2])).toArray()).to.deep.equal([1, 1]);
  });
});
