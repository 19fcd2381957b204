import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { DType, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { opFixtures } from './support/fixtures.js';
import type { FixtureTensor, OpCase, OpOptions } from './support/fixtures.js';

const TOLERANCE = 1e-5;

/**
 * Gradients that float32 cannot hold to the tolerance by their own largest value, however they are computed: in float32
 * they are measured against the cotangent they are differences of, in float64 like all others.
 */
const CANCELLING: Readonly<Record<string, string>> = {
  'softmax large': 'y, rounded to float32, is within 2e-4 of one-hot: g − Σg·y cancels',
};

const largest = ({ data }: FixtureTensor): number => data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

type Run = (inputs: readonly Variable[], options: OpOptions) => Variable;

const unary = (f: (x: Variable) => Variable): Run => ([x]) => f(x);
const binary = (f: (a: Variable, b: Variable) => Variable): Run => ([a, b]) => f(a, b);
const reduction = (f: (x: Variable, options: t.ReduceOptions) => Variable): Run => ([x], { axes, keepDims }) =>
  f(x, { axes: axes ?? undefined, keepDims });
const alongLast = (f: (x: Variable) => Variable): Run => ([x], { axis }) => {
  if (axis !== -1) throw new Error(`the fixture wants axis ${axis}; only the last is offered`);
  return f(x);
};

const runs: Readonly<Record<string, Run>> = {
  neg: unary(ag.neg), exp: unary(ag.exp), log: unary(ag.log), sqrt: unary(ag.sqrt), rsqrt: unary(ag.rsqrt),
    square: unary(ag.square), abs: unary(ag.abs),
  sigmoid: unary(ag.sigmoid), tanh: unary(ag.tanh), relu: unary(ag.relu), silu: unary(ag.silu),
    reciprocal: unary(ag.reciprocal),
  add: binary(ag.add), sub: binary(ag.sub), mul: binary(ag.mul), div: binary(ag.div), maximum: binary(ag.maximum),
    minimum: binary(ag.minimum), pow: binary(ag.pow),
  matmul: binary(ag.matmul),
  sum: reduction(ag.sum), mean: reduction(ag.mean), max: reduction(ag.max),
  softmax: alongLast(ag.softmax), logSoftmax: alongLast(ag.logSoftmax),
  conv2d: ([x, w], { stride, padding, groups }) => ag.conv2d(x, w, { stride, padding, groups }),
  averagePool2d: ([x], { kernel = [1, 1], stride, padding }) => ag.averagePool2d(x, { kernel, stride, padding }),
  globalAveragePool: unary((x) => ag.globalAveragePool(x)),
  batchNorm: ([x, gamma, beta], { eps = NaN }) => {
    const { mean, variance } = t.moments(x.value);
    return ag.batchNormTrain(x, gamma, beta, mean, variance, eps);
  },
  batchNormEval: ([x, gamma, beta, mean, variance], { eps = NaN }) =>
    ag.batchNormEval(x, gamma, beta, mean.value, variance.value, eps),
};

describeOnBackends('fixtures: operations against PyTorch', () => {
  const { cases, get, madeBy } = opFixtures();
  const worst = new Map<string, number>();

  const load = ({ shape, data }: FixtureTensor, dtype: DType): Tensor => t.fromArray(data, shape, dtype);
  const check = (testCase: OpCase, dtype: DType): void => t.scope(() => {
    const inputs = testCase.inputs.map((name, i) => new Variable(load(get(name), dtype),
      { requiresGrad: testCase.grads[i] !== null }));
    const out = runs[testCase.op](inputs, testCase.options);
    const errors = [expectClose(out.value, get(testCase.output), TOLERANCE, `${testCase.name} ${dtype}`)];
    out.backward({ gradient: load(get(testCase.cotangent), dtype) });
    testCase.grads.forEach((name, i) => {
      const { grad } = inputs[i];
      if (name === null) {
        expect(grad, `${testCase.name}: input ${i} takes no gradient`).to.equal(null);
        return;
      }
      if (grad === null) throw new Error(`${testCase.name}: input ${i} got no gradient`);
      const scale = dtype === 'float32' && testCase.name in CANCELLING
        ? largest(get(testCase.cotangent)) / largest(get(name)) : 1;
      errors.push(1 / scale * expectClose(grad, get(name), TOLERANCE * scale,
        `${testCase.name} ${dtype}: gradient of input ${i}`));
      grad.storage.release('this test');
    });
    if (dtype === 'float32') worst.set(testCase.op, Math.max(worst.get(testCase.op) ?? 0, ...errors));
  });

  for (const testCase of cases) {
    // Cross-entropy is no operation of autograd but a loss of nn; see fixtures-nn.test.ts.
    if (testCase.op === 'crossEntropy') continue;
    it(testCase.name, () => {
      check(testCase, 'float32');
      check(testCase, 'float64');
    });
  }

  it('the moments of a batch', () => {
    const norms = cases.filter(({ op }) => op === 'batchNorm');
    expect(norms).to.not.have.length(0);
    for (const { name, inputs, extras } of norms) {
      if (extras === undefined) throw new Error(`${name}: the fixture has no moments`);
      const { mean, variance } = t.moments(load(get(inputs[0]), 'float32'));
      expectClose(mean, get(extras.mean), TOLERANCE, `${name}: mean`);
      expectClose(variance, get(extras.variance), TOLERANCE, `${name}: variance`);
    }
  });

  it('every exception is a case', () => {
    expect(Object.keys(CANCELLING).filter((name) => !cases.some((testCase) => testCase.name === name))).to.deep.equal(
      []);
  });

  it('every operation listed here has a case', () => {
    expect(Object.keys(runs).filter((op) => !cases.some((testCase) => testCase.op === op))).to.deep.equal([]);
  });

  after(() => {
    const rows = [...worst].sort(([, a], [, b]) => b - a).map(([op, error]) => `${op} ${error.toExponential(1)}`);
    console.log(`    worst errors in float32, against PyTorch ${madeBy.torch}: ${rows.join(', ')}`);
  });
});
