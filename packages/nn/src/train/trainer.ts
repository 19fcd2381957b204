/** The training loop, and the evaluation loop, over anything that yields batches. */
import { argmax, scope } from '@vitrine/tensor';
import { noGrad, softmax } from '@vitrine/autograd';
import type { ExponentialMovingAverage } from '../ema.js';
import { crossEntropy } from '../losses/index.js';
import type { Module } from '../module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { Schedule } from '../optim/schedules.js';
import type { Callback, EpochResult, TrainingPosition } from './callback.js';
import type { Batch, TrainingData } from './data.js';
import { Run } from './run.js';
import { Stepper } from './step.js';
import type { Criterion } from './step.js';

export type { Batch } from './data.js';

export interface FitOptions {
  /** Of the whole training, those before it was resumed included. */
  readonly epochs: number;
  readonly optimizer: Optimizer;
  /** Learning rate by step; the optimizer's own if not given. */
  readonly schedule?: Schedule | undefined;
  /** The mean over a batch. Default: cross-entropy without smoothing. */
  readonly loss?: Criterion | undefined;
  /**
   * Batches a step: the optimizer sees the gradient of the mean loss over the images of all of them, for the memory of
   * one. Batch norm still normalises each by its own statistics, and moves its running ones once a batch: with it,
   * eight batches of 4 are not one of 32. Default 1.
   */
  readonly accumulate?: number | undefined;
  /** The gradient, as one vector of all parameters, gets no longer than this. */
  readonly clipNorm?: number | undefined;
  /** Averages to update after every step. */
  readonly ema?: ExponentialMovingAverage | undefined;
  /** Where to go on: what `resumeTraining` returned. */
  readonly from?: TrainingPosition | undefined;
  /** Stops between two steps: `fit` then returns what there is. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: Callback['onStep'] | undefined;
  /** Runs after every whole epoch, with the model in training mode before and after. */
  readonly onEpoch?: Callback['onEpoch'] | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
}

/**
 * Trains: for every batch, forward, loss, backward, step. The whole loop, without reporting and stopping, is
 *
 *     for (let epoch = 0; epoch < epochs; epoch++) {
 *       for await (const { images, labels } of data) {
 *         optimizer.lr = schedule(step++);
 *         const loss = crossEntropy(model.call(images), labels);
 *         loss.backward();
 *         clipGradNorm(model.parameters(), clipNorm);
 *         optimizer.step();
 *         optimizer.zeroGrad();
 *         ema.update();
 *       }
 *     }
 *
 * of which schedule, clipping and averages are left out unless they are given. Returns the results of all whole epochs,
 * those before `from` included. Whoever writes a loop of their own has `saveTraining` and `resumeTraining` as well.
 *
 * Throws a DivergedError when the loss is NaN or infinite. It names the step, and what in it came first: the module
 * whose output was not finite, a parameter, or the data. The model is then as it was before that step.
 */
export async function fit(model: Module, data: TrainingData, options: FitOptions): Promise<readonly EpochResult[]> {
  const { epochs, optimizer, schedule, loss: criterion = crossEntropy, accumulate = 1, clipNorm, ema } = options;
  if (!Number.isInteger(accumulate) || accumulate < 1) {
    throw new RangeError(`fit: accumulate is a number of batches, 1 or more; got ${accumulate}`);
  }
  if (clipNorm !== undefined && !(clipNorm > 0)) throw new RangeError(`fit: clipNorm is above 0; got ${clipNorm}`);
  const stepper = new Stepper(model, { optimizer, criterion, clipNorm, ema });
  const run = new Run(model, data, options);
  await run.start();
  while (run.epoch < epochs && !run.stopped) {
    model.train();
    for await (const batches of run.groups(accumulate)) {
      if (schedule !== undefined) optimizer.lr = schedule(run.step);
      const outcome = stepper.trainStep(batches, run.step);
      await run.afterStep(outcome, batches.length);
    }
    if (!run.interrupted) await run.afterEpoch();
  }
  return run.end();
}

/** A function, because the compiler takes a property read twice in a row to be unchanged. */
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

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
