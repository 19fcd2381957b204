/** The training loop, over anything that yields batches. */
import type { ExponentialMovingAverage } from '../ema.js';
import { crossEntropy } from '../losses/index.js';
import type { Module } from '../module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { Schedule } from '../optim/schedules.js';
import type { Callback, EpochResult, TrainingPosition } from './callback.js';
import type { TrainingData } from './data.js';
import { Run } from './run.js';
import { Stepper } from './step.js';
import type { Criterion } from './step.js';

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
 *         model.zeroGrad();
 *         ema.update();
 *       }
 *     }
 *
 * of which schedule, clipping and averages are left out unless they are given. Returns the results of all whole epochs,
 * those before `from` included. Data that were left in the middle of an epoch are taken up there. Whoever writes a loop
 * of their own has `saveTraining` and `resumeTraining` as well.
 *
 * Throws a DivergedError when the loss is NaN or infinite. It names the step, and what in it came first: the module
 * whose output was not finite, a parameter, or the data. The model is then as it was before that step. What a finite
 * loss has made of the parameters is looked at once an epoch, and before a checkpoint is written.
 */
export async function fit(model: Module, data: TrainingData, options: FitOptions): Promise<readonly EpochResult[]> {
  const { epochs, optimizer, schedule, loss: criterion = crossEntropy, accumulate = 1, clipNorm, ema } = options;
  if (!Number.isInteger(epochs) || epochs < 0) {
    throw new RangeError(`fit: epochs is a whole number >= 0; got ${epochs}`);
  }
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
