import * as ag from '@vitrine/autograd';
import { Variable, defineFunction, enableGrad, grad, noGrad, vjp } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

const leaf = (...values: number[]): Variable => new Variable(t.tensor(values), { requiresGrad: true });
const gradOf = (x: Variable): number[] | null => (x.grad === null ? null : Array.from(x.grad.toFloat64Array()));

describe('autograd: accumulation', () => {
  it('two backward calls add up, zeroGrad starts again', () => {
    const x = leaf(1, 2);
    ag.sum(ag.square(x)).backward();
    ag.sum(ag.mul(x, 10)).backward();
    expect(gradOf(x)).to.deep.equal([12, 14]);
    x.zeroGrad();
    expect(x.grad).to.equal(null);
    ag.sum(x).backward();
    expect(gradOf(x)).to.deep.equal([1, 1]);
  });

  /** f, the leaf x = [2, 3], and ∂Σf/∂x. */
  const diamonds: readonly (readonly [name: string, f: (x: Variable) => Variable, want: readonly number[]])[] = [
    ['x twice in one operation', (x) => ag.mul(x, x), [4, 6]],
    ['x plus x', (x) => ag.add(x, x), [2, 2]],
    ['x minus x', (x) => ag.sub(x, x), [0, 0]],
    ['x beside a function of x', (x) => ag.add(x, ag.square(x)), [5, 7]],
    ['a function of x beside x', (x) => ag.add(ag.square(x), x), [5, 7]],
    ['a residual block', (x) => {
      const y = ag.mul(x, 2);
      return ag.add(y, ag.square(y));
    }, [18, 26]],
    ['three paths', (x) => {
      const y = ag.exp(ag.mul(x, 0));
      return ag.add(ag.add(ag.mul(y, x), ag.mul(y, 2)), ag.mul(ag.square(x), y));
    }, [5, 7]],
    ['a view beside what it looks at', (x) => ag.add(ag.reshape(ag.reshape(x, [2, 1]), [2]), x), [2, 2]],
    ['overlapping slices', (x) => ag.add(ag.slice(x, 0, 0, 1), ag.slice(x, 0, 0, 2)), [3, 1]],
    ['x twice beside a function of x', (x) => ag.add(ag.square(x), ag.add(x, x)), [6, 8]],
    ['a function of x, beside x, beside x again', (x) => ag.add(ag.add(x, ag.square(x)), x), [6, 8]],
    ['a long chain of sums of one', (x) => Array.from({ length: 200 }).reduce<Variable>((y) => ag.add(y, x), x),
      [201, 201]],
  ];
  for (const [name, f, want] of diamonds) {
    it(`diamond: ${name}`, () => {
      const x = leaf(2, 3);
      ag.sum(f(x)).backward();
      expect(gradOf(x)).to.deep.equal(want);
      // Once more, with a gradient there already: nothing may be freed that another path still reads.
      ag.sum(f(x)).backward();
      expect(gradOf(x)).to.deep.equal(want.map((g) => 2 * g));
      expect(Array.from(grad(ag.sum(f(x)), [x])[0].value.toFloat64Array()), 'grad').to.deep.equal(want);
      const [recorded] = grad(ag.sum(f(x)), [x], { createGraph: true });
      expect(Array.from(recorded.value.toFloat64Array()), 'createGraph').to.deep.equal(want);
      // The cotangent of a sum is a view, which nobody takes for their own; that of a product is bytes that may be.
      x.grad = null;
      ag.sum(ag.mul(f(x), t.tensor([1, 1]))).backward();
      expect(gradOf(x), 'from a cotangent of bytes').to.deep.equal(want);
    });
  }

  it('two losses weighed by what is learnt', () => {
    // exp(−s)·(w·c)² + s, twice; ∂/∂s = 1 − exp(−s)·(w·c)², ∂/∂w = Σ exp(−s)·2·c²·w
    const [w, s1, s2] = [leaf(1), leaf(0), leaf(0)];
    const loss = (s: Variable, c: number): Variable => ag.add(ag.mul(ag.exp(ag.neg(s)), ag.square(ag.mul(w, c))), s);
    ag.sum(ag.mul(ag.add(loss(s1, 2), loss(s2, 3)), t.tensor([1]))).backward();
    expect([gradOf(s1), gradOf(s2), gradOf(w)]).to.deep.equal([[-3], [-8], [26]]);
  });

  it('random graphs: what backward() leaves in the leaves is what grad() returns, twice over', () => {
    const random = new t.Random(1);
    for (let graph = 0; graph < 300; graph++) {
      const leaves = [leaf(1.5, -2), leaf(0.5, 3), leaf(-1, 0.25)];
      const values: Variable[] = [...leaves];
      const any = (): Variable => values[values.length - 1 - random.integer(Math.min(6, values.length))];
      for (let i = 0; i < 12; i++) {
        const makers = [
          () => ag.add(any(), any()), () => ag.sub(any(), any()), () => ag.neg(any()), () => ag.mul(any(), 0.5),
          () => ag.sigmoid(any()), () => ag.reshape(ag.reshape(any(), [2, 1]), [2]),
        ];
        values.push(makers[random.integer(makers.length)]());
      }
      const root = ag.mul(values.reduce((sum, value) => ag.add(sum, value)), t.tensor([2, 3]));
      const gradient = t.tensor([1, -1]);
      const want = grad(root, leaves, { gradient, retainGraph: true }).map(({ value }) => [...value.toFloat64Array()]);
      for (const times of [1, 2]) {
        root.backward({ gradient, retainGraph: true });
        leaves.forEach((x, i) => gradOf(x)?.forEach((g, at) =>
          expect(g, `graph ${graph}, leaf ${i}`)
            .to.be.closeTo(times * want[i][at], 1e-5 * (1 + Math.abs(want[i][at])))));
      }
    }
  });

  it('two leaves do not share a gradient', () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    ag.sum(ag.add(a, b)).backward();
    ag.sum(ag.mul(a, 5)).backward();
    expect([gradOf(a), gradOf(b)]).to.deep.equal([[6, 6], [1, 1]]);
  });

  it('the gradient is no view of anything, and not the one that was given', () => t.scope(() => {
    const x = leaf(1, 2);
    const given = t.tensor([3, 4]);
    ag.add(x, 0).backward({ gradient: given });
    ag.add(x, 0).backward({ gradient: given });
    expect([gradOf(x), given.toArray()]).to.deep.equal([[6, 8], [3, 4]]);
    const y = leaf(1);
    ag.sum(ag.broadcastTo(y, [3])).backward();
    expect(y.grad?.isContiguous).to.equal(true);
    expect(y.grad?.storage.length).to.equal(1);
  }));

  it('a gradient that is some value is copied', () => t.scope(() => {
    const weight = t.tensor([7, 8]);
    const linear = defineFunction('dot', (x: Tensor) => t.sum(t.mul(x, weight)), [vjp([], () => new Variable(weight))]);
    const x = leaf(1, 2);
    linear(x).backward();
    linear(x).backward();
    expect([gradOf(x), weight.toArray()]).to.deep.equal([[14, 16], [7, 8]]);
  }));

  it('a leaf itself', () => {
    const x = leaf(3);
    x.backward();
    expect(gradOf(x)).to.deep.equal([1]);
  });
});

describe('autograd: several passes', () => {
  const graph = (x: Variable): Variable => ag.sum(ag.square(ag.exp(x)));

  it('retainGraph allows a second pass', () => {
    const x = leaf(0, 0);
    const y = graph(x);
    y.backward({ retainGraph: true });
    y.backward();
    expect(gradOf(x)).to.deep.equal([4, 4]);
  });

  it('without it the second pass says so', () => {
    const x = leaf(0, 0);
    const y = graph(x);
    y.backward();
    expect(() =>
      y.backward()).to.throw(
      /^backward: an earlier pass has released what \w+ saved; for a second pass .* give retainGraph/);
    expect(gradOf(x), 'what was there stays').to.deep.equal([2, 2]);
  });

  it('two losses on one trunk: retained, and added up', () => {
    const losses = (x: Variable): Variable[] => {
      const trunk = ag.exp(x);
      return [ag.sum(ag.square(trunk)), ag.sum(ag.mul(trunk, 3))];
    };
    const [x, y] = [leaf(0), leaf(0)];
    const [a, b] = losses(x);
    a.backward({ retainGraph: true });
    b.backward();
    const [c, d] = losses(y);
    ag.add(c, d).backward();
    expect([gradOf(x), gradOf(y)]).to.deep.equal([[5], [5]]);
    const [e, f] = losses(leaf(0));
    e.backward();
    expect(() => f.backward()).to.throw('an earlier pass has released what exp saved');
  });

  it('grad returns and does not accumulate, for inner variables too', () => {
    const x = leaf(2);
    const inner = ag.square(x);
    const root = ag.sum(ag.mul(inner, inner));
    const [dInner, dx, dRoot] = grad(root, [inner, x, root]);
    expect([dInner.item(), dx.item(), dRoot.item(), x.grad]).to.deep.equal([8, 32, 1, null]);
    expect(() =>
      grad(ag.sum(x), [leaf(1)])).to.throw(
      'grad: the root does not depend on input 0, [1], or it does not require a gradient');
  });

  it('a recorded pass records its sums, inside noGrad too', () => {
    const x = leaf(3);
    const second = noGrad(() => {
      const [first] = enableGrad(() => {
        const y = ag.square(x);
        return grad(ag.sum(ag.add(ag.mul(y, x), y)), [x], { createGraph: true }); // 3x² + 2x
      });
      return grad(first, [x])[0]; // 6x + 2
    });
    expect(second.item()).to.equal(20);
    const [dx] = noGrad(() => grad(enableGrad(() => ag.mul(ag.square(x), x)), [x], { createGraph: true }));
    expect(grad(dx, [x])[0].item()).to.equal(18);
  });
});
