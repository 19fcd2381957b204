/** Data that know where they stand: what looks at all of them, what goes on with them, and what finds them changed. */
import {
  FeatureCache, Linear, SGD, Sequential, cacheFeatures, evaluate, fit, periodicCheckpoint, resumeTraining, validation,
} from '@vitrine/nn';
import type { Callback, FeatureBatches, FitOptions } from '@vitrine/nn';
import { Random, manualSeed, randn } from '@vitrine/tensor';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { weightsOf } from './support/separable.js';

const [LENGTH, BATCH, CHANNELS] = [40, 8, 3];

/** 40 vectors of two classes, 8 a batch, shuffled. */
function shuffled(): FeatureBatches {
  const random = new Random(5);
  const features = randn([LENGTH, CHANNELS], random).toFloat32Array();
  const labels = Float32Array.from({ length: LENGTH }, (_, i) => Number(features[CHANNELS * i] > 0));
  return new FeatureCache(features, labels, CHANNELS).batches({ batchSize: BATCH, seed: 3 });
}

function makeModel(): Sequential {
  manualSeed(2);
  return new Sequential(new Linear(CHANNELS, 2));
}

/** Leaves the data after `count` batches. */
async function leaveAfter(data: FeatureBatches, count: number): Promise<void> {
  let seen = 0;
  for await (const _ of data) if (++seen === count) break;
}

describe('trainer: where the data stand', () => {
  let folder = '';
  before(() => { folder = mkdtempSync(join(tmpdir(), 'vitrine-trainer-data-')); });
  after(() => rmSync(folder, { recursive: true }));

  it('evaluate sees all of them, and leaves them where they stood', async () => {
    const model = makeModel();
    const want = await evaluate(model, shuffled());
    const data = shuffled();
    await leaveAfter(data, 2);
    const place = [data.epoch, data.position];
    expect(place).to.deep.equal([0, 2]);
    expect(await evaluate(model, data)).to.deep.equal(want);
    expect([data.epoch, data.position]).to.deep.equal(place);
    const controller = new AbortController();
    controller.abort();
    expect((await evaluate(model, data, { signal: controller.signal })).labels.length).to.equal(0);
    expect(await evaluate(model, data), 'in the same order, time after time').to.deep.equal(want);
  });

  it('so does cacheFeatures, after an error as well', async () => {
    const data = shuffled();
    const broken = cacheFeatures(makeModel(), data, { features: () => { throw new Error('no features'); } });
    expect(await broken.catch((error: Error) => error.message)).to.equal('no features');
    expect((await cacheFeatures(makeModel(), data)).length).to.equal(LENGTH);
    expect([data.epoch, data.position]).to.deep.equal([0, 0]);
  });

  it('fit goes on where they were left', async () => {
    const data = shuffled();
    await leaveAfter(data, 2);
    const steps: number[] = [];
    const model = makeModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await fit(model, data, { epochs: 2, optimizer, onStep: ({ epoch }) => steps.push(epoch) });
    expect(steps).to.deep.equal([1, 1, 1, 2, 2, 2, 2, 2]);
  });

  /** Trains for three epochs; `stopAt`: until that step, and from there again, out of a file. */
  async function train(measure: (data: FeatureBatches) => Callback, stopAt?: number): Promise<number[]> {
    const path = join(folder, 'training.safetensors');
    const run = async (options: Partial<FitOptions>, resume = false): Promise<number[]> => {
      const [model, data] = [makeModel(), shuffled()];
      const optimizer = new SGD(model.parameters(), { lr: 0.3, momentum: 0.9 });
      const callbacks = [measure(data), periodicCheckpoint({ path, everySteps: 1 })];
      const from = resume ? await resumeTraining(path, { model, optimizer, callbacks }) : undefined;
      await fit(model, data, { epochs: 3, optimizer, callbacks, from, ...options });
      return weightsOf(model);
    };
    if (stopAt === undefined) return run({});
    const controller = new AbortController();
    await run({ signal: controller.signal, onStep: ({ step }) => { if (step === stopAt) controller.abort(); } });
    return run({}, true);
  }

  const nothing = (): Callback => ({});
  const passing = (data: FeatureBatches): Callback => ({ onEpoch: async () => { for await (const _ of data); } });

  it('a training whose callback evaluates on its own data is the training without it', async () => {
    expect(await train(validation)).to.deep.equal(await train(nothing));
  });

  for (const [name, measure] of [['evaluates on them', validation], ['goes through them', passing]] as const) {
    it(`resumed at any step, with a callback that ${name}, it leaves the same bits`, async () => {
      const want = await train(measure);
      for (let step = 0; step < 14; step++) expect(await train(measure, step), `step ${step}`).to.deep.equal(want);
    });
  }
});
