/** One step of a training: gradients of one batch or several, and what is made of them. */
import { clone, copyInto, full, keep, randomState, scaleInto, scope, setRandomState } from '@vitrine/tensor';
import type { RandomState, Tensor } from '@vitrine/tensor';
import type { Variable } from '@vitrine/autograd';
import type { ExponentialMovingAverage } from '../ema.js';
import type { Module } from '../module.js';
import { clipGradWithNorm, gradNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { ModuleBuffer } from '../parameter.js';
import type { Batch } from './data.js';
import { explainGradient, explainLoss } from './divergence.js';
import type { DivergedError } from './divergence.js';

/** The mean loss over a batch. */
export type Criterion = (logits: Variable, labels: Tensor) => Variable;

export interface StepSettings {
  readonly optimizer: Optimizer;
  readonly criterion: Criterion;
  readonly clipNorm: number | undefined;
  readonly ema: ExponentialMovingAverage | undefined;
}

export interface StepOutcome {
  /** Mean over the images. */
  readonly loss: number;
  readonly images: number;
  readonly gradientNorm?: number;
}

/** Makes the steps of a training. */
export class Stepper {
  readonly #model: Module;
  readonly #settings: StepSettings;
  readonly #before: StepBack;

  constructor(model: Module, settings: StepSettings) {
    this.#model = model;
    this.#settings = settings;
    this.#before = new StepBack(model);
    this.#clear();
  }

  /**
   * Forward and backward for every batch, then clipping, the optimizer, the averages. The gradient is that of the mean
   * loss over the images of all batches. Everything it makes is released before it returns. Throws a DivergedError if
   * the loss is not finite, or, with clipping, the gradient; the model is then as it was before the step.
   */
  trainStep(batches: readonly Batch[], step: number): StepOutcome {
    const { optimizer, clipNorm, ema } = this.#settings;
    const counts = batches.map(({ images }) => images.shape[0]);
    const images = counts.reduce((sum, count) => sum + count, 0);
    this.#before.note();
    // Gradients are summed in the weight of the first batch, so that one batch, or equal ones, are multiplied by 1.
    const losses = batches.map((batch, i) => this.#backward(batch, counts[i] / counts[0], step) * counts[i]);
    const loss = losses.reduce((sum, value) => sum + value, 0) / images;
    if (batches.length > 1) {
      for (const { grad } of this.#model.parameters()) if (grad !== null) scaleInto(grad, counts[0] / images);
    }
    const gradientNorm = clipNorm === undefined ? undefined : this.#clip(clipNorm, step);
    optimizer.step();
    this.#clear();
    ema?.update();
    return { loss, images, ...(gradientNorm !== undefined && { gradientNorm }) };
  }

  /** Adds weight·gradient to the parameters' gradients. Returns the loss. */
  #backward(batch: Batch, weight: number, step: number): number {
    const random = randomState();
    const value = scope(() => {
      const loss = this.#settings.criterion(this.#model.call(batch.images), batch.labels);
      const found = loss.item();
      if (!Number.isFinite(found)) return found;
      loss.backward(weight === 1 ? {} : { gradient: full(loss.shape, weight, loss.value.dtype) });
      return found;
    }, 'training step');
    if (Number.isFinite(value)) return value;
    setRandomState(random);
    throw this.#diverged(explainLoss(value, step, this.#model, batch));
  }

  #clip(clipNorm: number, step: number): number {
    const parameters = this.#model.parameters();
    const norm = gradNorm(parameters);
    if (!Number.isFinite(norm)) throw this.#diverged(explainGradient(norm, step, this.#model));
    clipGradWithNorm(parameters, clipNorm, norm);
    return norm;
  }

  /** All gradients: the optimizer may own a part of the model, and what it does not would add up from step to step. */
  #clear(): void {
    this.#settings.optimizer.zeroGrad();
    this.#model.zeroGrad();
  }

  #diverged(error: DivergedError): DivergedError {
    this.#before.restore();
    this.#clear();
    return error;
  }
}

/** What a forward pass changes, buffers and the random stream, as it was: so that a batch can be unseen. */
class StepBack {
  readonly #buffers: readonly (readonly [ModuleBuffer, Tensor])[];
  #random: RandomState = randomState();

  constructor(model: Module) {
    const buffers = new Set(Array.from(model.namedBuffers(), ([, buffer]) => buffer));
    this.#buffers = Array.from(buffers, (buffer) => [buffer, keep(clone(buffer.value))] as const);
  }

  note(): void {
    this.#random = randomState();
    for (const [buffer, copy] of this.#buffers) copyInto(copy, buffer.value);
  }

  restore(): void {
    setRandomState(this.#random);
    for (const [buffer, copy] of this.#buffers) copyInto(buffer.value, copy);
  }
}
