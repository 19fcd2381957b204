/** The training loop on a task small enough to know the answer. */
import { mul } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import {
  AdamW, BatchNorm2d, GlobalAveragePool, Linear, SGD, Sequential, constant, crossEntropy, DivergedError,
  evaluate, fit,
} from '@vitrine/nn';
import type { Batch, EpochResult, FitOptions, StepResult } from '@vitrine/nn';
import { Random, fromArray, info, manualSeed, zeros } from '@vitrine/tensor';
import { expect } from 'chai';
import { rejection } from './data-samples.js';

/**
 * Images [N,2,2,2] whose first channel is brighter in class 0, whose second in class 1: linearly separable, with a gap.
 * Can be iterated any number of times, the same each time.
 */
const separable = (batches: number, batchSize = 8): AsyncIterable<Batch> => ({
  async *[Symbol.asyncIterator]() {
    const random = new Random(4);
    for (let batch = 0; batch < batches; batch++) {
      const labels = Array.from({ length: batchSize }, () => random.integer(2));
      const images = labels.flatMap((label) =>
        Array.from({ length: 8 }, (_, i) => random.uniform() + (i % 2 === label ? 1.5 : 0)));
      await Promise.resolve();
      yield { images: fromArray(images, [batchSize, 2, 2, 2]), labels: fromArray(labels) };
    }
  },
});

const makeModel = (): Sequential => {
  manualSeed(2);
  return new Sequential(new BatchNorm2d(2), new GlobalAveragePool(), new Linear(2, 2));
};

const weights = (model: Sequential): number[][] =>
  model.parameters().map(({ value }) => Array.from(value.toFloat32Array()));

describe('trainer: fit', () => {
  const fitting = (
    options: Partial<FitOptions> & { readonly model?: Sequential; readonly data?: AsyncIterable<Batch> } = {},
  ): Promise<readonly EpochResult[]> => {
    const { model = makeModel(), data = separable(5), ...rest } = options;
    return fit(model, data, { epochs: 2, optimizer: new SGD(model.parameters(), { lr: 0.1 }), ...rest });
  };

  it('learns a linearly separable task', async () => {
    const model = makeModel();
    model.loadStateDict(new Map([['2.weight', zeros([2, 2])], ['2.bias', zeros([2])]]), { strict: false });
    const before = await evaluate(model, separable(10));
    expect(before.loss).to.be.closeTo(Math.log(2), 1e-6);
    const results = await fitting({ model, epochs: 8, optimizer: new AdamW(model.parameters(), { lr: 0.05 }) });
    const after = await evaluate(model, separable(10));
    expect(before.accuracy).to.be.below(0.9);
    expect(after.accuracy).to.equal(1);
    expect(after.loss).to.be.below(before.loss / 3);
    expect(results.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(results[7].trainLoss).to.be.below(results[0].trainLoss);
  });

  it('does what the loop in its documentation does', async () => {
    const [one, other] = [makeModel(), makeModel()];
    await fitting({ model: one });
    const optimizer = new SGD(other.parameters(), { lr: 0.1 });
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { images, labels } of separable(5)) {
        const loss = crossEntropy(other.call(images), labels);
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
    }
    expect(weights(one)).to.deep.equal(weights(other));
  });

  it('reports every step and every epoch', async () => {
    const steps: StepResult[] = [];
    const epochs: EpochResult[] = [];
    const results = await fitting({
      data: separable(3, 4), schedule: (step) => 0.1 / (step + 1),
      onStep: (step) => steps.push(step), onEpoch: (epoch) => void epochs.push(epoch),
    });
    expect(steps.map(({ step, epoch, images }) => [step, epoch, images]))
      .to.deep.equal([[0, 1, 4], [1, 1, 4], [2, 1, 4], [3, 2, 4], [4, 2, 4], [5, 2, 4]]);
    expect(steps.map(({ learningRate }) => learningRate))
      .to.deep.equal([0, 1, 2, 3, 4, 5].map((step) => 0.1 / (step + 1)));
    expect(epochs).to.deep.equal(results);
    results.forEach(({ trainLoss, learningRate, imagesPerSecond, seconds }, i) => {
      expect(trainLoss).to.be.closeTo((steps[3 * i].loss + steps[3 * i + 1].loss + steps[3 * i + 2].loss) / 3, 1e-6);
      expect(learningRate).to.equal(steps[3 * i + 2].learningRate);
      expect(imagesPerSecond * seconds).to.be.closeTo(12, 1e-6);
    });
  });

  it('trains in training mode, whatever onEpoch leaves', async () => {
    const model = makeModel();
    const modes: boolean[] = [];
    await fitting({
      model: model.eval(),
      onStep: () => modes.push(model.layers[0].training),
      onEpoch: () => void model.eval(),
    });
    expect(modes).to.deep.equal(new Array(10).fill(true));
  });

  it('waits for onEpoch', async () => {
    const order: string[] = [];
    await fitting({
      data: separable(1), onStep: ({ step }) => order.push(`step ${step}`),
      onEpoch: async ({ epoch }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push(`epoch ${epoch}`);
      },
    });
    expect(order).to.deep.equal(['step 0', 'epoch 1', 'step 1', 'epoch 2']);
  });

  for (const poison of [NaN, Infinity]) {
    it(`a loss of ${poison} ends it, names the step, and leaves the parameters untouched`, async () => {
      const model = makeModel();
      let calls = 0;
      const loss = (logits: Variable, labels: Batch['labels']): Variable => {
        const value = crossEntropy(logits, labels);
        return calls++ === 3 ? mul(value, poison) : value;
      };
      const seen: number[][][] = [];
      const error: unknown = await fitting({ model, loss, onStep: () => seen.push(weights(model)) })
        .catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(DivergedError).with.property('message')
        .matches(new RegExp(`^fit: the loss is ${poison} at step 3; try a smaller learning rate`));
      expect(seen).to.have.length(3);
      expect(weights(model)).to.deep.equal(seen[2]);
      expect(model.parameters().every(({ grad }) => grad === null)).to.equal(true);
    });
  }

  it('diverges of itself at an absurd learning rate', async () => {
    const model = makeModel();
    const error: unknown = await fitting({ model, epochs: 50, schedule: constant(1e30) })
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(DivergedError);
  });

  it('stops between two steps when told, and returns the whole epochs', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const results = await fitting({
      epochs: 10, signal: controller.signal,
      onStep: ({ step }) => {
        steps.push(step);
        if (step === 6) controller.abort();
      },
    });
    expect(steps).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(results.map(({ epoch }) => epoch)).to.deep.equal([1]);
  });

  it('does nothing when told before it began, or for no epochs', async () => {
    const model = makeModel();
    const before = weights(model);
    expect(await fitting({ model, signal: AbortSignal.abort() })).to.deep.equal([]);
    expect(await fitting({ model, epochs: 0 })).to.deep.equal([]);
    expect(weights(model)).to.deep.equal(before);
  });

  it('refuses data without a batch', async () => {
    expect(await rejection(fitting({ data: separable(0) })))
      .to.match(/^fit: the data yielded no batches; is the batch/);
    const once = separable(2)[Symbol.asyncIterator]();
    expect(await rejection(fitting({ data: { [Symbol.asyncIterator]: () => once } })))
      .to.match(/^fit: the data yielded no batches in epoch 2; a generator runs but once: give an object/);
  });

  it('refuses a number of epochs that is none', async () => {
    for (const epochs of [NaN, 2.5, -1, Infinity]) {
      expect(await rejection(fitting({ epochs }))).to.match(/^fit: epochs is a whole number >= 0; got /);
    }
  });

  it('leaves nothing but parameters, their optimizer\'s memory and the batches behind', async () => {
    const model = makeModel();
    const counts: number[] = [];
    const batches: Batch[] = [];
    for await (const batch of separable(6)) batches.push(batch);
    const data = { [Symbol.asyncIterator]: () => (async function* () { yield* batches; })() };
    await fitting({ model, data, onStep: () => counts.push(info().heap.liveTensors) });
    expect(Math.max(...counts.slice(1))).to.be.at.most(counts[0]);
  });
});
