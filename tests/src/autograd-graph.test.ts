import * as ag from '@vitrine/autograd';
import { Variable, defineFunction, enableGrad, grad, isGradEnabled, noGrad, vjp } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { withHeap } from './support/heaps.js';

const leaf = (...values: number[]): Variable => new Variable(t.tensor(values), { requiresGrad: true });
const gradOf = (x: Variable): number[] | null => (x.grad === null ? null : Array.from(x.grad.toFloat64Array()));

describe('autograd: what is recorded', () => {
  it('noGrad', () => {
    const x = leaf(1);
    expect(isGradEnabled()).to.equal(true);
    const y = noGrad(() => {
      expect(isGradEnabled()).to.equal(false);
      expect(enableGrad(() => ag.exp(x)).node).to.not.equal(null);
      return ag.exp(x);
    });
    expect([y.node, y.requiresGrad, isGradEnabled()]).to.deep.equal([null, false, true]);
    expect(() => noGrad(() => {
      throw new Error('out');
    })).to.throw('out');
    expect(isGradEnabled()).to.equal(true);
    expect(() => noGrad(async () => 1)).to.throw(TypeError, 'noGrad: the function returned a Promise');
  });

  it('detach stops the gradient and shares the value', () => {
    const x = leaf(3);
    const y = ag.square(x);
    expect(y.detach().value).to.equal(y.value);
    ag.sum(ag.mul(y.detach(), x)).backward();
    expect(gradOf(x)).to.deep.equal([9]);
  });

  it('constants are not recorded, only leaves can be switched', () => {
    const x = new Variable(t.tensor([1]));
    const y = ag.exp(x);
    expect([y.node, y.requiresGrad, y.isLeaf]).to.deep.equal([null, false, true]);
    x.requiresGrad = true;
    const z = ag.exp(x);
    expect([z.isLeaf, z.requiresGrad]).to.deep.equal([false, true]);
    expect(() =>
      (z.requiresGrad = false)).to.throw(
      'requiresGrad: exp made this variable; only leaves can be switched (use detach)');
  });

  it('a frozen input costs nothing: its vjp is not called, what only it reads is not saved', () => {
    const called = [0, 0];
    const times = defineFunction('times', (a: Tensor, b: Tensor) => t.mul(a, b), [
      vjp([1], (g, _out, _a, b) => (called[0]++, ag.mul(g, b))), vjp([0], (g, _out, a) => (called[1]++, ag.mul(g, a))),
    ]);
    const x = leaf(2);
    const frozen = new Variable(t.tensor([5]));
    const y = times(x, frozen);
    expect(y.node?.saved?.map(({ storage }) => storage)).to.deep.equal([frozen.value.storage]);
    y.backward();
    expect([called, gradOf(x), frozen.grad]).to.deep.equal([[1, 0], [5], null]);
  });

  it('the activations of a frozen layer are freed with the forward pass', () => {
    const heap = new Heap(['private']);
    const held = (trainable: boolean): number => withHeap(heap, () => t.scope(() => {
      const weight = new Variable(t.ones([64, 64]), { requiresGrad: trainable });
      const after = leaf(1);
      const before = heap.liveBytes;
      const y = t.scope(() => ag.sum(ag.mul(ag.matmul(ag.mul(new Variable(t.ones([1024, 64])), 2), weight), after)));
      expect(y.requiresGrad).to.equal(true);
      return heap.liveBytes - before;
    }));
    const [frozen, trained] = [held(false), held(true)];
    expect(trained - frozen).to.be.at.least(1024 * 64 * 4);
  });

  it('toString tells the past', () => {
    const x = leaf(1);
    expect([String(x), String(ag.exp(ag.mul(x, 0))), String(x.detach())])
      .to.deep.equal(['Variable(tensor([1], shape=[1]), requiresGrad)', 'Variable(tensor([1], shape=[1]), made by exp)',
        'Variable(tensor([1], shape=[1]))']);
  });
});

describe('autograd: memory', () => {
  it('live bytes return to the start after backward, but for the gradients', () => {
    const heap = new Heap(['private']);
    withHeap(heap, () => {
      const w1 = new Variable(t.randn([3, 3, 2, 8], new t.Random(1)), { requiresGrad: true });
      const w2 = new Variable(t.randn([8, 4], new t.Random(2)), { requiresGrad: true });
      const step = (): void => t.scope(() => {
        const x = new Variable(t.randn([2, 8, 8, 2], new t.Random(3)));
        const h = ag.silu(ag.conv2d(x, w1, { padding: 1 }));
        ag.sum(ag.logSoftmax(ag.matmul(ag.globalAveragePool(ag.add(h, ag.square(h))), w2))).backward();
      });
      for (let i = 0; i < 2; i++) step(); // from the second on, the leaves have gradients to add to
      const first = [heap.liveBytes, heap.peakBytes];
      for (let i = 0; i < 5; i++) step();
      expect([heap.liveBytes, heap.peakBytes]).to.deep.equal(first);
      for (const w of [w1, w2]) w.zeroGrad();
      expect(heap.liveBytes).to.equal(3 * 3 * 2 * 8 * 4 + 8 * 4 * 4);
    });
  });

  it('a deep chain holds a few cotangents at a time, not all', () => {
    const heap = new Heap(['private']);
    withHeap(heap, () => t.scope(() => {
      const x = new Variable(t.ones([1000]), { requiresGrad: true });
      let y: Variable = x;
      for (let i = 0; i < 50; i++) y = ag.neg(y);
      const root = ag.sum(y);
      const before = heap.liveBytes;
      root.backward();
      expect(heap.peakBytes - before).to.be.lessThan(5 * 4096);
    }));
  });

  it('two passes over one graph without scopes leave the gradient only', () => {
    const x = leaf(1, 2);
    const y = ag.sum(ag.exp(x));
    y.backward({ retainGraph: true });
    const held = x.grad;
    y.backward();
    expect(x.grad).to.equal(held);
    expect(held?.storage.isReleased).to.equal(false);
  });
});

describe('autograd: mistakes', () => {
  const rows: readonly (readonly [name: string, f: () => unknown, message: string | RegExp])[] = [
    ['a root of several elements', () => ag.exp(leaf(1, 2)).backward(),
      'backward: the root has shape [2]; give a gradient of that shape, or reduce it to one number (mean, sum)'],
    ['a gradient of another shape', () => ag.exp(leaf(1, 2)).backward({ gradient: t.ones([3]) }),
      "backward: the gradient has the root's shape [2]; got [3]"],
    ['a constant root', () => new Variable(t.ones([1])).backward(),
      'backward: the root does not depend on any variable that requires a gradient'],
    ['a root made in noGrad', () => noGrad(() => ag.exp(leaf(1))).backward(),
      'backward: the root does not depend on any variable'],
    ['a value changed in place', () => {
      const x = leaf(1, 2);
      const y = ag.sum(ag.square(x));
      t.addInto(x.value, t.ones([2]));
      y.backward();
    }, 'backward: square saved a tensor of shape [2] that was changed in place before its gradient was taken'],
    ['a value changed through a view', () => {
      const x = leaf(1, 2);
      const y = ag.sum(ag.exp(x));
      const out = y.node?.args[0];
      if (!(out instanceof Variable)) throw new Error('the sum has no operand');
      t.copyInto(t.slice(out.value, 0, 0, 1), t.zeros([1]));
      y.backward();
    }, 'backward: exp saved a tensor of shape [2] that was changed in place'],
    ['a leaf released before its use', () => {
      const x = t.scope(() => {
        const inner = leaf(1, 2);
        return () => ag.exp(inner);
      }, 'the loader');
      x();
    }, 'the tensor made as [2] was released by the end of the loader'],
    ['a vjp of the wrong shape', () => defineFunction('bad', (x: Tensor) => t.neg(x),
      [vjp([], () => new Variable(t.ones([5])))])(leaf(1)).backward(),
      "the gradient of bad: a cotangent has its input's shape [1]; its vjp returned [5]"],
    ['a vjp that reads what it does not save', () => {
      const greedy = defineFunction('greedy', (x: Tensor) => t.neg(x), [vjp([], (g, _out, x) => ag.mul(g, x))]);
      const x = leaf(1);
      t.scope(() => ag.sum(greedy(ag.mul(x, 2)))).backward();
    }, 'the tensor made as [1] was released by the end of scope'],
  ];
  for (const [name, f, message] of rows) it(name, () => expect(f).to.throw(message));

  it('an unread value may change', () => {
    const x = leaf(1, 2);
    const y = ag.sum(ag.add(x, 1));
    t.addInto(x.value, t.ones([2]));
    y.backward();
    expect(gradOf(x)).to.deep.equal([1, 1]);
  });

  it('a pass that failed leaves the mode and the scope as they were', () => {
    const bad = defineFunction('bad', (x: Tensor) => t.neg(x), [vjp([], () => {
      throw new Error('no gradient today');
    })]);
    expect(() => bad(leaf(1)).backward()).to.throw('no gradient today');
    expect(isGradEnabled()).to.equal(true);
    const x = t.ones([1]);
    expect(x.storage.scope).to.equal(null);
  });
});

describe('autograd: functions of one\'s own', () => {
  it('one vjp an input', () => {
    const cube = defineFunction('cube', (x: Tensor) => t.mul(x, t.square(x)),
      [vjp([0], (g, _out, x) => ag.mul(g, ag.mul(ag.square(x), 3)))]);
    const x = new Variable(t.tensor([2], 'float64'), { requiresGrad: true });
    const [dx] = grad(cube(x), [x], { createGraph: true });
    expect([dx.item(), grad(dx, [x])[0].item()]).to.deep.equal([12, 12]);
    ag.gradcheck(cube, [t.tensor([1, -2, 3], 'float64')]);
  });

  it('all from one pass', () => {
    let passes = 0;
    const divide = defineFunction('divide', (a: Tensor, b: Tensor) => t.div(a, b), ag.joint([0, 1], (g, _out, a, b) => {
      passes++;
      return [ag.div(g, b), ag.neg(ag.div(ag.mul(g, a), ag.square(b)))];
    }));
    const [a, b] = [leaf(6), leaf(2)];
    divide(a, b).backward();
    expect([gradOf(a), gradOf(b), passes]).to.deep.equal([[0.5], [-1.5], 1]);
  });
});
