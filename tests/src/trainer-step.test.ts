/** What one step of the trainer does: several batches, clipping, averages, and finding out where a NaN came from. */
import { EfficientNet } from '@vitrine/efficientnet';
import { Variable, add, div, mul, sqrt, sub, sum } from '@vitrine/autograd';
import {
  AdamW, BatchNorm2d, DivergedError, Dropout, ExponentialMovingAverage, GlobalAveragePool, Linear, Module, SGD,
  Sequential, clipGradNorm, crossEntropy, fit, periodicCheckpoint,
} from '@vitrine/nn';
import type { Batch, EpochResult, FitOptions, StepResult } from '@vitrine/nn';
import { Random, concat, fromArray, full, info, manualSeed, randn, randomState, zeros } from '@vitrine/tensor';
import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from './data-samples.js';
import { SeparableData, linearModel, weightsOf } from './support/separable.js';

/** The batches joined, `size` of them at a time. */
async function* joined(data: AsyncIterable<Batch>, size: number): AsyncGenerator<Batch, void, undefined> {
  const batches: Batch[] = [];
  for await (const batch of data) batches.push(batch);
  for (let i = 0; i < batches.length; i += size) {
    const group = batches.slice(i, i + size);
    const [images, labels] = [group.map((batch) => batch.images), group.map((batch) => batch.labels)];
    yield { images: concat(images, 0), labels: concat(labels, 0) };
  }
}

const train = async (
  data: AsyncIterable<Batch>, options: Partial<FitOptions> = {}, model = linearModel(),
): Promise<{ weights: number[]; steps: StepResult[] }> => {
  const steps: StepResult[] = [];
  const optimizer = new SGD(model.parameters(), { lr: 0.3, momentum: 0.9 });
  await fit(model, data, { epochs: 1, optimizer, onStep: (step) => steps.push(step), ...options });
  return { weights: weightsOf(model), steps };
};

const repeated = (batch: Batch, times = 1): AsyncIterable<Batch> => ({
  async *[Symbol.asyncIterator]() {
    for (let i = 0; i < times; i++) yield batch;
  },
});

const expectNear = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).to.equal(want.length);
  expect(Math.max(...got.map((value, i) => Math.abs(value - want[i])))).to.be.at.most(1e-6);
};

describe('trainer: steps', () => {
  it('accumulated batches, of unequal sizes too, are one large batch', async () => {
    for (const sizes of [[4, 4, 4, 4, 4, 4], [4, 2, 1, 8, 3, 5, 7]]) {
      const small = await train(new SeparableData(sizes), { accumulate: 3 });
      const large = await train(joined(new SeparableData(sizes), 3));
      expectNear(small.weights, large.weights);
      expect(small.steps.map(({ images }) => images)).to.deep.equal(large.steps.map(({ images }) => images));
      small.steps.forEach(({ loss }, i) => expect(loss).to.be.closeTo(large.steps[i].loss, 1e-6));
      const single = await train(new SeparableData(sizes));
      expect(small.weights, 'not what one batch a step gives').not.to.deep.equal(single.weights);
    }
    expect(await rejection(train(new SeparableData([4]), { accumulate: 0 }))).to.match(/^fit: accumulate is a number/);
  });

  it('clips as clipGradNorm does, and reports the norm before', async () => {
    const model = linearModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.3, momentum: 0.9 });
    const norms: number[] = [];
    for await (const { images, labels } of new SeparableData([4, 4, 4])) {
      crossEntropy(model.call(images), labels).backward();
      norms.push(clipGradNorm(model.parameters(), 0.1));
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(Math.min(...norms)).to.be.above(0.1);
    const { weights, steps } = await train(new SeparableData([4, 4, 4]), { clipNorm: 0.1 });
    expect(weights).to.deep.equal(weightsOf(model));
    expect(steps.map(({ gradientNorm }) => gradientNorm)).to.deep.equal(norms);
    expect(await rejection(train(new SeparableData([4]), { clipNorm: 0 })))
      .to.match(/^fit: clipNorm is above 0; got 0/);
  });

  it('looks at this step\'s gradients alone, also of what the optimizer does not own', async () => {
    const batch = (await new SeparableData([4])[Symbol.asyncIterator]().next()).value as Batch;
    const model = new Sequential(new BatchNorm2d(2), ...linearModel().layers);
    crossEntropy(model.call(batch.images), batch.labels).backward(); // left over from before
    const { steps } = await train(repeated(batch, 3), {
      optimizer: new SGD(model.layers[2].parameters(), { lr: 0 }), clipNorm: 1,
    }, model);
    const [first, ...others] = steps.map(({ gradientNorm }) => gradientNorm);
    expect(first).to.be.above(0);
    expect(others).to.deep.equal([first, first]);
    expect(model.parameters().every(({ grad }) => grad === null)).to.equal(true);
  });

  it('updates the averages after every step', async () => {
    const model = linearModel();
    const ema = new ExponentialMovingAverage(model, { decay: 0.5, warmup: false });
    let want = weightsOf(model);
    const onStep = (): void => {
      const now = weightsOf(model);
      want = want.map((average, i) => 0.5 * average + 0.5 * now[i]);
    };
    await train(new SeparableData([4, 4, 4]), { ema, onStep }, model);
    expect(ema.updates).to.equal(3);
    expectNear([...ema.averages().values()].flatMap((value) => [...value.toFloat32Array()]), want);
  });

  it('leaves nothing behind when batches are accumulated', async () => {
    const model = linearModel();
    const batches: Batch[] = [];
    for await (const batch of new SeparableData([4, 2, 4, 2, 4, 2])) batches.push(batch);
    const data = { [Symbol.asyncIterator]: () => (async function* () { yield* batches; })() };
    const counts: number[] = [];
    const ema = new ExponentialMovingAverage(model);
    await train(data, { accumulate: 2, clipNorm: 1, ema, onStep: () => counts.push(info().heap.liveTensors) }, model);
    expect(counts).to.have.length(3);
    expect(Math.max(...counts)).to.equal(counts[0]);
  });

  it('overfits a batch of 8 to nothing', async () => {
    manualSeed(5);
    const model = EfficientNet.fromName('tiny-28', { dropout: 0, dropPath: 0, numClasses: 8 });
    const batch = { images: randn([8, 28, 28, 1], new Random(3)), labels: fromArray([0, 1, 2, 3, 4, 5, 6, 7]) };
    const data = repeated(batch, 60);
    const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0 });
    const losses: number[] = [];
    await fit(model, data, { epochs: 1, optimizer, onStep: ({ loss }) => losses.push(loss) });
    expect(losses[0]).to.be.above(1);
    expect(losses.at(-1)).to.be.below(1e-3);
  });
});

/** 0/0 in the third call of `forward`. */
class Breaks extends Module {
  calls = 0;

  forward(x: Variable): Variable {
    this.calls++;
    return this.calls < 3 ? x : div(sub(x, x), sub(x, x));
  }
}

class Branches extends Module {
  readonly norm = new BatchNorm2d(2);
  readonly drop = new Dropout(0.5);
  readonly blocks = [new Breaks(), new Breaks()];
  readonly pool = new GlobalAveragePool();
  readonly linear = new Linear(2, 2);

  forward(x: Variable): Variable {
    const stem = this.drop.call(this.norm.call(x));
    const body = this.blocks.reduce((value, block) => block.call(value), stem);
    return this.linear.call(this.pool.call(body));
  }
}

describe('trainer: divergence', () => {
  const diverge = async (
    model: Module, data: AsyncIterable<Batch>, options: Partial<FitOptions> = {},
  ): Promise<DivergedError> => {
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    try {
      await fit(model, data, { epochs: 1, optimizer, ...options });
    } catch (error) {
      if (error instanceof DivergedError) return error;
      throw error;
    }
    throw new Error('it did not diverge');
  };
  const stateOf = (model: Module): unknown =>
    Array.from(model.stateDict(), ([name, value]) => [name, [...value.toFloat32Array()]]);

  it('names the step and the first module whose output is not finite, and undoes the step', async () => {
    manualSeed(3);
    const model = new Branches();
    model.blocks[0].calls = -100;
    let [before, random]: [unknown, unknown] = [null, null];
    const onStep = (): void => {
      before = stateOf(model);
      random = randomState();
    };
    for (const accumulate of [1, 2]) {
      model.blocks[1].calls = 0;
      const error = await diverge(model, new SeparableData([4, 4, 4, 4]), { onStep, accumulate });
      expect(error.step).to.equal(accumulate === 1 ? 2 : 1);
      expect(error.module).to.equal('blocks.1');
      expect(error.message).to.equal(`fit: the loss is NaN at step ${error.step}; ` +
        'the first module whose output is not finite is blocks.1 (Breaks): NaN at [0,0,0,0] of [4,2,2,2]; ' +
        'try a smaller learning rate or a longer warm-up');
      expect(stateOf(model), 'weights and statistics').to.deep.equal(before);
      expect(randomState(), 'the random stream').to.deep.equal(random);
      expect(model.parameters().every(({ grad }) => grad === null), 'no gradients left').to.equal(true);
      expect([...model.namedModules()].every(([, module]) => module.training)).to.equal(true);
    }
  });

  it('looks at the very pass that went wrong: dropout drops the same', async () => {
    // The square root of minus the image where it is kept: only what is dropped is finite.
    class Fragile extends Module {
      readonly drop = new Dropout(0.5);
      readonly pool = new GlobalAveragePool();
      readonly inverse = new Inverse();
      readonly linear = new Linear(2, 2);
      forward(x: Variable): Variable {
        return this.linear.call(this.inverse.call(this.drop.call(this.pool.call(x))));
      }
    }
    class Inverse extends Module {
      readonly seen: number[][] = [];
      forward(x: Variable): Variable {
        this.seen.push([...x.value.toFloat32Array()]);
        return div(new Variable(full([1], 1)), x);
      }
    }
    manualSeed(9);
    const model = new Fragile();
    const error = await diverge(model, new SeparableData([1, 1, 1, 1, 1, 1, 1, 1]));
    expect(error.module).to.equal('inverse');
    expect(error.message).to.match(/not finite is inverse \(Inverse\): Infinity at \[0,\d\] of \[1,2\]/);
    expect(model.inverse.seen.at(-1)).to.deep.equal(model.inverse.seen.at(-2));
    expect(model.inverse.seen.at(-1)).to.include(0);
  });

  it('blames the data', async () => {
    const images = fromArray([0, 1, 2, 3, 4, 5, 6, -Infinity], [1, 2, 2, 2]);
    const error = await diverge(linearModel(), repeated({ images, labels: fromArray([1]) }));
    expect(error.message).to.equal('fit: the loss is NaN at step 0; the batch\'s images have -Infinity at [0,1,1,1] ' +
      'of [1,2,2,2]; look at what prepares the data');
    expect(error.module).to.equal(null);
    const soft = await diverge(linearModel(), repeated({
      images: zeros([1, 2, 2, 2]), labels: fromArray([0.5, NaN], [1, 2]),
    }));
    expect(soft.message).to.match(/the batch's labels have NaN at \[0,1\] of \[1,2\]/);
  });

  it('blames a parameter', async () => {
    const model = linearModel();
    model.loadStateDict(new Map([['1.bias', fromArray([0, NaN])]]), { strict: false });
    expect((await diverge(model, new SeparableData([4]))).message).to.equal(
      'fit: the loss is NaN at step 0; the parameter 1.bias has NaN at [1] of [2]; look at how it was made or loaded');
    const later = await diverge(linearModel(), new SeparableData([4, 4]), { schedule: () => 1e39 });
    expect(later.message)
      .to.match(/^fit: the loss is NaN at step 1; the parameter 1\.weight has .*; an earlier step has made it so/);
  });

  it('blames the loss', async () => {
    const loss = (logits: Variable, labels: Batch['labels']): Variable => mul(crossEntropy(logits, labels), Infinity);
    const error = await diverge(linearModel(), new SeparableData([4]), { loss });
    expect(error.message)
      .to.match(/^fit: the loss is Infinity at step 0; .*; what the model returns is finite, so look at the loss/);
    expect(error.module).to.equal(null);
  });

  /** The root of 0 is 0, and infinitely steep there: a finite loss whose gradient is NaN. */
  const steep = (logits: Variable, labels: Batch['labels']): Variable =>
    add(crossEntropy(logits, labels), sqrt(mul(sum(logits), 0)));

  it('without clipping, what a finite loss has spoilt is no end of an epoch, and no checkpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-diverged-'));
    try {
      const path = join(folder, 'training.safetensors');
      const told: number[] = [];
      const callbacks = [{ onEpoch: ({ epoch }: EpochResult) => void told.push(epoch) }, periodicCheckpoint({ path })];
      const error = await diverge(linearModel(), new SeparableData([4]), { loss: steep, callbacks });
      expect(error.message).to.match(/^fit: after 1 steps 1\.weight has NaN at \[0,0\].*, though the loss was finite;/);
      const often = [periodicCheckpoint({ path, everySteps: 1 })];
      const saved = await diverge(linearModel(), new SeparableData([4, 4]), { loss: steep, callbacks: often });
      expect(saved.message).to.contain(`; ${path} is left as it was;`);
      expect([told, existsSync(path)]).to.deep.equal([[], false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with clipping, blames a gradient that is not finite', async () => {
    const model = linearModel();
    const before = weightsOf(model);
    const error = await diverge(model, new SeparableData([4, 4]), { loss: steep, clipNorm: 1 });
    expect(error.message)
      .to.match(/^fit: the norm of the gradient is NaN at step 0; that of 1\.weight has NaN at \[0,0\]/);
    expect(weightsOf(model)).to.deep.equal(before);
    expect(model.parameters().every(({ grad }) => grad === null)).to.equal(true);
  });
});
