import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { arrangeSamples } from './samples/arrange.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('arrange', arrangeSamples);

describe('arrange: whose bytes', () => {
  const x = (): Tensor => t.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]);
  const rows: readonly (readonly [name: string, run: (x: Tensor) => Tensor, shares: boolean])[] = [
    ['slice by a positive step', (a) => t.slice(a, 1, 0, undefined, 3), true],
    ['slice by a negative step', (a) => t.slice(a, 1, -1, undefined, -1), false],
    ['split', (a) => t.split(a, 2, 1)[1], true],
    ['flatten of a contiguous tensor', (a) => t.flatten(a), true],
    ['flatten of a transposition', (a) => t.flatten(t.mT(a)), false],
    ['concat of one', (a) => t.concat([a], 0), false],
    ['flip', (a) => t.flip(a, 0), false],
    ['indexSelect', (a) => t.indexSelect(a, 0, [0, 1]), false],
  ];
  for (const [name, run, shares] of rows) {
    it(`${name} ${shares ? 'shares' : 'copies'}`, () => {
      const source = x();
      expect(run(source).storage === source.storage).to.equal(shares);
    });
  }

  it('strides are never negative', () => {
    for (const view of [t.slice(x(), 1, 3, 0, -2), t.flip(x(), [0, 1]), t.slice(t.mT(x()), 0, -1, -9, -1)]) {
      expect(view.strides.every((stride) => stride >= 0), view.strides.join()).to.equal(true);
    }
  });
});

describe('arrange: without values', () => {
  const a = t.meta(() => t.zeros([4, 6]));
  const list = t.meta(() => t.zeros([3]));
  const index = t.meta(() => t.zeros([2, 6]));
  const real = t.zeros([4, 6]);
  const rows: readonly (readonly [name: string, run: () => Tensor, shape: readonly number[]])[] = [
    ['concat', () => t.concat([real, a], 1), [4, 12]], ['stack', () => t.stack([a, real]), [2, 4, 6]],
    ['split', () => t.split(a, 3, 1)[2], [4, 2]], ['pad', () => t.pad(a, [[1, 1], [0, 0]]), [6, 6]],
    ['pad, reflecting', () => t.pad(a, [[1, 1], [0, 2]], { mode: 'reflect' }), [6, 8]],
    ['flip', () => t.flip(a, 1), [4, 6]], ['roll', () => t.roll(a, 1, 1), [4, 6]],
    ['tile', () => t.tile(a, [2, 2]), [8, 12]],
    ['slice', () => t.slice(a, 0, -1, undefined, -2), [2, 6]], ['flatten', () => t.flatten(a), [24]],
    ['padSlice', () => t.padSlice(a, [8, 6], 0, 0, 2), [8, 6]],
    ['indexSelect', () => t.indexSelect(a, 0, [3, 3]), [2, 6]],
    ['indexSelect by indices without values', () => t.indexSelect(real, 1, list), [4, 3]],
    ['indexSelectGrad', () => t.indexSelectGrad(a, [9, 6], 0, [1, 8, 8, 0]), [9, 6]],
    ['gather', () => t.gather(real, 0, index), [2, 6]],
    ['scatterAdd', () => t.scatterAdd(real, 0, index, index), [4, 6]],
    ['eye', () => t.meta(() => t.eye(2, 3)), [2, 3]], ['linspace', () => t.meta(() => t.linspace(0, 1, 4)), [4]],
  ];
  for (const [name, run, shape] of rows) {
    it(name, () => {
      const out = run();
      expect([out.isMeta, out.shape]).to.deep.equal([true, shape]);
    });
  }

  it('indices are checked where they have values', () => {
    expect(() => t.indexSelect(a, 0, [4])).to.throw('indexSelect: index 4 at position 0');
  });
});

describe('arrange: gradients', () => {
  const leaf = (values: readonly number[]): Variable => new Variable(t.tensor([...values]), { requiresGrad: true });

  it('concat gives each input its part, and a constant none', () => {
    const [a, b] = [leaf([1, 2]), leaf([3])];
    const out = ag.concat([a, t.ones([2]), b]);
    expect(out.node?.wanted).to.deep.equal([0, 2]);
    out.backward({ gradient: t.tensor([1, 2, 3, 4, 5]) });
    expect([a.grad!.toArray(), b.grad!.toArray()]).to.deep.equal([[1, 2], [5]]);
  });

  it('an element read three times gets three gradients, one that was not read gets 0', () => {
    const x = leaf([1, 2, 3]);
    ag.indexSelect(x, 0, [2, 0, 2, 2]).backward({ gradient: t.tensor([1, 10, 100, 1000]) });
    expect(x.grad!.toArray()).to.deep.equal([10, 0, 1101]);
  });

  it('the indices may go out of scope: they are saved, and released by the pass', () => {
    const x = leaf([1, 2, 3]);
    const made: Tensor[] = [];
    const out = t.scope(() => {
      const list = t.tensor([1, 1]);
      made.push(list);
      return ag.indexSelect(x, 0, list);
    });
    expect(made[0].toArray()).to.deep.equal([1, 1]);
    out.backward({ gradient: t.ones([2]) });
    expect(x.grad!.toArray()).to.deep.equal([0, 2, 0]);
    expect(() => made[0].toArray()).to.throw('released');
  });

  it('of many inputs, a thousand', () => {
    const xs = Array.from({ length: 1000 }, (_, i) => leaf([i]));
    const out = ag.stack(xs, 1);
    expect(out.shape).to.deep.equal([1, 1000]);
    ag.sum(ag.square(out)).backward();
    expect(xs.every(({ grad }, i) => grad!.item() === 2 * i)).to.equal(true);
  });
});
