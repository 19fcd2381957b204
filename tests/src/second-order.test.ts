/** Gradients of gradients of whole networks: against PyTorch, and against the definition of the derivative. */
import * as ag from '@vitrine/autograd';
import { Variable, enableGrad, grad, gradcheck } from '@vitrine/autograd';
import { BatchNorm2d, Linear, Sequential, Tanh, crossEntropy } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { checksOf } from './against-pytorch/family.js';
import type { Family } from './against-pytorch/family.js';
import { describeOnBackends } from './support/backends.js';

type Loss = (x: Variable, labels: Tensor, ...parameters: Variable[]) => Variable;

/** ‖∂loss/∂x‖². As a function of x and the parameters; x may be a constant, as where a difference quotient is taken. */
const penalty = (loss: Loss) => (x: Variable, labels: Tensor, ...parameters: Variable[]): Variable => enableGrad(() => {
  const input = x.requiresGrad ? x : new Variable(x.value, { requiresGrad: true });
  const [dx] = grad(loss(input, labels, ...parameters), [input], { createGraph: true });
  return ag.sum(ag.square(dx));
});

const mlp: Loss = (x, labels, w1, b1, w2, b2, w3, b3) => {
  const h = ag.silu(ag.add(ag.matmul(x, w1), b1));
  return crossEntropy(ag.add(ag.matmul(ag.tanh(ag.add(ag.matmul(h, w2), b2)), w3), b3), labels);
};

const EPS = 1e-3;

type Norm = (x: Variable, gamma: Variable, beta: Variable, mean: Variable, variance: Variable) => Variable;
const evaluation: Norm = (x, gamma, beta, mean, variance) =>
  ag.silu(ag.batchNormEval(x, gamma, beta, mean.value, variance.value, EPS));
const training: Norm = (x, gamma, beta) => {
  const moments = t.moments(x.value);
  return ag.silu(ag.batchNormTrain(x, gamma, beta, moments.mean, moments.variance, EPS));
};
const trainingWithSilu: Norm = (x, gamma, beta) => {
  const moments = t.moments(x.value);
  return ag.batchNormSiluTrain(x, gamma, beta, moments.mean, moments.variance, EPS);
};

const network = (norm: Norm): Loss => (
  x, labels, w1, gamma1, beta1, mean1, var1, w2, gamma2, beta2, mean2, var2, w3, b3,
) => {
  const wide = norm(ag.conv2d(x, w1, { padding: 1 }), gamma1, beta1, mean1, var1);
  const groups = wide.shape[3];
  const deep = norm(ag.conv2d(wide, w2, { stride: 2, padding: 1, groups }), gamma2, beta2, mean2, var2);
  const pooled = ag.globalAveragePool(ag.averagePool2d(deep, { kernel: 2 }));
  return crossEntropy(ag.add(ag.matmul(pooled, w3), b3), labels);
};

interface Options {
  readonly training?: boolean;
}

const family: Pick<Family<Options>, 'file' | 'runs'> = {
  file: 'second_order.safetensors',
  runs: {
    'penalty of an MLP': ([x, labels, ...parameters]) => penalty(mlp)(x, labels.value, ...parameters),
    'penalty of a convolutional network': ([x, labels, ...parameters], options) =>
      penalty(network(options.training === true ? training : evaluation))(x, labels.value, ...parameters),
  },
};

describeOnBackends('second order: against PyTorch', () => {
  const { cases, check, fixture } = checksOf(family);
  const errors: string[] = [];

  it('has a case for each', () => expect(cases.map(({ name }) => name)).to.deep.equal([
    'penalty of an MLP', 'penalty of a convolutional network evaluation',
    'penalty of a convolutional network training',
  ]));

  for (const testCase of cases) {
    it(testCase.name, () => {
      const { forward, backward } = check(testCase, 'float32');
      const double = check(testCase, 'float64');
      errors.push(`${Math.max(forward, backward ?? 0).toExponential(1)} ` +
        `(float64 ${Math.max(double.forward, double.backward ?? 0).toExponential(1)})`);
    });
  }

  it('the activation in the same pass makes no difference', () => {
    const { inputs } = cases[2];
    const gradients = [training, trainingWithSilu].map((norm) => t.scope(() => {
      const all = inputs.map((name) => {
        const { data, shape } = fixture.get(name);
        return new Variable(t.fromArray(data, shape, 'float64'), { requiresGrad: true });
      });
      const [x, labels, ...parameters] = all;
      penalty(network(norm))(x, labels.value, ...parameters).backward();
      return parameters.map(({ grad: g }) => (g === null ? null : Array.from(g.toFloat64Array())));
    }));
    gradients[0].forEach((values, i) => values?.forEach((value, j) =>
      expect(gradients[1][i]?.[j]).to.be.closeTo(value, 1e-10 * Math.max(1, Math.abs(value)))));
    expect(gradients[0].filter((values) => values !== null).length).to.be.greaterThan(6);
  });

  after(() => console.log(`    worst errors: ${errors.join(', ')}`));
});

describe('second order: gradcheck', () => {
  const normal = (seed: number, ...shape: number[]): Tensor =>
    t.randn(shape, new t.Random(seed), { std: 0.5, dtype: 'float64' });
  const positive = (seed: number, ...shape: number[]): Tensor =>
    t.rand(shape, new t.Random(seed), { low: 0.6, high: 1.4, dtype: 'float64' });
  const labels = t.tensor([1, 0, 2], 'float64');

  it('an MLP with silu, tanh and cross-entropy', () => {
    gradcheck((x, ...parameters) => penalty(mlp)(x, labels, ...parameters),
      [normal(1, 3, 4), normal(2, 4, 5), normal(3, 5), normal(4, 5, 4), normal(5, 4), normal(6, 4, 3), normal(7, 3)]);
  });

  for (const [name, norm] of Object.entries({ evaluation, training, trainingWithSilu })) {
    it(`a convolutional network, batch norm: ${name}`, () => {
      const [mean, variance] = [new Variable(normal(20, 4)), new Variable(positive(21, 4))];
      gradcheck(
        (x, w1, gamma1, beta1, w2, gamma2, beta2, w3, b3) => penalty(network(norm))(
          x, labels, w1, gamma1, beta1, mean, variance, w2, gamma2, beta2, mean, variance, w3, b3,
        ),
        [
          normal(1, 3, 6, 6, 2), normal(2, 3, 3, 2, 4), positive(3, 4), normal(4, 4), normal(5, 3, 3, 1, 4),
          positive(6, 4), normal(7, 4), normal(8, 4, 3), normal(9, 3),
        ],
      );
    });
  }
});

describe('second order: batch norm in training', () => {
  it('a cotangent that is a constant hides no dependence on x', () => {
    // ∂Σ(w∘bn(x))/∂x depends on x although w does not.
    const x = new Variable(t.tensor([[1], [2], [4]], 'float64'), { requiresGrad: true });
    const w = t.tensor([[1], [-2], [3]], 'float64');
    const { mean, variance } = t.moments(x.value);
    const one = new Variable(t.ones([1], 'float64'));
    const [dx] =
      grad(ag.sum(ag.mul(ag.batchNormTrain(x, one, one, mean, variance, EPS), w)), [x], { createGraph: true });
    expect(dx.requiresGrad).to.equal(true);
    grad(ag.sum(ag.square(dx)), [x])[0].value.toFloat64Array().forEach((value) =>
      expect(Math.abs(value)).to.be.greaterThan(1e-3));
  });

  it('the recorded pass gives what the fast one gives, far from zero too', () => {
    for (const options of [{}, { activation: 'silu' }] as const) {
      const norm = new BatchNorm2d(3, options);
      const x = new Variable(t.add(t.randn([2, 4, 4, 3], new t.Random(1)), 100), { requiresGrad: true });
      const g = t.randn([2, 4, 4, 3], new t.Random(2));
      const inputs = [x, norm.weight, norm.bias];
      const [fast, recorded] = [false, true].map((createGraph) =>
        grad(norm.call(x), inputs, { gradient: g, createGraph }).map(({ value }) => value.toFloat64Array()));
      fast.forEach((values, i) => {
        const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        values.forEach((value, j) => expect(recorded[i][j]).to.be.closeTo(value, 1e-5 * scale));
      });
    }
  });

  it('a penalty trains a model with it', () => {
    t.manualSeed(1);
    const model = new Sequential(
      new Linear(3, 6), new BatchNorm2d(6, { activation: 'silu' }), new Linear(6, 4), new Tanh(),
    );
    const x = t.randn([8, 3], new t.Random(3));
    const penaltyNow = (): Variable => ag.sum(ag.square(grad((v: Variable) => ag.sum(ag.square(model.call(v))))(x)));
    const first = penaltyNow();
    first.backward();
    for (const { value, grad: g } of model.parameters()) if (g !== null) t.addInto(value, t.mul(g, -1e-3));
    expect(penaltyNow().item()).to.be.lessThan(first.item());
  });
});
