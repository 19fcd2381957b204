/** Who is told what in a training, in which order, and who stops it. */
import {
  ExponentialMovingAverage, ReduceOnPlateau, SGD, bestCheckpoint, earlyStopping, evaluate, fit, onPlateau,
  periodicCheckpoint, validation,
} from '@vitrine/nn';
import type { Callback, FitOptions, Metrics, PeriodicCheckpointOptions, Training } from '@vitrine/nn';
import { loadTensors } from '@vitrine/tensor';
import { expect } from 'chai';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from './data-samples.js';
import { SeparableData, linearModel, weightsOf } from './support/separable.js';

const data = (): SeparableData => new SeparableData([4, 4]);

const train = async (callbacks: readonly Callback[], options: Partial<FitOptions> = {}, model = linearModel()) =>
  fit(model, data(), { epochs: 3, optimizer: new SGD(model.parameters(), { lr: 0.1 }), callbacks, ...options });

/** A metric 'score' that is given epoch by epoch. */
const scores = (...values: readonly number[]): Callback => ({ onEpoch: ({ epoch }) => ({ score: values[epoch - 1] }) });

/** How many epochs it makes of at most so many. */
const epochsOf = async (callbacks: readonly Callback[], epochs = 10): Promise<number> =>
  (await train(callbacks, { epochs })).length;

describe('trainer: callbacks', () => {
  it('are told in order, those of the options first, and waited for', async () => {
    const told: string[] = [];
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
    const named = (name: string): Callback => ({
      onStart: async () => { await pause(); told.push(`${name} start`); },
      onStep: async ({ step }) => { await pause(); told.push(`${name} step ${step}`); },
      onEpoch: async ({ epoch }) => { await pause(); told.push(`${name} epoch ${epoch}`); },
      onEnd: async (results) => { await pause(); told.push(`${name} end ${results.length}`); },
    });
    const { onStep, onEpoch } = named('own');
    await train([named('a'), {}, named('b')], { epochs: 2, onStep, onEpoch });
    const all = (what: string): string[] => ['own', 'a', 'b'].map((name) => `${name} ${what}`);
    expect(told).to.deep.equal([
      'a start', 'b start', ...all('step 0'), ...all('step 1'), ...all('epoch 1'), ...all('step 2'), ...all('step 3'),
      ...all('epoch 2'), 'a end 2', 'b end 2',
    ]);
  });

  it('see the training: its parts and where it stands', async () => {
    const model = linearModel();
    const ema = new ExponentialMovingAverage(model);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const stood: number[][] = [];
    const note = ({ position: { epoch, batch, step, images } }: Training): void => {
      stood.push([epoch, batch, step, images]);
    };
    const watch: Callback = {
      onStart(training) {
        expect([training.model, training.optimizer, training.ema]).to.deep.equal([model, optimizer, ema]);
        expect(training.callbacks).to.include(watch);
        note(training);
      },
      onStep: (_result, training) => note(training),
      onEpoch: (_result, training) => note(training),
    };
    await train([watch], { epochs: 2, ema, optimizer }, model);
    expect(stood).to.deep.equal(
      [[0, 0, 0, 0], [0, 1, 1, 4], [0, 2, 2, 8], [1, 0, 2, 0], [1, 1, 3, 4], [1, 2, 4, 8], [2, 0, 4, 0]]);
  });

  it('may stop it: between two steps, or before the first; the first reason stays', async () => {
    const ended: (readonly [number, string | null])[] = [];
    const stopAt = (at: number): Callback => ({
      onStep: ({ step }, training) => {
        if (step === at) training.stop(`step ${at}`);
        if (step === at) training.stop('another');
      },
      onEnd: (_results, { position, stopReason }) => void ended.push([position.step, stopReason]),
    });
    expect(await train([stopAt(2)])).to.have.length(1);
    expect(await train([stopAt(3)]), 'the last step of an epoch ends it').to.have.length(2);
    expect(await train([{ onStart: (training) => training.stop('at once') }, stopAt(-1)])).to.have.length(0);
    expect(ended).to.deep.equal([[3, 'step 2'], [4, 'step 3'], [0, 'at once']]);
  });

  it('give metrics to those that come after, and to the results', async () => {
    const seen: Metrics[] = [];
    const look: Callback = { onEpoch: ({ metrics }) => { seen.push({ ...metrics }); } };
    const late: Callback = { onEpoch: () => ({ late: 1 }) };
    const results = await train([scores(0.1, 0.2, 0.3), look, late], { onEpoch: () => ({ own: 5 }) });
    expect(seen).to.deep.equal([{ own: 5, score: 0.1 }, { own: 5, score: 0.2 }, { own: 5, score: 0.3 }]);
    expect(results.map(({ metrics }) => metrics))
      .to.deep.equal([0.1, 0.2, 0.3].map((score) => ({ own: 5, score, late: 1 })));
  });

  it('validation evaluates the averages where there are any', async () => {
    const held = new SeparableData([8], 9);
    for (const averaged of [false, true]) {
      const model = linearModel();
      const ema = averaged ? new ExponentialMovingAverage(model, { decay: 1, warmup: false }) : undefined;
      const [{ metrics }] = await train([validation(held)], { epochs: 1, ema }, model);
      const { loss, accuracy } = await evaluate(averaged ? linearModel() : model, held);
      expect(metrics).to.deep.equal({ loss, accuracy });
    }
  });

  it('early stopping bears as many epochs without improvement as it is told', async () => {
    const stop = (options: Partial<Parameters<typeof earlyStopping>[0]>): Callback =>
      earlyStopping({ metric: 'score', mode: 'max', patience: 1, ...options });
    expect(await epochsOf([scores(1, 2, 2, 3, 3, 3, 9), stop({})])).to.equal(6);
    expect(await epochsOf([scores(1, 2, 2, 9), stop({ patience: 0 })])).to.equal(3);
    expect(await epochsOf([scores(5, 4, 3, 4, NaN, 0), stop({ mode: 'min' })])).to.equal(5);
    expect(await epochsOf([scores(1, 1.1, 1.2, 1.3, 1.3), stop({ minDelta: 0.15 })]), 'of the best, not the last')
      .to.equal(5);
    expect(await epochsOf([stop({ metric: 'trainLoss', mode: 'min' })], 4)).to.equal(4);
    expect(await epochsOf([stop({ metric: 'trainLoss' })], 4), 'falls, and should rise').to.equal(3);
    expect(await rejection(epochsOf([stop({ metric: 'accuracy' })])))
      .to.match(/^earlyStopping: the epoch has no metric 'accuracy', only trainLoss; what measures it comes before/);
    expect(() => stop({ patience: -1 })).to.throw(/^earlyStopping: patience is >= 0; got -1/);
  });

  it('a plateau lowers the rate', async () => {
    const model = linearModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const plateau = new ReduceOnPlateau(optimizer, { mode: 'max', patience: 0, factor: 0.5 });
    const results = await train([scores(1, 1, 2), onPlateau(plateau, 'score')], { optimizer }, model);
    expect(results.map(({ learningRate }) => learningRate)).to.deep.equal([0.1, 0.1, 0.05]);
  });
});

describe('trainer: checkpoints', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-callbacks-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('the best epoch is kept, its averages where there are any', async () => {
    for (const averaged of [false, true]) {
      const model = linearModel();
      const ema = averaged ? new ExponentialMovingAverage(model, { decay: 0.5 }) : undefined;
      const want: number[][] = [];
      const note: Callback = {
        onEpoch: () => void want.push(ema === undefined ? weightsOf(model) : ema.apply(() => weightsOf(model))),
      };
      const path = file('best.safetensors');
      await train([scores(1, 3, 2), note, bestCheckpoint({ path, metric: 'score', mode: 'max' })], { ema }, model);
      const { tensors, metadata } = await loadTensors(path);
      expect(Object.fromEntries(metadata)).to.deep.equal({ epoch: '2', score: '3' });
      const other = linearModel();
      other.loadStateDict(tensors);
      expect(weightsOf(other)).to.deep.equal(want[1]);
    }
    expect(readdirSync(folder)).to.deep.equal(['best.safetensors']);
  });

  it('the best by a loss; metadata of one\'s own; NaN is never the best', async () => {
    const path = file('best.safetensors');
    const options = { path, metric: 'score', mode: 'min' } as const;
    await train([scores(NaN, NaN, NaN), bestCheckpoint(options)]);
    expect(existsSync(path)).to.equal(false);
    const metadata = ({ epoch }: { epoch: number }): Map<string, string> => new Map([['note', `from epoch ${epoch}`]]);
    await train([scores(2, 1, 1), bestCheckpoint({ ...options, metadata })]);
    expect(Object.fromEntries((await loadTensors(path)).metadata)).to.deep.equal({ note: 'from epoch 2' });
  });

  it('the periodic one is written by steps, by epochs, by the clock, and at the end', async () => {
    const path = file('training.safetensors');
    const saves = async (options: Omit<PeriodicCheckpointOptions, 'path'>, stopAt = -1): Promise<string[]> => {
      const found: string[] = [];
      const checkpoint = periodicCheckpoint({ path, ...options });
      const look = async (): Promise<void> => {
        if (!existsSync(path)) return;
        const { metadata } = await loadTensors(path);
        rmSync(path);
        const { position: { epoch, batch, step } } = JSON.parse(metadata.get('training') ?? '') as {
          position: Record<string, number> };
        found.push(`${epoch}.${batch} (${step})`);
      };
      const watch: Callback = {
        onStep: async ({ step }, training) => { await look(); if (step === stopAt) training.stop('enough'); },
        onEpoch: look, onEnd: look,
      };
      await train([checkpoint, watch]);
      return found;
    };
    const never = { everyMinutes: Infinity, everySteps: Infinity, everyEpoch: Infinity };
    expect(await saves(never), 'at the end').to.deep.equal(['3.0 (6)']);
    expect(await saves({ ...never, everyEpoch: 1 })).to.deep.equal(['1.0 (2)', '2.0 (4)', '3.0 (6)']);
    expect(await saves({ ...never, everyEpoch: 2 })).to.deep.equal(['2.0 (4)', '3.0 (6)']);
    expect(await saves({ ...never, everySteps: 4 })).to.deep.equal(['1.2 (4)', '3.0 (6)']);
    expect(await saves({ ...never, everyMinutes: 1e-9 }))
      .to.deep.equal(['0.1 (1)', '0.2 (2)', '1.1 (3)', '1.2 (4)', '2.1 (5)', '2.2 (6)']);
    expect(await saves(never, 2), 'stopped').to.deep.equal(['1.1 (3)']);
    expect(await saves({}), 'minutes are long').to.deep.equal(['1.0 (2)', '2.0 (4)', '3.0 (6)']);
    expect(() => periodicCheckpoint({ path, everySteps: 0 }))
      .to.throw(/^periodicCheckpoint: everySteps is above 0; got 0/);
  });

  it('the periodic one refuses to come before what it saves', async () => {
    const stopping = earlyStopping({ metric: 'trainLoss', mode: 'min' });
    const checkpoint = periodicCheckpoint({ path: file('training.safetensors') });
    expect(await rejection(train([checkpoint, stopping])))
      .to.equal('periodicCheckpoint: it has to come after early-stopping, whose state it saves; put it last');
  });
});
