/** Optimizers and clipping against PyTorch, step by step. */
import { Adam, AdamW, Parameter, RMSprop, SGD, clipGradNorm, clipGradValue } from '@vitrine/nn';
import type {
  AdamOptions, ClipGradNormOptions, Optimizer, ParameterGroup, RmspropOptions, SgdOptions,
} from '@vitrine/nn';
import { keep } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { toTensor } from './support/fixture-models.js';
import { readFixture } from './support/fixtures.js';

type Settings =
  | { readonly kind: 'SGD'; readonly options: SgdOptions }
  | { readonly kind: 'Adam' | 'AdamW'; readonly options: AdamOptions }
  | { readonly kind: 'RMSprop'; readonly options: RmspropOptions };

/**
 * Tensors: `start/I` and `gradient/STEP/I`, of all cases; `name/value/STEP/I` after the step, and of some steps
 * `name/slot/STEP/I/SLOT`.
 */
type StepsCase = Settings & {
  readonly name: string;
  /** In how many steps the second parameter gets no gradient. */
  readonly late: number;
  /** Settings of a group for each parameter. */
  readonly groups?: readonly Omit<ParameterGroup, 'parameters'>[];
};

/** `name/I`: what becomes of `gradient/0/I`. */
type ClipCase =
  | { readonly name: string; readonly clip: 'value'; readonly options: { readonly limit: number } }
  | {
    readonly name: string; readonly clip: 'norm'; readonly norm: number;
    readonly options: { readonly maxNorm: number; readonly p: number | 'Infinity' };
  };

const { cases, tensors, get, madeBy } = readFixture<StepsCase | ClipCase>('optimizers.safetensors');
const stepCases = cases.filter((row) => 'kind' in row);
const clipCases = cases.filter((row) => 'clip' in row);
const STEPS = 5;
const INDICES = [0, 1] as const;

/** max|got − want| / max|want|. PyTorch's are made in float64, and rounded to float32 once. */
const TOLERANCES: readonly [dtype: DType, tolerance: number][] = [['float32', 1e-6], ['float64', 2e-7]];

const start = (dtype: DType): Parameter[] => INDICES.map((i) => new Parameter(toTensor(get(`start/${i}`), dtype)));

function give(parameter: Parameter, name: string, dtype: DType): void {
  parameter.grad = keep(toTensor(get(name), dtype));
}

function make(settings: Settings, parameters: readonly Parameter[] | readonly ParameterGroup[]): Optimizer {
  switch (settings.kind) {
    case 'SGD': return new SGD(parameters, settings.options);
    case 'Adam': return new Adam(parameters, settings.options);
    case 'AdamW': return new AdamW(parameters, settings.options);
    case 'RMSprop': return new RMSprop(parameters, settings.options);
  }
}

describeOnBackends('fixtures: optimizers against PyTorch', () => {
  const worst = new Map<string, number>();

  for (const testCase of stepCases) {
    const { name, late, groups } = testCase;
    it(name, () => {
      for (const [dtype, tolerance] of TOLERANCES) {
        const parameters = start(dtype);
        const own = groups?.map((group, i) => ({ ...group, parameters: [parameters[i]] }));
        const optimizer = make(testCase, own ?? parameters);
        for (let step = 0; step < STEPS; step++) {
          parameters.forEach((parameter, i) => {
            if (i === 0 || step >= late) give(parameter, `gradient/${step}/${i}`, dtype);
          });
          optimizer.step();
          optimizer.zeroGrad();
          const errors = parameters.map(({ value }, i) =>
            expectClose(value, get(`${name}/value/${step}/${i}`), tolerance, `${dtype}, step ${step}, parameter ${i}`));
          if (dtype === 'float32') worst.set(name, Math.max(worst.get(name) ?? 0, ...errors));
          const state = optimizer.stateDict();
          for (const [key, want] of tensors) {
            if (!key.startsWith(`${name}/slot/${step}/`)) continue;
            const [i, slot] = key.split('/').slice(-2);
            expectClose(state.get(`${i}.${slot}`)!, want, tolerance, `${dtype}, step ${step}, ${slot} of ${i}`);
          }
        }
      }
    });
  }

  for (const testCase of clipCases) {
    it(testCase.name, () => {
      for (const [dtype, tolerance] of TOLERANCES) {
        const parameters = start(dtype);
        parameters.forEach((parameter, i) => give(parameter, `gradient/0/${i}`, dtype));
        if (testCase.clip === 'value') clipGradValue(parameters, testCase.options.limit);
        else {
          const options: ClipGradNormOptions = { p: Number(testCase.options.p) };
          const norm = clipGradNorm(parameters, testCase.options.maxNorm, options);
          expect(Math.abs(norm / testCase.norm - 1), `${dtype}: norm ${norm}`).to.be.at.most(tolerance);
        }
        parameters.forEach(({ grad }, i) =>
          expectClose(grad!, get(`${testCase.name}/${i}`), tolerance, `${dtype}, gradient ${i}`));
      }
    });
  }

  it('cover every slot that there is, late parameters, and groups', () => {
    const keys = [...tensors.keys()].filter((key) => key.includes('/slot/'));
    expect([...new Set(keys.map((key) => key.split('/').at(-1)))])
      .to.have.members(['velocity', 'first', 'second', 'largest', 'meanSquare', 'buffer', 'mean']);
    expect(stepCases.filter(({ late }) => late > 0)).to.have.length.above(3);
    expect(stepCases.filter(({ groups }) => groups !== undefined)).to.have.length(1);
    expect(clipCases).to.have.length(6);
  });

  after(() => {
    const [name, error] = [...worst].reduce((a, b) => (b[1] > a[1] ? b : a));
    console.log(`    largest error in float32, against PyTorch ${madeBy.torch}: ${name} ${error.toExponential(1)}`);
  });
});
