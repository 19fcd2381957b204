/** Learning rates over time against PyTorch, step by step. */
import {
  Parameter, ReduceOnPlateau, SGD, cosine, cosineRestarts, exponential, linear, multiStep, oneCycle, polynomial,
  sequential, step,
} from '@vitrine/nn';
import type { ReduceOnPlateauOptions, Schedule } from '@vitrine/nn';
import { clone, ones } from '@vitrine/tensor';
import { expect } from 'chai';
import { readFixture } from './support/fixtures.js';

interface ScheduleCase {
  readonly schedule: string;
  readonly lr: number;
  /** At each step, before it. */
  readonly rates: readonly number[];
}

interface PlateauCase {
  readonly plateau: string;
  readonly lr: number;
  readonly options: ReduceOnPlateauOptions;
  /** null is NaN. */
  readonly metrics: readonly (number | null)[];
  /** After each metric. */
  readonly rates: readonly number[];
}

const { cases } = readFixture<ScheduleCase | PlateauCase>('schedules.safetensors');
const schedules = cases.filter((row) => 'schedule' in row);
const plateaus = cases.filter((row) => 'plateau' in row);

/** PyTorch multiplies from step to step where the formula is a power: rounding adds up over 60 steps. */
const TOLERANCE = 1e-13;

const LR = 0.3;
const STEPS = 60;
const made: Readonly<Record<string, Schedule>> = {
  step: step(LR, 7, { gamma: 0.5 }),
  'step, default': step(LR, 20),
  multiStep: multiStep(LR, [3, 10, 10, 40], { gamma: 0.5 }),
  exponential: exponential(LR, 0.93, 1),
  'linear, default': linear(LR, 5),
  linear: linear(LR, 37, { start: 0.9, end: 0.2 }),
  'polynomial, default': polynomial(LR, 50),
  polynomial: polynomial(LR, 50, { power: 2.5 }),
  cosine: cosine(LR, STEPS, { floor: 0.1 }),
  cosineRestarts: cosineRestarts(LR, 13, { floor: 0.1 }),
  'cosineRestarts, factor': cosineRestarts(LR, 5, { factor: 2 }),
  'oneCycle, default': oneCycle(LR, STEPS),
  'oneCycle, linear': oneCycle(LR, STEPS, { rise: 0.25, shape: 'linear', divFactor: 10, finalDivFactor: 50 }),
  'oneCycle, broken ends': oneCycle(LR, STEPS, { rise: 0.333 }),
  'oneCycle, no rise': oneCycle(LR, STEPS, { rise: 0 }),
  'oneCycle, rise alone': oneCycle(LR, STEPS, { rise: 1 }),
  'oneCycle, three phases': oneCycle(LR, STEPS, { rise: 0.3, threePhase: true }),
  sequential: sequential(
    [linear(LR, 8, { start: 0.1 }), exponential(LR, 0.9, 1), step(LR, 4, { gamma: 0.5 })], [8, 30],
  ),
};

const expectRates = (got: readonly number[], want: readonly number[]): void => {
  expect(got).to.have.length(want.length);
  got.forEach((rate, at) =>
    expect(Math.abs(rate - want[at]) / LR, `step ${at}: ${rate}, wanted ${want[at]}`).to.be.at.most(TOLERANCE));
};

describe('fixtures: schedules against PyTorch', () => {
  for (const { schedule, rates, lr } of schedules) {
    it(schedule, () => {
      expect(lr).to.equal(LR);
      expectRates(rates.map((_, at) => made[schedule](at)), rates);
    });
  }

  it('there is one of each', () =>
    expect(schedules.map(({ schedule }) => schedule)).to.have.members(Object.keys(made)));
});

describe('fixtures: ReduceOnPlateau against PyTorch', () => {
  const start = (lr: number): SGD => new SGD([new Parameter(ones([1]))], { lr });
  for (const { plateau, lr, options, metrics, rates } of plateaus) {
    it(plateau, () => {
      const optimizer = start(lr);
      const scheduler = new ReduceOnPlateau(optimizer, options);
      let before = lr;
      expectRates(metrics.map((metric) => {
        const reduced = scheduler.step(metric ?? NaN);
        expect(reduced).to.equal(optimizer.lr < before);
        return (before = optimizer.lr);
      }), rates);
    });

    it(`${plateau}, gone on with after each step`, () => {
      let optimizer = start(lr);
      let scheduler = new ReduceOnPlateau(optimizer, options);
      expectRates(metrics.map((metric) => {
        scheduler.step(metric ?? NaN);
        const saved = [optimizer, scheduler].map((one) =>
          new Map(Array.from(one.stateDict(), ([key, value]) => [key, clone(value)])));
        optimizer = start(1);
        scheduler = new ReduceOnPlateau(optimizer, options);
        optimizer.loadStateDict(saved[0]);
        scheduler.loadStateDict(saved[1]);
        return optimizer.lr;
      }), rates);
    });
  }

  it('refuses nonsense', () => {
    const optimizer = start(0.1);
    expect(() => new ReduceOnPlateau(optimizer, { factor: 1 }))
      .to.throw(RangeError, /ReduceOnPlateau: factor is between 0 and 1; got 1/);
    expect(() => new ReduceOnPlateau(optimizer, { patience: -1 })).to.throw(RangeError, /patience is >= 0; got -1/);
    for (const [name, value] of [['mode', 'Min'], ['thresholdMode', 'relative']]) {
      expect(() => new ReduceOnPlateau(optimizer, { [name]: value }))
        .to.throw(RangeError, `ReduceOnPlateau: ${name} is '`);
    }
    expect(() => new ReduceOnPlateau(optimizer).loadStateDict(optimizer.stateDict()))
      .to.throw(/ReduceOnPlateau\.loadStateDict: the state has no entry 'best'/);
  });
});
