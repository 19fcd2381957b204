import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { viewSamples } from './samples/views.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('views', viewSamples);

describe('views: whose bytes', () => {
  const x = (): Tensor => t.tensor([[1, 2, 3], [4, 5, 6]]);
  const rows: readonly (readonly [name: string, view: (x: Tensor) => Tensor, shares: boolean])[] = [
    ['reshape of a contiguous tensor', (a) => t.reshape(a, [3, 2]), true],
    ['reshape of a transposition', (a) => t.reshape(t.mT(a), [6]), false],
    ['permute', (a) => t.permute(a, [1, 0]), true],
    ['mT', (a) => t.mT(a), true],
    ['slice', (a) => t.slice(a, 1, 1), true],
    ['broadcastTo', (a) => t.broadcastTo(a, [4, 2, 3]), true],
    ['unsqueeze', (a) => t.unsqueeze(a, 0), true],
    ['squeeze', (a) => t.squeeze(t.unsqueeze(a, 0), 0), true],
    ['contiguous of a contiguous tensor', (a) => t.contiguous(a), true],
    ['contiguous of a transposition', (a) => t.contiguous(t.mT(a)), false],
    ['clone', (a) => t.clone(a), false],
    ['padSlice', (a) => t.padSlice(a, [2, 3], 0, 0), false],
    ['sumTo of the same shape', (a) => t.sumTo(a, [2, 3]), true],
  ];
  for (const [name, view, shares] of rows) {
    it(`${name} ${shares ? 'shares' : 'copies'}`, () => {
      const source = x();
      expect(view(source).storage === source.storage).to.equal(shares);
    });
  }
});

describe('views: reading', () => {
  it('item reads one element, wherever it lies', () => {
    expect(t.slice(t.slice(t.tensor([[1, 2], [3, 4]]), 0, 1, 2), 1, 0, 1).item()).to.equal(3);
    expect(t.tensor(7).item()).to.equal(7);
    expect(() => t.zeros([2]).item()).to.throw(/^item: the tensor has 2 elements, shape \[2\]/);
    expect(() => t.zeros([0]).item()).to.throw(/^item: the tensor has 0 elements/);
  });

  it('toArray nests, a scalar is a number', () => {
    expect(t.mT(t.tensor([[1, 2, 3], [4, 5, 6]])).toArray()).to.deep.equal([[1, 4], [2, 5], [3, 6]]);
    expect(t.tensor(2).toArray()).to.equal(2);
    expect(t.zeros([2, 0]).toArray()).to.deep.equal([[], []]);
  });

  it('toFloat32Array and toFloat64Array are copies', () => {
    const x = t.tensor([1, 2]);
    x.toFloat32Array().fill(9);
    x.toFloat64Array().fill(9);
    expect(x.toArray()).to.deep.equal([1, 2]);
  });

  it('size, rank, dtype, isContiguous', () => {
    const x = t.mT(t.zeros([2, 3], 'float64'));
    expect([x.size, x.rank, x.dtype, x.isContiguous, t.contiguous(x).isContiguous]).to.deep.equal(
      [6, 2, 'float64', false, true]);
    expect(t.mT(t.zeros([1, 3])).isContiguous, 'axes of length 1 have no say').to.equal(true);
  });
});
