import * as ag from '@vitrine/autograd';
import type { Args } from '@vitrine/autograd';
import { Variable, enableGrad, grad, gradcheck } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { lay, values } from './samples/sample.js';
import type { Layout, Operand } from './samples/sample.js';
import { normal, positive } from './samples/sample.js';

const TOLERANCE = 1e-6;

type F = (...inputs: Variable[]) => Variable;
type Case = readonly [f: F, ...inputs: Operand[]];

/** Distinct values, none near 0 or near another: no kink or tie within the step of a difference. */
const apart = (shape: readonly number[], shift = 0, layout: Layout = 'dense'): Operand =>
  ({ shape, layout, values: Array.from({ length: t.sizeOf(shape) }, (_, i) => ((i * 7) % 11) - 5.3 + i / 50 + shift) });

type MakeOperand = (shape: readonly number[], layout?: Layout) => Operand;
const one = (f: (x: Variable) => Variable, operand: MakeOperand = normal): readonly Case[] =>
  [[f, operand([2, 3])], [f, operand([])], [f, operand([3, 2], 'permuted')]];
const two = (f: (a: Variable, b: Variable) => Variable, a = normal, b = normal): readonly Case[] =>
  [[f, a([2, 3]), b([2, 3])], [f, a([2, 1, 3]), b([4, 1])], [f, a([2, 3]), b([])], [f, a([1]), b([2, 2])],
    [f, a([2, 3], 'permuted'), b([3], 'strided')], [(x) => f(x, x), a([4])]];
const kink = (shape: readonly number[], layout: Layout = 'dense'): Operand => apart(shape, 0, layout);

const conv = { padding: 1, stride: 2 } as const;
const depthwise = { padding: 'same', groups: 3 } as const;
const grouped = { groups: 2 } as const;
const pool = { kernel: 3, stride: 2, padding: 1 } as const;

/** Every differentiable operation: one that is missing is a compile error. */
const table: Record<keyof Args, readonly Case[]> = {
  neg: one(ag.neg),
  abs: one(ag.abs, (shape, layout) => apart(shape, 0, layout)),
  square: one(ag.square),
  sqrt: one(ag.sqrt, positive),
  rsqrt: one(ag.rsqrt, positive),
  reciprocal: one(ag.reciprocal, positive),
  exp: one(ag.exp),
  log: one(ag.log, positive),
  sigmoid: one(ag.sigmoid),
  tanh: one(ag.tanh),
  relu: one(ag.relu, (shape, layout) => apart(shape, 0, layout)),
  silu: one(ag.silu),

  add: two(ag.add),
  sub: two(ag.sub),
  mul: two(ag.mul),
  div: two(ag.div, normal, positive),
  pow: two(ag.pow, positive, normal),
  maximum: two(ag.maximum, (shape, layout) => apart(shape, 0, layout), (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  minimum: two(ag.minimum, (shape, layout) => apart(shape, 0, layout), (shape, layout) => apart(shape, 0.41, layout))
    .slice(0, -1),
  siluGrad: two(ag.siluGrad),
  sigmoidGrad: two(ag.sigmoidGrad),
  tanhGrad: two(ag.tanhGrad),
  reluGrad: two(ag.reluGrad, normal, kink).slice(0, -1),

  sum: [[(x) => ag.sum(x), normal([2, 3])], [(x) => ag.sum(x, { axes: 1 }), normal([2, 3, 2])],
    [(x) => ag.sum(x, { axes: [0, -1], keepDims: true }), normal([2, 3, 2], 'sliced')],
    [(x) => ag.sum(x, { axes: [] }), normal([2])]],
  max: [[(x) => ag.max(x), apart([2, 5])], [(x) => ag.max(x, { axes: 0 }), apart([3, 4])],
    [(x) => ag.max(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'permuted')]],
  min: [[(x) => ag.min(x), apart([2, 5])], [(x) => ag.min(x, { axes: -1 }), apart([3, 4])],
    [(x) => ag.min(x, { axes: [0, 2], keepDims: true }), apart([2, 3, 2], 0, 'sliced')]],
  softmax: [[ag.softmax, normal([2, 5])], [ag.softmax, normal([2, 3, 2], 'permuted')], [ag.softmax, normal([1])]],
  logSoftmax: [[ag.logSoftmax, normal([2, 5])], [ag.logSoftmax, normal([2, 3, 2], 'permuted')]],

  reshape: [[(x) => ag.reshape(x, [3, -1]), normal([2, 3])], [(x) => ag.reshape(x, [6]), normal([2, 3], 'permuted')],
    [(x) => ag.reshape(x, []), normal([1, 1])]],
  permute: [[(x) => ag.permute(x, [2, 0, 1]), normal([2, 3, 4])], [(x) => ag.permute(x, [-1, 0]), normal([2, 3])]],
  broadcastTo: [[(x) => ag.broadcastTo(x, [4, 2, 3]), normal([2, 1])], [(x) => ag.broadcastTo(x, [2, 2]), normal([])]],
  slice: [[(x) => ag.slice(x, 1, 1, 3), normal([2, 4])], [(x) => ag.slice(x, 0, -2), normal([3, 2], 'permuted')],
    [(x) => ag.slice(x, -1, 0, -1), normal([2, 3])], [(x) => ag.slice(x, 0, -9), normal([3])]],
  padSlice: [[(x) => ag.padSlice(x, [2, 5], 1, 2), normal([2, 2])],
    [(x) => ag.padSlice(x, [4, 2], -2, 1), normal([3, 2], 'permuted')]],

  matmul: [[ag.matmul, normal([3, 4]), normal([4, 2])],
    [ag.matmul, normal([3, 4], 'permuted'), normal([4, 2], 'sliced')], [(x) => ag.matmul(x, ag.mT(x)), normal([3, 2])]],
  conv2d: [
    [(x, w) => ag.conv2d(x, w, conv), normal([2, 4, 5, 2]), normal([3, 3, 2, 3])],
      [(x, w) => ag.conv2d(x, w, depthwise), normal([1, 4, 3, 3], 'sliced'), normal([3, 2, 1, 3], 'permuted')],
    [(x, w) => ag.conv2d(x, w, grouped), normal([1, 3, 3, 4]), normal([2, 2, 2, 6])],
      [(x, w) => ag.conv2d(x, w), normal([2, 3, 2, 3]), normal([1, 1, 3, 4])],
  ],
  conv2dInputGrad: [
    [(g, w) => ag.conv2dInputGrad(g, w, [2, 4, 5, 2], conv), normal([2, 2, 3, 3]), normal([3, 3, 2, 3])],
    [(g, w) => ag.conv2dInputGrad(g, w, [1, 4, 3, 3], depthwise), normal([1, 4, 3, 3]), normal([3, 2, 1, 3])],
  ],
  conv2dWeightGrad: [
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 3, 2, 3], conv), normal([2, 4, 5, 2]), normal([2, 2, 3, 3])],
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 2, 1, 3], depthwise), normal([1, 4, 3, 3]), normal([1, 4, 3, 3])],
  ],
  averagePool2d: [[(x) => ag.averagePool2d(x, pool), normal([2, 4, 5, 2])],
    [(x) => ag.averagePool2d(x, { kernel: 2 }), normal([1, 4, 5, 3], 'permuted')]],
  averagePool2dGrad: [[(g) => ag.averagePool2dGrad(g, [2, 4, 5, 2], pool), normal([2, 2, 3, 2])]],

  batchNormTrain: [[batchNorm, normal([2, 3, 2, 3]), normal([3]), normal([3])],
    [batchNorm, normal([6, 2], 'permuted'), normal([2]), normal([2])]],
  batchNormSiluTrain: [[batchNormSilu, normal([2, 3, 2, 3]), normal([3]), normal([3])],
    [batchNormSilu, normal([6, 2], 'permuted'), normal([2]), normal([2])]],
  batchNormEval: [
    [(x, gamma, beta) => ag.batchNormEval(x, gamma, beta, t.tensor([0.5, -1, 2], 'float64'),
      t.tensor([0.3, 1, 4], 'float64'), 1e-3), normal([2, 3, 3]), normal([3]), normal([3])],
  ],
};

function batchNorm(x: Variable, gamma: Variable, beta: Variable): Variable {
  const { mean, variance } = t.moments(x.value);
  return ag.batchNormTrain(x, gamma, beta, mean, variance, 1e-3);
}

function batchNormSilu(x: Variable, gamma: Variable, beta: Variable): Variable {
  const { mean, variance } = t.moments(x.value);
  return ag.batchNormSiluTrain(x, gamma, beta, mean, variance, 1e-3);
}

/** Made of the others. */
const composites: Readonly<Record<string, readonly Case[]>> = {
  mean: [[(x) => ag.mean(x, { axes: [0, 1] }), normal([2, 3, 2])]],
  mT: [[ag.mT, normal([2, 3, 4])]],
  sumTo: [[(x) => ag.sumTo(x, [3, 1]), normal([2, 3, 4])]],
  globalAveragePool: [[(x) => ag.globalAveragePool(x), normal([2, 3, 2, 2])],
    [(x) => ag.globalAveragePool(x, { keepDims: true }), normal([2, 3, 2, 2])]],
  'numbers as operands': [[(x) => ag.div(ag.sub(2, ag.mul(x, 3)), ag.add(ag.pow(x, 2), 1)), positive([2, 3])]],
};

function tensors(name: string, inputs: readonly Operand[]): Tensor[] {
  const dense = values({ op: name, name: 'gradcheck', inputs, run: ([x]) => x, want: ([x]) => x });
  return dense.map((x, i) => lay(x, inputs[i].layout, 'float64'));
}
const title = (inputs: readonly Operand[]): string => inputs.map(({ shape, layout }) =>
  `[${shape.join()}]${layout === 'dense' ? '' : ` ${layout}`}`).join(' ');

describe('gradcheck', () => {
  for (const [op, cases] of Object.entries({ ...table, ...composites })) {
    for (const [f, ...inputs] of cases) {
      it(`${op} ${title(inputs)}`, () => t.scope(() => {
        gradcheck(f, tensors(op, inputs), { tolerance: TOLERANCE });
      }));
    }
  }

  it('refuses a wrong gradient', () => {
    const wrong = ag.defineFunction('square', (x: Tensor) => t.square(x),
      [ag.vjp([0], (g, _out, x) => ag.mul(g, ag.mul(x, 2.00001)))]);
    expect(() => gradcheck(wrong, [t.tensor([1, 2, 3], 'float64')])).to.throw(
      /^gradcheck: the gradient is off by .*e-6 of the derivative .* allowed 0.000001/);
    const missing = ag.defineFunction('mul', (a: Tensor, b: Tensor) => t.mul(a, b),
      [ag.vjp([1], (g, _out, _a, b) => ag.mul(g, b))]);
    expect(() => gradcheck(missing, [t.tensor([1, 2], 'float64'), t.tensor([3, 4], 'float64')])).to.throw(
      'gradcheck: the gradient is off');
  });

  it('refuses a vjp that reads what it does not save', () => {
    const greedy = ag.defineFunction('square', (x: Tensor) => t.square(x),
      [ag.vjp([], (g, _out, x) => ag.mul(g, ag.mul(x, 2)))]);
    expect(() => gradcheck((x) => greedy(ag.mul(x, 1)), [t.tensor([1, 2, 3], 'float64')])).to.throw(
      'was released by the end of');
  });

  it('refuses float32', () => {
    expect(() => gradcheck(ag.exp, [t.ones([2])])).to.throw(TypeError,
      'gradcheck: inputs are float64, or the difference quotient drowns in rounding; got float32 [2]');
  });
});

describe('gradcheck: gradients of gradients', () => {
  /**
   * ∂⟨g, f(inputs)⟩/∂inputs[i], as a function of g and the inputs. It is linear in g, so it always depends on
   * something.
   */
  const derivative = (f: F, i: number): F => (g, ...inputs) => enableGrad(() => {
    const xs = inputs.map((x) => (x.requiresGrad ? x : new Variable(x.value, { requiresGrad: true })));
    return grad(ag.sum(ag.mul(g, f(...xs))), [xs[i]], { createGraph: true })[0];
  });

  for (const [op, cases] of Object.entries(table)) {
    if (op === 'batchNormTrain' || op === 'batchNormSiluTrain') continue;
    for (const [f, ...inputs] of cases) {
      it(`${op} ${title(inputs)}`, () => t.scope(() => {
        const xs = tensors(op, inputs);
        const out = ag.noGrad(() => f(...xs.map((x) => new Variable(x)))).value;
        const [g] = tensors(`cotangent of ${op}`, [normal(out.shape)]);
        const wanted = op === 'reluGrad' ? [0] : inputs.keys(); // its derivative by y is the constant 0
        for (const i of wanted) gradcheck(derivative(f, i), [g, ...xs], { tolerance: TOLERANCE, directions: 2 });
      }));
    }
  }

  it('batchNormTrain says that it has none', () => {
    const [f, ...inputs] = table.batchNormTrain[0];
    const xs = tensors('batchNormTrain', inputs).map((x) => new Variable(x, { requiresGrad: true }));
    const [first] = grad(ag.sum(ag.square(f(...xs))), [xs[1]], { createGraph: false });
    expect(first.shape).to.deep.equal([3]);
    expect(() => grad(ag.sum(ag.square(f(...xs))), [xs[0]], { createGraph: true })).to.throw(
      'batchNormTrain: gradients of its gradient are not provided; use eval mode (batchNormEval)');
  });

  it('three times: d³(x⁴)/dx³ = 24x', () => {
    const x = new Variable(t.tensor(1.5, 'float64'), { requiresGrad: true });
    let y = ag.pow(x, 4);
    for (let order = 0; order < 3; order++) [y] = grad(y, [x], { createGraph: true });
    expect(y.item()).to.be.closeTo(36, 1e-12);
  });
});
