/** Activations as modules: each is its function, and prints its options. */
import { Variable } from '@vitrine/autograd';
import {
  ELU, GELU, Hardsigmoid, Hardswish, LeakyReLU, LogSoftmax, ReLU, ReLU6, Sequential, SiLU, Sigmoid, Softmax, Softplus,
  Tanh,
} from '@vitrine/nn';
import type { Module } from '@vitrine/nn';
import { ones, tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';
import { erf } from './support/erf.js';

const X = [-4, -1.5, 0, 0.5, 7];
const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
const total = X.reduce((sum, x) => sum + Math.exp(x), 0);
const tanhGelu = (x: number): number => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const rows: readonly (readonly [module: Module, want: (x: number) => number, printed: string])[] = [
  [new ReLU(), (x) => Math.max(x, 0), 'ReLU()'],
  [new ReLU6(), (x) => Math.min(Math.max(x, 0), 6), 'ReLU6()'],
  [new SiLU(), (x) => x * sigma(x), 'SiLU()'],
  [new Sigmoid(), sigma, 'Sigmoid()'],
  [new Tanh(), Math.tanh, 'Tanh()'],
  [new LeakyReLU(), (x) => (x < 0 ? 0.01 * x : x), 'LeakyReLU(slope=0.01)'],
  [new LeakyReLU(0.2), (x) => (x < 0 ? 0.2 * x : x), 'LeakyReLU(slope=0.2)'],
  [new ELU(), (x) => (x < 0 ? Math.exp(x) - 1 : x), 'ELU(alpha=1)'],
  [new ELU(0.5), (x) => (x < 0 ? 0.5 * (Math.exp(x) - 1) : x), 'ELU(alpha=0.5)'],
  [new GELU(), (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), 'GELU(approximate=none)'],
  [new GELU({ approximate: 'tanh' }), tanhGelu, 'GELU(approximate=tanh)'],
  [new Hardsigmoid(), (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1), 'Hardsigmoid()'],
  [new Hardswish(), (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1), 'Hardswish()'],
  [new Softplus(), (x) => Math.log(1 + Math.exp(x)), 'Softplus(beta=1, threshold=20)'],
  [new Softplus({ beta: 2, threshold: 10 }), (x) => (x > 5 ? x : Math.log(1 + Math.exp(2 * x)) / 2),
    'Softplus(beta=2, threshold=10)'],
  [new Softmax(), (x) => Math.exp(x) / total, 'Softmax()'],
  [new LogSoftmax(), (x) => x - Math.log(total), 'LogSoftmax()'],
];

describe('activation modules', () => {
  for (const [module, want, printed] of rows) {
    it(printed, () => {
      expectClose(module.call(tensor(X)).value, { shape: [X.length], data: X.map(want) }, 1e-6, printed);
      expect(String(module)).to.equal(printed);
      expect(module.parameterCount()).to.equal(0);
    });
  }

  it('pass gradients within a Sequential', () => {
    const x = new Variable(tensor([-4, -1, 1, 4, 9]), { requiresGrad: true });
    new Sequential(new LeakyReLU(0.5), new ReLU6()).call(x).backward({ gradient: ones([5]) });
    expect(x.grad?.toArray()).to.deep.equal([0, 0, 1, 1, 0]);
  });
});
