/**
 * Training that goes on from files as if it had not stopped: model, optimizer, learning rate, averages, and the random
 * stream, bit for bit.
 */
import {
  Adam, AdamW, BatchNorm2d, Dropout, ExponentialMovingAverage, Linear, RMSprop, RMSpropTF, ReduceOnPlateau, SGD,
  Sequential, SiLU, clipGradNorm, cosineRestarts, crossEntropy, decayGroups, warmup,
} from '@vitrine/nn';
import type { Optimizer, Parameter, ParameterGroup } from '@vitrine/nn';
import { Random, loadTensors, manualSeed, randn, saveTensors, scope, tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { RandomState, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Make = (groups: readonly Parameter[] | readonly ParameterGroup[]) => Optimizer;

const optimizers: Readonly<Record<string, Make>> = {
  'SGD, nesterov': (p) => new SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  'SGD, dampened': (p) => new SGD(p, { lr: 0.05, momentum: 0.9, dampening: 0.5 }),
  Adam: (p) => new Adam(p, { lr: 0.01, weightDecay: 1e-2 }),
  'AdamW, amsgrad': (p) => new AdamW(p, { lr: 0.01, amsgrad: true }),
  RMSprop: (p) => new RMSprop(p, { lr: 0.01, momentum: 0.9 }),
  'RMSprop, centred': (p) => new RMSprop(p, { lr: 0.01, centered: true }),
  RMSpropTF: (p) => new RMSpropTF(p, { lr: 0.01 }),
};

const STEPS = 12;
const images = randn([8, 6], new Random(1));
const labels = tensor([0, 1, 2, 0, 1, 2, 0, 1]);
const schedule = warmup(2, cosineRestarts(0.05, 3, { factor: 2 }));

interface Stateful {
  stateDict(): Map<string, Tensor>;
  loadStateDict(state: ReadonlyMap<string, Tensor>): unknown;
}

/** All that a training is. By `plateau` its learning rate follows the loss, else the schedule. */
class Training {
  readonly model = new Sequential(new Linear(6, 8), new BatchNorm2d(8), new SiLU(), new Dropout(0.2), new Linear(8, 3));
  readonly optimizer: Optimizer;
  readonly averages: ExponentialMovingAverage;
  readonly plateau: ReduceOnPlateau | null;

  constructor(make: Make, plateau: boolean) {
    const [decayed, plain] = decayGroups(this.model.parameters());
    this.optimizer = make([decayed, { ...plain, lrScale: 0.5 }]);
    this.averages = new ExponentialMovingAverage(this.model, { decay: 0.8 });
    const options = { factor: 0.7, patience: 0, threshold: 0.05, cooldown: 1 };
    this.plateau = plateau ? new ReduceOnPlateau(this.optimizer, options) : null;
  }

  step(step: number): number {
    return scope(() => {
      if (this.plateau === null) this.optimizer.lr = schedule(step);
      // The last layer joins later: it has fewer steps of its own.
      if (step === 0) this.model.layers[4].freeze();
      if (step === 2) this.model.layers[4].unfreeze();
      const loss = crossEntropy(this.model.call(images), labels);
      loss.backward();
      clipGradNorm(this.model.parameters(), 0.5);
      this.optimizer.step();
      this.optimizer.zeroGrad();
      this.averages.update();
      this.plateau?.step(loss.item());
      return loss.item();
    });
  }

  parts(): Readonly<Record<string, Stateful>> {
    const { model, optimizer, averages, plateau } = this;
    return { model, optimizer, averages, ...(plateau === null ? {} : { plateau }) };
  }
}

const numbersOf = (training: Training): unknown =>
  Object.entries(training.parts()).map(([part, owner]) => [part, Array.from(owner.stateDict(), ([name, value]) =>
    [name, value.dtype, value.shape, value.toFloat64Array()])]);

describe('resume', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-resume-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function save(training: Training): Promise<RandomState> {
    for (const [part, owner] of Object.entries(training.parts())) {
      await saveTensors(join(folder, part), owner.stateDict());
    }
    return runtime.random.state;
  }

  async function load(training: Training, random: RandomState): Promise<void> {
    for (const [part, owner] of Object.entries(training.parts())) {
      owner.loadStateDict((await loadTensors(join(folder, part))).tensors);
    }
    runtime.random = new Random(random);
  }

  for (const [name, make] of Object.entries(optimizers)) {
    for (const plateau of [false, true]) {
      it(`${name}, the rate by ${plateau ? 'plateau' : 'schedule'}`, async () => {
        for (const stop of [1, 5]) {
          manualSeed(3);
          const whole = new Training(make, plateau);
          for (let step = 0; step < stop; step++) whole.step(step);
          const random = await save(whole);
          const saved = numbersOf(whole);
          const want = Array.from({ length: STEPS - stop }, (_, i) => whole.step(stop + i));
          expect(new Set(want).size, 'losses that say something').to.be.above(3);
          const first = make(whole.model.parameters()).lr;
          if (plateau) expect(whole.optimizer.lr, 'a rate that was reduced').to.be.below(0.9 * first);

          manualSeed(77);
          const second = new Training(make, plateau);
          await load(second, random);
          expect(numbersOf(second), 'as it was saved').to.deep.equal(saved);
          // What is frozen is no part of the state.
          if (stop === 1) second.model.layers[4].freeze();
          expect(Array.from({ length: STEPS - stop }, (_, i) => second.step(stop + i)), `after ${stop}`)
            .to.deep.equal(want);
          expect(numbersOf(second), 'at the end').to.deep.equal(numbersOf(whole));
        }
      });
    }
  }
});
