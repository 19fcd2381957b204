/** Operations held against what PyTorch computed: which function answers which case of a file of fixtures. */
import { Variable } from '@vitrine/autograd';
import { fromArray, scope } from '@vitrine/tensor';
import type { DType, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from '../support/close.js';
import { readFixture } from '../support/fixtures.js';
import type { Fixture, FixtureTensor, OpCase } from '../support/fixtures.js';

/** max|got − want| / max|want|. */
export const TOLERANCE = 1e-5;

/**
 * Gradients that float32 cannot hold to the tolerance by their own largest value, however they are computed: in float32
 * they are measured against the cotangent they are differences of, in float64 like all others.
 */
export const CANCELLING: Readonly<Record<string, string>> = {
  'softmax large': 'y, rounded to float32, is within 2e-4 of one-hot: g − Σg·y cancels',
};

/** From a case's inputs and its options to its output. */
export type Run<Options> = (inputs: readonly Variable[], options: Options) => Variable;

export interface Family<Options = never> {
  /** The file of fixtures, beside the script that makes it. */
  readonly file: string;
  /** Heading and first sentence of its table in docs/parity.md. */
  readonly title: string;
  readonly about: string;
  readonly runs: Readonly<Record<string, Run<Options>>>;
}

export const unary = (f: (x: Variable) => Variable): Run<unknown> => ([x]) => f(x);
export const binary = (f: (a: Variable, b: Variable) => Variable): Run<unknown> => ([a, b]) => f(a, b);

/** The worst error of one case; backward is null where no input takes a gradient. */
export interface Errors {
  readonly forward: number;
  readonly backward: number | null;
}

/** One family with its fixtures, ready to be checked. */
export interface Checks {
  readonly file: string;
  readonly fixture: Fixture<OpCase<never>>;
  readonly cases: readonly OpCase<never>[];
  /** Throws unless output and gradients are close to PyTorch's. */
  readonly check: (testCase: OpCase<never>, dtype: DType) => Errors;
}

export function checksOf({ file, runs }: Pick<Family, 'file' | 'runs'>): Checks {
  const fixture = readFixture<OpCase<never>>(file);
  const check = (testCase: OpCase<never>, dtype: DType): Errors =>
    scope(() => errorsOf(fixture, runs[testCase.op], testCase, dtype));
  return { file, fixture, cases: fixture.cases.filter(({ op }) => op in runs), check };
}

const load = ({ shape, data }: FixtureTensor, dtype: DType): Tensor => fromArray(data, shape, dtype);
const largest = ({ data }: FixtureTensor): number => data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

function errorsOf({ get }: Fixture<OpCase<never>>, run: Run<never>, testCase: OpCase<never>, dtype: DType): Errors {
  const { name, cotangent, grads } = testCase;
  const inputs = testCase.inputs.map((input, i) =>
    new Variable(load(get(input), dtype), { requiresGrad: grads[i] !== null }));
  const out = run(inputs, testCase.options);
  const forward = expectClose(out.value, get(testCase.output), TOLERANCE, `${name} ${dtype}`);
  if (cotangent === null) return { forward, backward: null };
  out.backward({ gradient: load(get(cotangent), dtype) });
  const errors = grads.map((gradName, i) => {
    const { grad } = inputs[i];
    if (gradName === null) {
      expect(grad, `${name}: input ${i} takes no gradient`).to.equal(null);
      return 0;
    }
    if (grad === null) throw new Error(`${name}: input ${i} got no gradient`);
    const scale = dtype === 'float32' && name in CANCELLING ? largest(get(cotangent)) / largest(get(gradName)) : 1;
    const error =
      expectClose(grad, get(gradName), TOLERANCE * scale, `${name} ${dtype}: gradient of input ${i}`) / scale;
    grad.storage.release('this test');
    return error;
  });
  return { forward, backward: Math.max(...errors) };
}
