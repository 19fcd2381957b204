/** The evaluation loop, over anything that yields batches. */
import { flip, formatShape, logSumExp, scope, stack, sub, topK } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { logSoftmax, noGrad } from '@vitrine/autograd';
import { nll } from '../losses/index.js';
import { rememberModes } from '../modes.js';
import type { Module } from '../module.js';
import { wholePass } from './data.js';
import type { Batch, TrainingData } from './data.js';

export interface EvaluateOptions {
  /** Stops between two batches: `evaluate` then returns what there is. */
  readonly signal?: AbortSignal;
  /**
   * Test-time flip: every image is seen twice, as it is and mirrored left to right; its probabilities are the mean of
   * both. Takes twice the time.
   */
  readonly flip?: boolean;
  /** A label among this many most probable classes counts for `topKAccuracy`. Default 5; all where there are fewer. */
  readonly topK?: number;
}

export interface Evaluation {
  /** Mean of −log(probability of the true class), in nats: the cross-entropy. */
  readonly loss: number;
  /** Share of images whose most probable class is the true one (top-1). */
  readonly accuracy: number;
  /** Share of images whose true class is among the k most probable ones (top-5, if not told otherwise). */
  readonly topKAccuracy: number;
  /** That k: the option's, or the number of classes where they are fewer, and then the share is 1. */
  readonly topK: number;
  /** For every image, in the order of the data. */
  readonly labels: Uint32Array;
  readonly predictions: Uint32Array;
  /** Probability of the predicted class. */
  readonly confidences: Float32Array;
}

/** What batches add to. Of the probabilities only the largest is kept: all that calibration and confusions need. */
interface Tally {
  loss: number;
  topK: number;
  amongTopK: number;
  readonly labels: number[];
  readonly predictions: number[];
  readonly confidences: number[];
}

/**
 * Runs the model over the data in evaluation mode, without gradients. Leaves every module in the mode it was in, and
 * data that know where they stand where they stood: all of them are seen, and a training on the same data does not
 * notice. Of equally probable classes the first is predicted.
 *
 * With an aborted `signal` it returns the images seen until then. Throws if the data are empty, or if labels are
 * probabilities `[N,K]`, as mixing images makes them: what is right or wrong then is not defined.
 */
export async function evaluate(
  model: Module, data: TrainingData, { signal, flip: flips = false, topK: k = 5 }: EvaluateOptions = {},
): Promise<Evaluation> {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`evaluate: topK is a whole number >= 1; got ${k}`);
  const tally: Tally = { loss: 0, topK: k, amongTopK: 0, labels: [], predictions: [], confidences: [] };
  await inEvaluation(model, async () => {
    for await (const batch of wholePass(data)) {
      if (signal?.aborted === true) break;
      evaluateBatch(model, batch, flips, tally);
    }
  });
  const { labels, predictions, confidences } = tally;
  if (labels.length === 0 && signal?.aborted !== true) throw new Error('evaluate: the data yielded no batches');
  const right = labels.filter((label, i) => label === predictions[i]).length;
  return {
    loss: tally.loss / labels.length,
    accuracy: right / labels.length,
    topKAccuracy: tally.amongTopK / labels.length,
    topK: tally.topK,
    labels: Uint32Array.from(labels),
    predictions: Uint32Array.from(predictions),
    confidences: Float32Array.from(confidences),
  };
}

/** Adds a batch to the tally. */
function evaluateBatch(model: Module, { images, labels }: Batch, flips: boolean, tally: Tally): void {
  const truths = classIndices('evaluate', labels);
  scope(() => noGrad(() => {
    const logProbs = flips
      ? logMean(logProbabilities(model, images), logProbabilities(model, mirrored(images)))
      : logProbabilities(model, images);
    tally.loss += nll(logProbs, labels, { reduction: 'sum' }).item(); // checks shapes and labels, too
    const k = (tally.topK = Math.min(tally.topK, logProbs.shape[1]));
    const best = topK(logProbs, k);
    const [classes, scores] = [best.indices.toFloat32Array(), best.values.toFloat32Array()];
    truths.forEach((truth, i) => {
      if (classes.subarray(i * k, (i + 1) * k).includes(truth)) tally.amongTopK++;
      tally.labels.push(truth);
      tally.predictions.push(classes[i * k]);
      tally.confidences.push(Math.exp(scores[i * k]));
    });
  }), 'evaluation step');
}

const logProbabilities = (model: Module, images: Tensor): Tensor => logSoftmax(model.call(images)).value;

/** log((exp a + exp b)/2), without leaving the logarithms: a probability of 1e-50 would be none in float32. */
const logMean = (a: Tensor, b: Tensor): Tensor => sub(logSumExp(stack([a, b]), { axes: 0 }), Math.log(2));

/** `[N,H,W,C]` → the same, left and right exchanged. */
export function mirrored(images: Tensor): Tensor {
  if (images.rank !== 4) {
    throw new RangeError(`flip: only images [N,H,W,C] have a mirror image; got ${formatShape(images.shape)}`);
  }
  return flip(images, 2);
}

/** Class indices `[N]` as numbers. Throws for probabilities `[N,K]`. */
export function classIndices(op: string, labels: Tensor): Float32Array {
  if (labels.rank === 1) return labels.toFloat32Array();
  const got = formatShape(labels.shape);
  throw new RangeError(`${op}: labels are one class index an image, [N]; got ${got}; take a loader that does not mix`);
}

/** Runs `body` with the model in evaluation mode; then every module is in the mode it was in, also after an error. */
export async function inEvaluation<T>(model: Module, body: () => Promise<T>): Promise<T> {
  const restoreModes = rememberModes(model);
  model.eval();
  try {
    return await body();
  } finally {
    restoreModes();
  }
}
