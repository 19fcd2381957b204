/** The evaluation loop, on models whose logits are known. */
import { mul, reshape } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { BatchNorm2d, Dropout, GlobalAveragePool, Linear, Module, Sequential, evaluate } from '@vitrine/nn';
import type { Batch, EvaluateOptions, Evaluation } from '@vitrine/nn';
import { fromArray, info, zeros } from '@vitrine/tensor';
import { expect } from 'chai';
import { rejection } from './data-samples.js';

/** The same batches each time. */
const batches = (...list: readonly (() => Batch)[]): AsyncIterable<Batch> => ({
  async *[Symbol.asyncIterator]() {
    for (const make of list) {
      await Promise.resolve();
      yield make();
    }
  },
});

/** A model whose logits are the channels of an image of one pixel, and images with these logits. */
const readOff = new GlobalAveragePool();
const withLogits = (logits: readonly (readonly number[])[], labels: readonly number[]): AsyncIterable<Batch> =>
  batches(() => ({
    images: fromArray(logits.flat(), [logits.length, 1, 1, logits[0].length]), labels: fromArray(labels),
  }));

/** The label has the third largest logit of six, the smallest, the largest, the second largest. */
const LOGITS = [
  [2, 1, 0, -1, 3, 0.5],
  [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  [5, 4, 3, 2, 1, 0],
  [-1, -2, 1, 2, 1.5, 0],
];
const LABELS = [1, 0, 0, 4];
/** PyTorch 1.13 in float64: `cross_entropy`, and the largest of `softmax`. */
const WANT = { loss: 1.5734159819151339, confidences: [0.6048, 0.2109, 0.6337, 0.4592] };

/** Of images of two pixels, left and right, the logits are left and 2·right: a model that mirroring confuses. */
class Sided extends Module {
  forward(x: Variable): Variable {
    return mul(reshape(x, [x.shape[0], 2]), fromArray([1, 2]));
  }
}

const evaluateLogits = (options: EvaluateOptions = {}): Promise<Evaluation> =>
  evaluate(readOff, withLogits(LOGITS, LABELS), options);

describe('evaluate', () => {
  /** Class 1 gets log 3 where the mean of the only channel is 1: probabilities 1/4 and 3/4. */
  const model = new Sequential(new Dropout(0.9), new GlobalAveragePool(), new Linear(1, 2));
  model.loadStateDict(new Map([['2.weight', fromArray([0, Math.log(3)], [1, 2])], ['2.bias', fromArray([0, 0])]]));
  const data = batches(
    () => ({ images: fromArray([1, 1], [2, 1, 1, 1]), labels: fromArray([1, 0]) }),
    () => ({ images: fromArray([-1], [1, 1, 1, 1]), labels: fromArray([0]) }),
  );
  const empty = batches();

  it('gives loss, accuracy, predictions and confidences in the order of the data', async () => {
    const { loss, accuracy, labels, predictions, confidences } = await evaluate(model, data);
    expect([...labels]).to.deep.equal([1, 0, 0]);
    expect([...predictions]).to.deep.equal([1, 1, 0]);
    for (const confidence of confidences) expect(confidence).to.be.closeTo(0.75, 1e-6);
    expect(accuracy).to.be.closeTo(2 / 3, 1e-12);
    expect(loss).to.be.closeTo((-2 * Math.log(0.75) - Math.log(0.25)) / 3, 1e-6);
  });

  it('is what PyTorch says: cross-entropy, the largest probability, the k largest logits', async () => {
    const { loss, predictions, confidences } = await evaluateLogits();
    expect(loss).to.be.closeTo(WANT.loss, 1e-6);
    expect([...predictions]).to.deep.equal([4, 5, 0, 3]);
    confidences.forEach((confidence, i) => expect(confidence, `image ${i}`).to.be.closeTo(WANT.confidences[i], 5e-5));
    for (const [topK, share] of [[1, 1 / 4], [2, 2 / 4], [3, 3 / 4], [5, 3 / 4], [6, 1]]) {
      const evaluation = await evaluateLogits({ topK });
      expect([evaluation.topK, evaluation.topKAccuracy, evaluation.accuracy], `topK ${topK}`)
        .to.deep.equal([topK, share, 1 / 4]);
    }
    expect((await evaluateLogits()).topK).to.equal(5);
  });

  it('of two classes both are among the top 5, and it says that it took 2', async () => {
    const { topK, topKAccuracy } = await evaluate(model, data);
    expect([topK, topKAccuracy]).to.deep.equal([2, 1]);
  });

  it('of equal logits the first class is predicted, and counts', async () => {
    const ties = withLogits([[1, 1, 1], [0, 1, 1]], [0, 2]);
    const { predictions, accuracy, topKAccuracy } = await evaluate(readOff, ties, { topK: 1 });
    expect([...predictions]).to.deep.equal([0, 1]);
    expect([accuracy, topKAccuracy]).to.deep.equal([0.5, 0.5]);
  });

  it('is exact where a probability is no float32: e^−200 costs 200, and 1 stays 1', async () => {
    const { loss, confidences } = await evaluate(readOff, withLogits([[200, 0]], [1]), { flip: true });
    expect(confidences[0]).to.equal(1);
    expect(loss).to.be.closeTo(200, 1e-4);
  });

  it('test-time flip: the mean of the probabilities of the image and its mirror image', async () => {
    const softmax = (a: number, b: number): number[] => [a, b].map((z) => Math.exp(z) / (Math.exp(a) + Math.exp(b)));
    const mean = (left: number, right: number): number[] => {
      const [one, other] = [softmax(left, 2 * right), softmax(right, 2 * left)];
      return one.map((p, i) => (p + other[i]) / 2);
    };
    const [first, second] = [mean(0, 2), mean(3, 1)];
    const sided = batches(() => ({ images: fromArray([0, 2, 3, 1], [2, 1, 2, 1]), labels: fromArray([1, 0]) }));
    const plain = await evaluate(new Sided(), sided);
    const { predictions, confidences, loss } = await evaluate(new Sided(), sided, { flip: true });
    expect([...plain.predictions]).to.deep.equal([1, 0]);
    expect([...predictions]).to.deep.equal([first[0] > first[1] ? 0 : 1, second[0] > second[1] ? 0 : 1]);
    expect(confidences[0]).to.be.closeTo(Math.max(...first), 1e-6);
    expect(confidences[1]).to.be.closeTo(Math.max(...second), 1e-6);
    expect(loss).to.be.closeTo(-(Math.log(first[1]) + Math.log(second[0])) / 2, 1e-6);
    expect(Math.abs(loss - plain.loss)).to.be.greaterThan(0.1);
  });

  it('leaves every module in the mode it was in, also after an error', async () => {
    const modes = (): boolean[] => Array.from(model.namedModules(), ([, { training }]) => training);
    model.train();
    model.layers[1].eval();
    const before = modes();
    await evaluate(model, data);
    expect(modes()).to.deep.equal(before);
    const broken = batches(() => ({ images: fromArray([1], [1]), labels: fromArray([1]) }));
    expect(await rejection(evaluate(model, broken))).to.match(/globalAveragePool/);
    expect(modes()).to.deep.equal(before);
  });

  it('computes no gradients, changes no statistics, leaves nothing behind', async () => {
    const norm = new Sequential(new BatchNorm2d(2), new GlobalAveragePool(), new Linear(2, 2));
    const given: Batch = { images: fromArray([1, 2, 3, 4, 5, 6, 7, 9], [2, 1, 2, 2]), labels: fromArray([0, 1]) };
    const before = [...norm.stateDict().values()].map((value) => value.toFloat32Array());
    const live = info().heap.liveTensors;
    await evaluate(norm, batches(() => given), { flip: true });
    expect(info().heap.liveTensors).to.be.at.most(live);
    expect([...norm.stateDict().values()].map((value) => value.toFloat32Array())).to.deep.equal(before);
    expect(norm.parameters().every(({ grad }) => grad === null)).to.equal(true);
  });

  it('stops when told; refuses data without a batch', async () => {
    expect((await evaluate(model, data, { signal: AbortSignal.abort() })).labels).to.have.length(0);
    expect(await rejection(evaluate(model, empty))).to.match(/^evaluate: the data yielded no batches/);
  });

  it('refuses labels that are no class or probabilities, a flip of what is no image, an odd topK', async () => {
    const one = fromArray([1, 2], [1, 1, 1, 2]);
    const soft = batches(() => ({ images: one, labels: fromArray([0.5, 0.5], [1, 2]) }));
    expect(await rejection(evaluate(readOff, soft)))
      .to.match(/^evaluate: labels are one class index an image, \[N\]; got \[1,2\]; take a loader that does not mix$/);
    expect(await rejection(evaluate(readOff, withLogits([[1, 2]], [2]))))
      .to.match(/label 2 at index 0 is not one of the 2 classes/);
    const flat = batches(() => ({ images: zeros([2, 1]), labels: fromArray([0, 1]) }));
    expect(await rejection(evaluate(new Linear(1, 2), flat, { flip: true })))
      .to.match(/^flip: only images \[N,H,W,C\] have a mirror image; got \[2,1\]$/);
    for (const topK of [0, 1.5, NaN]) {
      expect(await rejection(evaluateLogits({ topK }))).to.match(/^evaluate: topK is a whole number >= 1; got /);
    }
  });
});
