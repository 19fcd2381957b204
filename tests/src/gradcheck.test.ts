import * as ag from '@vitrine/autograd';
import { Variable, enableGrad, grad, gradcheck } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { arrangeComposites } from './gradchecks/arrange.js';
import type { Case, F } from './gradchecks/case.js';
import { contractions } from './gradchecks/contractions.js';
import { gradchecks } from './gradchecks/index.js';
import { orderComposites } from './gradchecks/order.js';
import { reduceComposites } from './gradchecks/reduce.js';
import { lay, normal, positive, values } from './samples/sample.js';
import type { Operand } from './samples/sample.js';

const TOLERANCE = 1e-6;

/** Made of the others. */
const composites: Readonly<Record<string, readonly Case[]>> = {
  ...orderComposites,
  ...reduceComposites,
  mean: [[(x) => ag.mean(x, { axes: [0, 1] }), normal([2, 3, 2])]],
  mT: [[ag.mT, normal([2, 3, 4])]],
  sumTo: [[(x) => ag.sumTo(x, [3, 1]), normal([2, 3, 4])]],
  globalAveragePool: [[(x) => ag.globalAveragePool(x), normal([2, 3, 2, 2])],
    [(x) => ag.globalAveragePool(x, { keepDims: true }), normal([2, 3, 2, 2])]],
  ...contractions,
  ...arrangeComposites,
  'numbers as operands': [[(x) => ag.div(ag.sub(2, ag.mul(x, 3)), ag.add(ag.pow(x, 2), 1)), positive([2, 3])]],
};

function tensors(name: string, inputs: readonly Operand[]): Tensor[] {
  const dense = values({ op: name, name: 'gradcheck', inputs, run: ([x]) => x, want: ([x]) => x });
  return dense.map((x, i) => lay(x, inputs[i].layout, 'float64'));
}
const title = (inputs: readonly Operand[]): string => inputs.map(({ shape, layout }) =>
  `[${shape.join()}]${layout === 'dense' ? '' : ` ${layout}`}`).join(' ');

describe('gradcheck', () => {
  for (const [op, cases] of Object.entries({ ...gradchecks, ...composites })) {
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

  /** The inputs by which a derivative is no constant: of what is made of straight pieces, not all. */
  const piecewiseLinear: Readonly<Record<string, readonly number[]>> = {
    reluGrad: [0], relu6Grad: [0], hardsigmoidGrad: [0], clampGrad: [0], leakyReluGrad: [0],
    sign: [], floor: [], ceil: [], round: [],
  };

  for (const [op, cases] of Object.entries({ ...gradchecks, ...composites })) {
    for (const [f, ...inputs] of cases) {
      it(`${op} ${title(inputs)}`, () => t.scope(() => {
        const xs = tensors(op, inputs);
        const out = ag.noGrad(() => f(...xs.map((x) => new Variable(x)))).value;
        const [g] = tensors(`cotangent of ${op}`, [normal(out.shape)]);
        const wanted = op in piecewiseLinear ? piecewiseLinear[op] : inputs.keys();
        for (const i of wanted) gradcheck(derivative(f, i), [g, ...xs], { tolerance: TOLERANCE, directions: 2 });
      }));
    }
  }

  it('three times: d³(x⁴)/dx³ = 24x', () => {
    const x = new Variable(t.tensor(1.5, 'float64'), { requiresGrad: true });
    let y = ag.pow(x, 4);
    for (let order = 0; order < 3; order++) [y] = grad(y, [x], { createGraph: true });
    expect(y.item()).to.be.closeTo(36, 1e-12);
  });
});
