/** The training loop, and the evaluation loop, over anything that yields batches. */
import { argmax, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { noGrad, softmax } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { crossEntropy } from '../losses/index.js';
import type { Module } from '../module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { Schedule } from '../optim/schedules.js';

/** Images `[N,H,W,C]` with a class index each, `[N]`. */
export interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

export interface StepResult {
  /** Counted from 0 over the whole training. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly images: number;
}

export interface EpochResult {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's images. */
  readonly trainLoss: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly learningRate: number;
}

export interface FitOptions {
  readonly epochs: number;
  readonly optimizer: Optimizer;
  /** Learning rate by step; the optimizer's own if not given. */
  readonly schedule?: Schedule;
  /** Default: cross-entropy without smoothing. */
  readonly loss?: (logits: Variable, labels: Tensor) => Variable;
  /** Stops between two steps: `fit` then returns what there is. */
  readonly signal?: AbortSignal;
  readonly onStep?: (result: StepResult) => void;
  /** Runs after every whole epoch, with the model in training mode before and after. */
  readonly onEpoch?: (result: EpochResult) => void | Promise<void>;
}

/** Thrown when the loss is not a number any more. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/**
 * Trains: for every batch, forward, loss, backward, step. The whole loop, without reporting and stopping, is
 *
 *     for await (const { images, labels } of data) {
 *       const loss = crossEntropy(model.call(images), labels);
 *       loss.backward();
 *       optimizer.step();
 *       optimizer.zeroGrad();
 *     }
 *
 * `data` is iterated once an epoch. Throws a DivergedError naming the step when the loss is NaN or infinite, before the
 * parameters are touched.
 */
export async function fit(model: Module, data: AsyncIterable<Batch>, options: FitOptions): Promise<readonly EpochResult[]> {
  const { epochs, optimizer, schedule, loss: criterion = crossEntropy, signal, onStep, onEpoch } = options;
  const results: EpochResult[] = [];
  let step = 0;
  for (let epoch = 1; epoch <= epochs && !isAborted(signal); epoch++) {
    model.train();
    const started = performance.now();
    let total = 0;
    let images = 0;
    for await (const batch of data) {
      if (isAborted(signal)) return results;
      if (schedule !== undefined) optimizer.lr = schedule(step);
      const loss = trainStep(model, batch, optimizer, criterion, step);
      const count = batch.images.shape[0];
      total += loss * count;
      images += count;
      onStep?.({ step, epoch, loss, learningRate: optimizer.lr, images: count });
      step++;
    }
    if (images === 0) throw new Error('fit: the data yielded no batches; is the batch larger than the data set, with dropLast?');
    const seconds = (performance.now() - started) / 1000;
    const result = { epoch, trainLoss: total / images, seconds, imagesPerSecond: images / seconds, learningRate: optimizer.lr };
    results.push(result);
    await onEpoch?.(result);
  }
  return results;
}

/** A function, because the compiler takes a property read twice in a row to be unchanged. */
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** One step; everything it makes is released before it returns. */
function trainStep(model: Module, { images, labels }: Batch, optimizer: Optimizer, criterion: (logits: Variable, labels: Tensor) => Variable, step: number): number {
  return scope(() => {
    const loss = criterion(model.call(images), labels);
    const value = loss.item();
    if (!Number.isFinite(value)) throw new DivergedError(`fit: the loss is ${value} at step ${step}; try a smaller learning rate or a longer warm-up`);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return value;
  }, 'training step');
}

export interface Evaluation {
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Share of images whose most probable class is the true one. */
  readonly accuracy: number;
  /** For every image, in the order of the data. */
  readonly labels: Uint32Array;
  readonly predictions: Uint32Array;
  /** Probability of the predicted class. */
  readonly confidences: Float32Array;
}

/**
 * Runs the model over the data in evaluation mode, without gradients. Leaves every module in the mode it was in.
 * With an aborted `signal` it stops between two batches and returns what there is; throws if the data are empty.
 */
export async function evaluate(model: Module, data: AsyncIterable<Batch>, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Evaluation> {
  const modes = Array.from(model.namedModules(), ([, module]) => [module, module.training] as const);
  model.eval();
  const labels: number[] = [];
  const predictions: number[] = [];
  const confidences: number[] = [];
  let total = 0;
  try {
    for await (const batch of data) {
      if (isAborted(signal)) break;
      total += evaluateBatch(model, batch, predictions, confidences) * batch.images.shape[0];
      labels.push(...batch.labels.toFloat32Array());
    }
  } finally {
    for (const [module, mode] of modes) module.training = mode;
  }
  if (labels.length === 0 && !isAborted(signal)) throw new Error('evaluate: the data yielded no batches');
  const right = labels.filter((label, i) => label === predictions[i]).length;
  return {
    loss: total / labels.length,
    accuracy: right / labels.length,
    labels: Uint32Array.from(labels),
    predictions: Uint32Array.from(predictions),
    confidences: Float32Array.from(confidences),
  };
}

function evaluateBatch(model: Module, { images, labels }: Batch, predictions: number[], confidences: number[]): number {
  return scope(() => noGrad(() => {
    const logits = model.call(images);
    const classes = logits.shape[1];
    const chosen = argmax(logits.value, 1).toFloat32Array();
    const probabilities = softmax(logits).value.toFloat32Array();
    predictions.push(...chosen);
    confidences.push(...chosen.map((prediction, i) => probabilities[i * classes + prediction]));
    return crossEntropy(logits, labels).item();
  }), 'evaluation step');
}
