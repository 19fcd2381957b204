/** Operations against PyTorch, forward and gradient, on every face of the kernels. */
import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { CANCELLING, TOLERANCE, checksOf } from './against-pytorch/family.js';
import { families } from './against-pytorch/index.js';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { opFixtures } from './support/fixtures.js';
import type { FixtureTensor } from './support/fixtures.js';
import { ledger } from './support/ledger.js';

const checks = families.map(checksOf);

describeOnBackends('fixtures: operations against PyTorch', (face) => {
  for (const { cases, check, file } of checks) {
    for (const testCase of cases) {
      it(testCase.name, () => {
        const { forward, backward } = check(testCase, 'float32');
        ledger.note(file, testCase.op, testCase.name, face, 'forward', forward);
        if (backward !== null) ledger.note(file, testCase.op, testCase.name, face, 'gradient', backward);
        check(testCase, 'float64');
      });
    }
  }

  it('the moments of a batch', () => {
    const { cases, get } = opFixtures();
    const load = ({ shape, data }: FixtureTensor): t.Tensor => t.fromArray(data, shape);
    const norms = cases.filter(({ op }) => op === 'batchNorm');
    expect(norms).to.not.have.length(0);
    for (const { name, inputs, extras } of norms) {
      if (extras === undefined) throw new Error(`${name}: the fixture has no moments`);
      const { mean, variance } = t.moments(load(get(inputs[0])));
      expectClose(mean, get(extras.mean), TOLERANCE, `${name}: mean`);
      expectClose(variance, get(extras.variance), TOLERANCE, `${name}: variance`);
    }
  });

  it('every exception is a case', () => {
    const names = new Set(checks.flatMap(({ cases }) => cases.map(({ name }) => name)));
    expect(Object.keys(CANCELLING).filter((name) => !names.has(name))).to.deep.equal([]);
  });

  it('every operation listed has a case', () => {
    const missing = families.flatMap(({ runs }, i) =>
      Object.keys(runs).filter((op) => !checks[i].cases.some((testCase) => testCase.op === op)));
    expect(missing).to.deep.equal([]);
  });
});
