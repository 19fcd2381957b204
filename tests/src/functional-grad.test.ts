/** Gradients as functions of functions. */
import * as ag from '@vitrine/autograd';
import { Variable, grad, gradcheck, hvp, jvp, noGrad, valueAndGrad } from '@vitrine/autograd';
import type { Input } from '@vitrine/autograd';
import { Linear, Module, Sequential, Tanh } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { withHeap } from './support/heaps.js';

const double = (values: t.NestedNumbers): Tensor => t.tensor(values, 'float64');
const leaf = (values: t.NestedNumbers): Variable => new Variable(double(values), { requiresGrad: true });
const numbers = (x: Variable | null): number[] => Array.from(x!.value.toFloat64Array());
const close = (got: Variable, want: readonly number[]): void => {
  const values = numbers(got);
  expect(values).to.have.length(want.length);
  want.forEach((value, i) => expect(values[i]).to.be.closeTo(value, 1e-12 * Math.max(1, Math.abs(value))));
};

describe('grad of a function', () => {
  it('takes tensors and variables, returns the gradient, leaves no gradients behind', () => {
    const f = (x: Variable): Variable => ag.sum(ag.mul(ag.square(x), x));
    const x = leaf([1, 2]);
    close(grad(f)(double([1, 2])), [3, 12]);
    close(grad(f)(x), [3, 12]);
    expect(x.grad).to.equal(null);
  });

  it('of itself: a power and an exponential, to the fourth order', () => {
    // x⁵ and e²ˣ: every derivative is known.
    let power = (x: Input): Variable => ag.pow(x, 5);
    let exponential = (x: Input): Variable => ag.exp(ag.mul(x, 2));
    for (const [order, want] of [5 * 1.3 ** 4, 20 * 1.3 ** 3, 60 * 1.3 ** 2, 120 * 1.3].entries()) {
      [power, exponential] = [grad(power), grad(exponential)];
      close(power(double(1.3)), [want]);
      close(exponential(double(1.3)), [2 ** (order + 1) * Math.exp(2.6)]);
    }
  });

  it('of a power at zero: what PyTorch 1.13 gives', () => {
    const power = (x: Variable, y: Variable): Variable => ag.sum(ag.pow(x, y));
    const both = grad(power, { argnums: [0, 1] });
    const [a, b] = [double([0, 0, 0, 2, 2]), double([0, 1, 2, 0, 3])];
    const [da, db] = both(a, b);
    close(da, [0, 1, 0, 0, 12]);
    close(db, [0, 0, 0, Math.LN2, 8 * Math.LN2]);
    const steep = both(double([0, 0]), double([0.5, -1]));
    expect(steep.map(numbers)).to.deep.equal([[Infinity, -Infinity], [0, -Infinity]]);
    // Of second order PyTorch has NaN at 0⁰; elsewhere these are the derivatives.
    const [daa, dab] = grad((x: Variable, y: Variable) => ag.sum(grad(power)(x, y)), { argnums: [0, 1] })(a, b);
    close(daa, [0, 0, 2, 0, 12]);
    close(dab, [0, 1, 0, 0.5, 4 + 12 * Math.LN2]);
  });

  it('a type for every way to call it', () => {
    const f = (x: Variable, y: Variable): Variable => ag.sum(ag.mul(ag.square(x), y));
    const first: (x: Input, y: Input) => Variable = grad(f);
    const both: (x: Input, y: Input) => Variable[] = grad(f, { argnums: [0, 1] });
    const of: Variable[] = grad(ag.exp(leaf(0)), []);
    const [x, y] = [double([1, 2]), double([3, 4])];
    close(first(x, y), [6, 16]);
    close(grad(f, { argnums: 1 })(x, y), [1, 4]);
    const [dx, dy] = both(x, y);
    close(dx, [6, 16]);
    close(dy, [1, 4]);
    expect(of).to.deep.equal([]);
  });

  it('argnums in another order; the same argument twice; an argument that is also read from outside', () => {
    const f = (x: Variable, y: Variable): Variable => ag.mul(ag.square(x), y);
    const x = leaf(3);
    const [dy, dx] = grad(f, { argnums: [1, 0] })(x, x);
    expect([dy.item(), dx.item()]).to.deep.equal([9, 18]);
    expect(grad((v: Variable) => ag.mul(v, x))(x).item()).to.equal(3);
  });

  it('zeros where there is no dependence', () => {
    const zero = [0, 0];
    close(
      grad((x: Variable, y: Variable) => ag.sum(ag.add(x, y.detach())), { argnums: 1 })(double([1, 2]), double([3, 4])),
      zero,
    );
    close(grad((_x: Variable) => new Variable(double(5)))(double([1, 2])), zero);
    expect(grad(grad((x) => ag.mul(x, 3)))(double(2)).item()).to.equal(0);
    expect(grad((x) => x)(double(2)).item()).to.equal(1);
  });

  it('of a model: what it returns can be differentiated by the parameters', () => {
    t.manualSeed(4);
    const model = new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 1));
    const x = t.randn([5, 3], new t.Random(1));
    const f = (v: Variable): Variable => ag.sum(model.call(v));
    ag.sum(ag.square(grad(f)(x))).backward();
    const got = model.parameters().map(({ grad: g }) => (g === null ? null : g.toFloat32Array()));
    model.zeroGrad();
    const input = new Variable(x, { requiresGrad: true });
    ag.sum(ag.square(grad(f(input), [input], { createGraph: true })[0])).backward();
    expect(got).to.deep.equal(model.parameters().map(({ grad: g }) => (g === null ? null : g.toFloat32Array())));
    expect(got[0]).to.not.equal(null);
    expect(got[3], 'the last bias moves no gradient').to.equal(null);
  });

  it('recorded only if something outside can ask', () => {
    const f = (x: Variable): Variable => ag.sum(ag.exp(x));
    const w = leaf([1, 2]);
    expect(grad(f)(double([1, 2])).requiresGrad).to.equal(false);
    expect(grad(f)(w).requiresGrad).to.equal(true);
    expect(grad((x: Variable) => ag.sum(ag.mul(ag.exp(x), w)))(double([1, 2])).requiresGrad).to.equal(true);
    const quiet = noGrad(() => grad((x: Variable) => ag.sum(ag.mul(ag.exp(x), w)))(w));
    expect([quiet.requiresGrad, quiet.node]).to.deep.equal([false, null]);
    close(quiet, [Math.exp(1), 2 * Math.exp(2)]);
  });

  it('does not touch a graph it did not make', () => {
    const w = leaf([1, 2]);
    const h = ag.exp(w);
    const f = (x: Variable): Variable => ag.sum(ag.mul(ag.square(x), h));
    noGrad(() => grad(f)(double([1, 1])));
    grad(f)(double([1, 1]));
    ag.sum(h).backward();
    expect(Array.from(w.grad!.toFloat64Array())).to.deep.equal([Math.exp(1), Math.exp(2)]);
  });

  it('leaves nothing on the heap but its result', () => {
    const heap = new Heap(['private']);
    withHeap(heap, () => {
      const x = t.randn([1000], new t.Random(1));
      const before = heap.liveBlocks;
      const result = grad((v: Variable) => ag.sum(ag.mul(ag.exp(v), ag.tanh(v))))(x);
      expect(heap.liveBlocks - before).to.equal(1);
      result.value.storage.release('the test');
      expect(heap.liveBlocks - before).to.equal(0);
    });
  });

  const f = (x: Variable): Variable => ag.exp(x);
  const rows: readonly (readonly [name: string, f: () => unknown, message: string])[] = [
    ['a result of several elements', () => grad(f)(double([1, 2])),
      "grad: the function's result has one element; got [2]"],
    ['an argument that is not there', () => grad(f, { argnums: 1 })(double(1)),
      'grad: argnums are positions of arguments, from 0; there are 1 arguments, got 1'],
    ['no position', () => valueAndGrad(f, { argnums: [0.5] })(double(1)), 'valueAndGrad: argnums are positions'],
    ['a direction of another shape', () => hvp(f, double([1, 2]), double([1])),
      'hvp: the direction v has the shape of x, [2]; got [1]'],
    ['a direction of another shape', () => jvp(f, double([1, 2]), double([[1, 2]])),
      'jvp: the direction v has the shape of x, [2]; got [1,2]'],
    ['an input that is a number', () => grad(f)(JSON.parse('3') as Tensor), 'grad: x should be a Tensor; got number 3'],
    ['a root and no list', () => grad(ag.exp(leaf(1)), JSON.parse('{}') as Variable[]),
      'grad: of a variable, by a list of variables'],
    ['neither root nor function', () => grad(JSON.parse('[]') as Variable, []),
      'grad: takes a variable and a list of variables, or a function'],
  ];
  for (const [name, run, message] of rows) it(`refuses ${name}`, () => expect(run).to.throw(message));
});

describe('valueAndGrad', () => {
  it('gives both, for one argument or several', () => {
    const f = (x: Variable, y: Variable): Variable => ag.sum(ag.mul(x, y));
    const [value, dx] = valueAndGrad(f)(double([1, 2]), double([3, 4]));
    expect([value.item(), numbers(dx), value.requiresGrad]).to.deep.equal([11, [3, 4], false]);
    const [, all] = valueAndGrad(f, { argnums: [0, 1] })(double([1, 2]), double([3, 4]));
    expect(all.map(numbers)).to.deep.equal([[3, 4], [1, 2]]);
  });

  it('the value can be gone back from', () => {
    const w = leaf([2]);
    const [value, dx] = valueAndGrad((x: Variable) => ag.sum(ag.mul(ag.square(x), w)))(double([3]));
    ag.add(value, ag.sum(dx)).backward();
    expect(w.grad!.item()).to.equal(9 + 6);
  });
});

describe('hvp and jvp', () => {
  const x = t.randn([2, 3], new t.Random(1), { dtype: 'float64' });
  const v = t.randn([2, 3], new t.Random(2), { dtype: 'float64' });
  const w = t.randn([3, 4], new t.Random(3), { dtype: 'float64' });

  it('hvp of a quadratic form is (A + Aᵀ)v', () => {
    const a = double([[2, 1], [-3, 5]]);
    const f = (p: Variable): Variable => ag.sum(ag.mul(ag.matmul(p, a), p));
    close(hvp(f, double([[0.3, 7]]), double([[1, 2]])), [4 * 1 - 2 * 2, -2 * 1 + 10 * 2]);
    close(hvp((p) => ag.sum(p), double([1, 2]), double([3, 4])), [0, 0]);
  });

  it('hvp is the difference of gradients', () => {
    const f = (p: Variable): Variable => ag.sum(ag.silu(ag.matmul(ag.tanh(p), w)));
    const h = 1e-5;
    const at = (s: number): Tensor => grad(f)(t.add(x, t.mul(v, s))).value;
    const want = t.mul(t.sub(at(h), at(-h)), 1 / (2 * h)).toFloat64Array();
    hvp(f, x, v).value.toFloat64Array().forEach((value, i) => expect(value).to.be.closeTo(want[i], 1e-8));
  });

  it('jvp is the difference of values, and the transpose of the gradient', () => {
    const f = (p: Variable): Variable => ag.softmax(ag.matmul(ag.silu(p), w));
    const [out, tangent] = jvp(f, x, v);
    expect(out.value.toFloat64Array()).to.deep.equal(noGrad(() => f(new Variable(x))).value.toFloat64Array());
    const h = 1e-5;
    const at = (s: number): Tensor => noGrad(() => f(new Variable(t.add(x, t.mul(v, s))))).value;
    const want = t.mul(t.sub(at(h), at(-h)), 1 / (2 * h)).toFloat64Array();
    tangent.value.toFloat64Array().forEach((value, i) => expect(value).to.be.closeTo(want[i], 1e-8));
    const u = t.randn([2, 4], new t.Random(4), { dtype: 'float64' });
    const pulled = grad((p: Variable) => ag.sum(ag.mul(f(p), u)))(x);
    expect(t.sum(t.mul(tangent.value, u)).item()).to.be.closeTo(t.sum(t.mul(pulled.value, v)).item(), 1e-12);
  });

  it('are differentiable themselves', () => {
    const f = (p: Variable): Variable => ag.sum(ag.mul(ag.exp(p), ag.square(p)));
    gradcheck((p, direction) => hvp(f, p, direction), [x, v]);
    gradcheck((p) => jvp((q) => ag.exp(ag.square(q)), p, v)[1], [x]);
  });

  it('by the parameters of a model that was passed nothing', () => {
    t.manualSeed(2);
    const model: Module = new Linear(3, 1);
    hvp((p) => ag.sum(ag.square(ag.tanh(model.call(p)))), t.randn([2, 3], new t.Random(5)), t.ones([2, 3]));
    expect(model.parameters().every(({ grad: g }) => g === null)).to.equal(true);
  });
});
