/** Gradients of reductions where a difference quotient says nothing: at kinks, at −∞, at zero vectors. */
import * as ag from '@vitrine/autograd';
import { Variable, grad } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import type { F } from './gradchecks/case.js';

/** ∂Σ f(x)/∂x, and the derivative of the sum of its squares. */
function slopes(f: F, x: Tensor): { first: unknown; second: unknown } {
  return t.scope(() => {
    const v = new Variable(x, { requiresGrad: true });
    const [first] = grad(ag.sum(f(v)), [v], { createGraph: true });
    if (!first.requiresGrad) return { first: first.value.toArray(), second: null };
    const [second] = grad(ag.sum(ag.square(first)), [v]);
    return { first: first.value.toArray(), second: second.value.toArray() };
  });
}

const inf = Infinity;

describe('gradients of reductions at the edge', () => {
  it('logSumExp: a row of nothing but −∞ gets 0, and is no danger to the others', () => {
    const { first, second } = slopes((x) => ag.logSumExp(x, { axes: 1 }), t.tensor([[-inf, -inf], [7, -inf]]));
    expect(first).to.deep.equal([[0, 0], [1, 0]]);
    expect(second).to.deep.equal([[0, 0], [0, 0]]);
  });

  for (const p of [1, 2, 3, 1.5, 0.5, inf]) {
    it(`norm, p = ${p}: 0 at the zero vector, in the second order too`, () => {
      const { first, second } = slopes((x) => ag.norm(x, { p }), t.zeros([3]));
      expect(first).to.deep.equal([0, 0, 0]);
      if (second !== null) expect(t.add(t.tensor(second as number[]), 0).toArray()).to.deep.equal([0, 0, 0]);
    });
  }

  it('norm: of several largest sizes, each has its share', () => {
    expect(slopes((x) => ag.norm(x, { p: inf }), t.tensor([2, -2, 1])).first).to.deep.equal([0.5, -0.5, 0]);
  });

  it('std: 0 where all are equal', () => {
    const { first, second } = slopes((x) => ag.std(x), t.tensor([5, 5, 5]));
    expect([first, second]).to.deep.equal([[0, 0, 0], [0, 0, 0]]);
  });

  it('prod: of nothing it is 1, and of one element that element', () => {
    expect(ag.prod(t.zeros([0, 2]), { axes: 0 }).value.toArray()).to.deep.equal([1, 1]);
    expect(slopes((x) => ag.prod(x), t.tensor([4])).first).to.deep.equal([1]);
  });

  it('sort: equals keep their order, so each gets its own cotangent back', () => {
    const x = new Variable(t.tensor([2, 1, 2, 1]), { requiresGrad: true });
    ag.sort(x, { descending: true }).values.backward({ gradient: t.tensor([10, 20, 30, 40]) });
    expect(x.grad!.toArray()).to.deep.equal([10, 30, 20, 40]);
  });

  it('topK: the others get 0', () => {
    const x = new Variable(t.tensor([[3, 9, 5, 9]]), { requiresGrad: true });
    const { values, indices } = ag.topK(x, 2);
    values.backward({ gradient: t.tensor([[1, 2]]) });
    expect([indices.toArray(), x.grad!.toArray()]).to.deep.equal([[[1, 3]], [[0, 1, 0, 2]]]);
  });
});
