import { Variable, defineFunction, mul, vjp } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { keep, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { withHeap } from './support/heaps.js';

const live = (x: Tensor): boolean => !x.storage.isReleased;

/** On a heap of its own, which must be empty at the end unless `left` says what stays. */
function onEmptyHeap(body: (heap: Heap) => void, left = 0): void {
  const heap = new Heap(['private']);
  withHeap(heap, () => body(heap));
  expect(heap.liveBytes).to.equal(left);
}

describe('scope: what survives', () => {
  it('what is not returned is released', () => onEmptyHeap(() => {
    const made: Tensor[] = [];
    expect(scope(() => {
      made.push(t.zeros([3]), t.ones([2]));
      return 5;
    })).to.equal(5);
    expect(made.map(live)).to.deep.equal([false, false]);
  }));

  const rows: readonly (readonly [name: string, wrap: (x: Tensor) => unknown])[] = [
    ['a tensor', (x) => x],
    ['a view', (x) => t.slice(x, 0, 1)],
    ['an array', (x) => [1, [x]]],
    ['an object', (x) => ({ a: { b: x }, c: null })],
    ['the values of a Map', (x) => new Map([['a', x]])],
    ['the keys of a Map', (x) => new Map([[x, 'a']])],
    ['a Set', (x) => new Set([x])],
    ['an object that holds itself', (x) => {
      const self: Record<string, unknown> = { x };
      self['self'] = self;
      return self;
    }],
    ['an instance of a class', (x) => new (class { readonly inner = x; })()],
    ['a variable', (x) => new Variable(x)],
    ['a gradient', (x) => {
      const variable = new Variable(t.zeros([3]));
      variable.grad = x;
      return variable;
    }],
    ['twice the same', (x) => [x, x]],
    ['beside a typed array', (x) => [new Float32Array(3), x]],
  ];
  for (const [name, wrap] of rows) {
    it(`returned: ${name}`, () => {
      let x: Tensor | undefined;
      let other: Tensor | undefined;
      scope(() => {
        x = t.tensor([1, 2, 3]);
        other = t.zeros([3]);
        return wrap(x);
      });
      expect(x?.toArray()).to.deep.equal([1, 2, 3]);
      expect(other?.storage.isReleased).to.equal(true);
    });
  }

  it('what an inner scope returns belongs to the outer one', () => onEmptyHeap((heap) => {
    scope(() => {
      const [x] = scope(() => {
        const inner = t.ones([2]);
        scope(() => t.zeros([9]));
        return [inner];
      });
      expect(live(x)).to.equal(true);
      expect(heap.liveBlocks).to.equal(1);
    });
  }));

  it('an inner scope does not touch what it did not make', () => onEmptyHeap(() => {
    scope(() => {
      const x = t.ones([2]);
      const sum = scope(() => t.sum(x).item());
      expect([sum, live(x)]).to.deep.equal([2, true]);
      scope(() => x);
      expect(live(x)).to.equal(true);
    });
  }));

  it('keep: no scope releases it', () => onEmptyHeap(() => {
    let kept: Tensor | undefined;
    scope(() => {
      const x = t.zeros([16]);
      expect(scope(() => keep({ x })).x).to.equal(x);
      kept = scope(() => keep(t.ones([16])));
    });
    expect(kept?.toFloat32Array().every((v) => v === 1)).to.equal(true);
  }, 128));

  it('what the graph has saved lives until backward has used it', () => onEmptyHeap((heap) => {
    const leaf = new Variable(t.tensor([3]), { requiresGrad: true });
    let inner: Tensor | undefined;
    const y = scope(() => {
      const doubled = mul(leaf, 2);
      inner = doubled.value;
      return mul(doubled, doubled);
    });
    expect(inner?.storage.isReleased).to.equal(false);
    y.backward();
    expect(leaf.grad?.toArray()).to.deep.equal([24]);
    expect(() => inner?.toArray()).to.throw('the tensor made as [1] was released by backward(), which had used it');
    for (const x of [leaf.value, leaf.grad, y.value]) x?.storage.release('this test');
    expect(heap.liveBlocks).to.equal(0);
  }));
});

describe('scope: how it ends', () => {
  it('an exception releases all, and leaves the outer scope in force', () => onEmptyHeap((heap) => {
    scope(() => {
      const outer = t.ones([2]);
      expect(() => scope(() => {
        t.zeros([100]);
        scope(() => {
          t.zeros([200]);
          throw new RangeError('half way');
        });
      })).to.throw(RangeError, 'half way');
      expect([live(outer), heap.liveBlocks]).to.deep.equal([true, 1]);
      t.zeros([5]);
    });
  }));

  for (const [name, body] of [
    ['an async function', async (): Promise<Tensor> => t.zeros([4])],
    ['anything with then', (): unknown => ({ x: t.zeros([4]), then: (resolve: () => void) => resolve() })],
  ] as const) {
    it(`a Promise is refused: ${name}`, () => onEmptyHeap(() => {
      expect(() => scope(body, 'forward')).to.throw(TypeError,
        'scope "forward": the function returned a Promise; a scope ends when its function returns, so await outside');
    }));
  }

  it('any use of a released tensor names the scope', () => {
    let x = t.zeros([1]);
    scope(() => {
      x = t.zeros([4, 5]);
    }, 'the stem');
    const message =
      'the tensor made as [4,5] was released by the end of the stem; return it from its scope, or keep() it there';
    const uses: readonly (() => unknown)[] = [
      () => t.add(x, 1), () => t.add(1, x), () => t.reshape(x, [20]), () => t.mT(x), () => t.slice(x, 0, 1), () =>
        t.sum(x), () => t.clone(x), () => x.toFloat32Array(),
      () => t.slice(x, 0, 0, 1).item(), () => t.matmul(t.ones([2, 4]), x), () => t.copyInto(x, t.ones([4, 5])), () =>
        t.copyInto(t.ones([4, 5]), x), () => keep(x), () => new Variable(x),
      () => x.toArray(), () => t.softmax(x), () => t.broadcastTo(x, [2, 4, 5]), () => t.unsqueeze(x, 0), () =>
        t.moments(x), () => t.argmax(x, 0), () => t.toDType(x, 'float64'),
    ];
    uses.forEach((use, i) => expect(use, `use ${i}`).to.throw(message));
    expect([x.shape, x.size, x.dtype], 'its shape is still known').to.deep.equal([[4, 5], 20, 'float32']);
  });

  it('a view of a released tensor is poisoned, too', () => {
    let view = t.zeros([1]);
    scope(() => {
      view = t.slice(t.zeros([4]), 0, 2);
    });
    expect(() => t.neg(view)).to.throw('was released by the end of scope');
  });

  it('modules of one\'s own are named in what they release', () => {
    let inside = t.zeros([1]);
    const custom = defineFunction('cube', (x: Tensor) => {
      inside = t.square(x);
      return t.mul(x, inside);
    }, [vjp([0], (g) => g)]);
    custom(t.ones([2]));
    expect(() => t.neg(inside)).to.throw('was released by the end of cube');
  });

  it('float64 and meta tensors are poisoned as well', () => {
    let [double, meta] = [t.zeros([1]), t.zeros([1])];
    scope(() => {
      double = t.zeros([2], 'float64');
      meta = t.meta(() => t.zeros([2]));
    });
    expect(() => t.neg(double)).to.throw('was released');
    expect(() => t.neg(meta)).to.throw('was released');
  });
});
