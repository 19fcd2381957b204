/** The file that a training is resumed from: what it refuses, and data of every kind. */
import {
  Adam, AdamW, Dropout, ExponentialMovingAverage, Linear, SGD, Sequential, earlyStopping, fit,
  periodicCheckpoint, resumeTraining, saveTraining,
} from '@vitrine/nn';
import type { Batch, Callback, FitOptions, Module, TrainingData, TrainingPosition, TrainingState } from '@vitrine/nn';
import {
  addInto, loadWeights, manualSeed, ones, randomState, saveTensors, setRandomState,
} from '@vitrine/tensor';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from './data-samples.js';
import { SeparableData, linearModel, weightsOf } from './support/separable.js';

const BEGINNING: TrainingPosition = {
  epoch: 0, batch: 0, step: 0, dataEpoch: null, lossSum: 0, images: 0, seconds: 0, results: [],
};

/** What dropout draws from the default random stream: an odd count, so that the stream stands between two pairs. */
const chance = (): Float32Array => new Dropout(0.5).call(ones([33])).value.toFloat32Array();

/** The same batches in every epoch; where it stands, and what was given, can be seen. */
class Positioned extends SeparableData implements TrainingData {
  epoch = 0;
  position = 0;

  get length(): number {
    return this.sizes.length;
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const batches: Batch[] = [];
    for await (const batch of new SeparableData(this.sizes, this.seed)) batches.push(batch);
    while (this.position < batches.length) {
      this.seen++;
      this.position++;
      yield batches[this.position - 1];
    }
    this.position = 0;
    this.epoch++;
  }
}

describe('training file', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-training-'));
    path = join(folder, 'training.safetensors');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const state = (parts: Partial<TrainingState> = {}): TrainingState => {
    const model: Module = parts.model ?? linearModel();
    return { model, optimizer: new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }), ...parts };
  };

  it('gives back the position, exactly, and the random stream', async () => {
    const result = {
      epoch: 1, trainLoss: 0.1 + 0.2, seconds: 1 / 3, imagesPerSecond: 1e-300, learningRate: 2 ** -40,
      metrics: { accuracy: NaN, loss: Infinity, other: -Infinity },
    };
    const position = {
      epoch: 1, batch: 7, step: 19, dataEpoch: 5, lossSum: Math.PI, images: 3, seconds: 1e9 / 7, results: [result],
    };
    manualSeed(2 ** 40 + 3);
    chance();
    await saveTraining(path, state(), position);
    const before = randomState();
    const want = chance();
    manualSeed(0);
    expect(await resumeTraining(path, state())).to.deep.equal(position);
    expect(randomState()).to.deep.equal(before);
    expect(chance()).to.deep.equal(want);
  });

  it('keeps texts beside its own, and is a file of weights to others: the model\'s, or their averages', async () => {
    const model = linearModel();
    const ema = new ExponentialMovingAverage(model, { decay: 0.5 });
    const all = state({ model, ema });
    const names = [...model.stateDict().keys()];
    for (const parameter of model.parameters()) addInto(parameter.value, ones(parameter.shape));
    const texts = new Map([['classes', '["a","b"]'], ['training', 'not this']]);
    await saveTraining(path, all, BEGINNING, texts);
    expect(await resumeTraining(path, all)).to.deep.equal(BEGINNING);

    const [weights, averages] = [await loadWeights(path), await loadWeights(path, { ema: true })];
    expect(weights.metadata.get('classes')).to.equal('["a","b"]');
    for (const file of [weights, averages]) {
      expect([...file.tensors.keys()]).to.have.members(names);
      expect(file.dtypes.get(names[0])).to.equal('F32');
    }
    expect(weights.notes).to.have.length(2).and.to.contain('there is a moving average, too: option ema takes it');
    for (const name of names) {
      const [now, before] = [weights, averages].map(({ tensors }) =>
        Array.from(tensors.get(name)!.data as Float32Array));
      expect(now).to.deep.equal(before.map((value) => Math.fround(value + 1)));
    }
    await saveTraining(path, state(), BEGINNING);
    expect((await loadWeights(path)).notes).to.have.length(1);
    expect(await rejection(loadWeights(path, { ema: true })))
      .to.match(/decodeWeights: .*training\.safetensors: no moving average of the weights/);
  });

  it('reads all before the first wait', async () => {
    const saved = state();
    const want = weightsOf(saved.model as ReturnType<typeof linearModel>);
    const written = saveTraining(path, saved, BEGINNING);
    saved.model.loadStateDict(new Map(Array.from(saved.model.stateDict(), ([name, { shape }]) => [name, ones(shape)])));
    manualSeed(99);
    await written;
    const model = linearModel();
    await resumeTraining(path, state({ model }));
    expect(weightsOf(model)).to.deep.equal(want);
  });

  it('refuses what does not fit, by name', async () => {
    const refusal = (parts: Partial<TrainingState>): Promise<string> => rejection(resumeTraining(path, state(parts)));
    const model = linearModel();
    const stopping = (name?: string): Callback =>
      earlyStopping({ metric: 'trainLoss', mode: 'min', ...(name !== undefined && { name }) });
    await saveTraining(path, state({ callbacks: [stopping()] }), BEGINNING);
    const callbacks = [stopping()];
    expect(await resumeTraining(path, state({ callbacks }))).to.deep.equal(BEGINNING);
    expect(await refusal({ callbacks, optimizer: new Adam(model.parameters(), { lr: 0.1 }), model }))
      .to.match(/: the optimizer was SGD, now it is Adam; go on with the same$/);
    expect(await refusal({ callbacks, model: new Sequential(new Linear(2, 2)) }))
      .to.match(/: model: loadStateDict: the state does not fit Sequential; nothing was loaded\n +missing: 0\.weight/);
    const fewer = new SGD(model.parameters().slice(1), { lr: 1, momentum: 0.9 });
    expect(await refusal({ callbacks, optimizer: fewer, model }))
      .to.match(/: optimizer: SGD\.loadStateDict: the state is of 2 parameters; the optimizer has 1/);
    expect(await refusal({ callbacks, model, ema: new ExponentialMovingAverage(model) }))
      .to.match(/: the file has no state of ema; was the training without\?$/);
    for (const given of [{}, { callbacks: [stopping('mine')] }]) {
      expect(await refusal(given))
        .to.match(/: the file has a state of callback\.early-stopping; nothing is given that/);
    }
    expect(await refusal({ callbacks: [stopping(), stopping()] })).to.match(
      /^resumeTraining: two callbacks with a state are named 'early-stopping'; give one of them a name of its own$/,
    );
    expect(await refusal({ callbacks: [stopping('a.b')] }))
      .to.match(/^resumeTraining: a callback with a state needs a name of letters, digits, _ and -; got a\.b/);
    await saveTraining(path, state({ model, ema: new ExponentialMovingAverage(model) }), BEGINNING);
    expect(await refusal({})).to.match(/: the file has a state of ema; nothing is given/);
    await saveTensors(path, linearModel().stateDict());
    expect(await refusal({}))
      .to.match(/^resumeTraining: .*: the file holds no training; weights alone are for loadStateDict$/);
    await saveTensors(path, linearModel().stateDict(), new Map([['training', '{"version":2}']]));
    expect(await refusal({})).to.match(/: the training is not of version 1, the one this library reads; got 2$/);
    expect(() => setRandomState({ key: [1, 2 ** 32], counter: 0 }))
      .to.throw(/^setRandomState: a state has two 32-bit words/);
    expect(() => setRandomState({ key: [1, 2], counter: -1 })).to.throw(/^setRandomState/);
  });

  /** Trains four epochs of five batches; stops after `stop` steps and goes on from the file, if told to. */
  async function run(make: () => TrainingData, stop: number | null, options: Partial<FitOptions> = {}): Promise<{
    weights: number[]; losses: number[]; data: TrainingData }> {
    const once = async (data: TrainingData, extra: readonly Callback[], resume: boolean) => {
      const model = linearModel();
      const optimizer = new AdamW(model.parameters(), { lr: 0.05 });
      const callbacks = [...extra, periodicCheckpoint({ path, everyMinutes: Infinity, everyEpoch: Infinity })];
      const from = resume ? await resumeTraining(path, { model, optimizer, callbacks }) : undefined;
      const results = await fit(model, data, { epochs: 4, optimizer, callbacks, from, ...options });
      return { weights: weightsOf(model), losses: results.map(({ trainLoss }) => trainLoss), data };
    };
    if (stop === null) return once(make(), [], false);
    const onStep: Callback['onStep'] = ({ step }, training) => (step + 1 === stop ? training.stop('') : undefined);
    await once(make(), [{ onStep }], false);
    return once(make(), [], true);
  }

  const sizes = [3, 4, 1, 4, 2];
  const kinds: Readonly<Record<string, () => TrainingData>> = {
    'batches that know nothing': () => new SeparableData(sizes),
    'data that know where they stand': () => new Positioned(sizes),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    it(`goes on after any step, with ${kind}`, async () => {
      const { weights, losses } = await run(make, null);
      for (const stop of [1, 4, 5, 6, 13, 19, 20]) {
        const resumed = await run(make, stop);
        expect(resumed.weights, `after ${stop}`).to.deep.equal(weights);
        expect(resumed.losses, `after ${stop}`).to.deep.equal(losses);
      }
      const groups = await run(make, null, { accumulate: 2 });
      for (const stop of [1, 3, 4]) {
        expect((await run(make, stop, { accumulate: 2 })).weights, `groups, ${stop}`).to.deep.equal(groups.weights);
      }
    });
  }

  it('makes no batch a second time where the data know where they stand', async () => {
    const { data } = await run(() => new Positioned(sizes), 7);
    expect(data).to.include({ seen: 13, epoch: 4, position: 0 });
  });

  it('an epoch whose batches are all done, but not its end, is ended', async () => {
    for (const make of Object.values(kinds)) {
      const want = await run(make, null);
      const model = linearModel();
      const optimizer = new AdamW(model.parameters(), { lr: 0.05 });
      // Saved after the last step of epoch 2; its end was never told.
      const crash = { onEpoch: ({ epoch }: { epoch: number }) => { if (epoch === 2) throw new Error('crash'); } };
      const checkpoint = periodicCheckpoint({ path, everyMinutes: Infinity, everySteps: 5, everyEpoch: Infinity });
      const crashing = fit(model, make(), { epochs: 4, optimizer, callbacks: [crash, checkpoint] });
      expect(await rejection(crashing)).to.equal('crash');
      const told: number[] = [];
      const from = await resumeTraining(path, { model, optimizer });
      expect([from.epoch, from.batch, from.step]).to.deep.equal([1, 5, 10]);
      const onEpoch: Callback['onEpoch'] = ({ epoch }) => void told.push(epoch);
      const results = await fit(model, make(), { epochs: 4, optimizer, from, onEpoch });
      expect(told).to.deep.equal([2, 3, 4]);
      expect(results.map(({ trainLoss }) => trainLoss)).to.deep.equal(want.losses);
      expect(weightsOf(model)).to.deep.equal(want.weights);
    }
  });

  it('one that was stopped early stays stopped; a finished one does nothing', async () => {
    const model = linearModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const make = (): readonly Callback[] =>
      [earlyStopping({ metric: 'trainLoss', mode: 'max', patience: 0 }), periodicCheckpoint({ path })];
    const go = async (epochs: number, resume: boolean): Promise<number> => {
      const callbacks = make();
      const from = resume ? await resumeTraining(path, { model, optimizer, callbacks }) : undefined;
      return (await fit(model, new SeparableData(sizes), { epochs, optimizer, callbacks, from })).length;
    };
    expect(await go(9, false)).to.equal(2);
    const before = weightsOf(model);
    expect(await go(9, true)).to.equal(2);
    expect(await go(2, true)).to.equal(2);
    expect(weightsOf(model)).to.deep.equal(before);
  });

  it('a stopped training leaves the data at the first batch that it has not trained on', async () => {
    const data = new Positioned(sizes);
    const model = linearModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const onStep: Callback['onStep'] = ({ step }, training) => (step === 4 ? training.stop('') : undefined);
    await fit(model, data, { epochs: 4, optimizer, accumulate: 2, onStep });
    expect(data).to.include({ epoch: 1, position: 4, seen: 10 });
  });
});
