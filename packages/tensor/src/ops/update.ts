/**
 * Writing in place: what optimizers and running statistics do. Nothing else in Vitrine changes a tensor once made.
 * Every update counts up the storage's version, so that a graph that saved the old values notices.
 * Sources are made contiguous before any elements are taken: an allocation may move a private memory.
 */
import { formatShape, sameShape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { elements, kernelsFor } from './dispatch.js';
import { clone, contiguous } from './views.js';

/** All others are states, which are written in place as the target is. */
const READ_ONLY = ['source', 'gradient'];

function checkUpdate(op: string, target: Tensor, others: Readonly<Record<string, Tensor>>): void {
  checkTensor(op, 'target', target);
  if (!target.isContiguous) {
    throw new RangeError(
      `${op}: the target of an update in place is contiguous; got strides [${target.strides.join(',')}]`,
    );
  }
  for (const [name, other] of Object.entries(others)) {
    checkTensor(op, name, other);
    checkSameDType(op, target, other);
    if (!READ_ONLY.includes(name) && !other.isContiguous) {
      throw new RangeError(`${op}: ${name} is written to, and contiguous; got strides [${other.strides.join(',')}]`);
    }
    if (!sameShape(target.shape, other.shape)) {
      throw new RangeError(
        `${op}: ${name} has the shape of the target, ${formatShape(target.shape)}; got ${formatShape(other.shape)}`,
      );
    }
  }
  target.storage.version++;
}

/** What is read: contiguous, and no view of the target that would be overwritten before it is read. */
const readable = (source: Tensor, target: Tensor): Tensor =>
  (source.storage === target.storage && source.offset !== target.offset ? clone(source) : contiguous(source));

/** target ← source. */
export function copyInto(target: Tensor, source: Tensor): void {
  checkUpdate('copyInto', target, { source });
  if (target.isMeta) return;
  const from = contiguous(source);
  elements(target).set(elements(from));
}

/** target ← target + source. */
export function addInto(target: Tensor, source: Tensor): void {
  checkUpdate('addInto', target, { source });
  if (target.isMeta) return;
  const from = readable(source, target);
  kernelsFor(target).addUpdate(target.size, elements(target), elements(from));
}

/** target ← target + weight·(source − target): a step of an exponential moving average. */
export function lerpInto(target: Tensor, source: Tensor, weight: number): void {
  checkUpdate('lerpInto', target, { source });
  if (target.isMeta) return;
  const from = readable(source, target);
  kernelsFor(target).lerpUpdate(target.size, elements(target), elements(from), weight);
}

/** target ← factor·target. */
export function scaleInto(target: Tensor, factor: number): void {
  checkUpdate('scaleInto', target, {});
  if (target.isMeta) return;
  kernelsFor(target).scaleUpdate(target.size, elements(target), factor);
}

/** target ← min(max(target, low), high); NaN stays. Throws unless low <= high. */
export function clampInto(target: Tensor, low: number, high: number): void {
  if (!(low <= high)) throw new RangeError(`clampInto: low is at most high; got ${low} and ${high}`);
  checkUpdate('clampInto', target, {});
  if (target.isMeta) return;
  kernelsFor(target).clampUpdate(target.size, elements(target), low, high);
}

export interface SgdSettings {
  readonly lr: number;
  readonly momentum: number;
  /** Takes its share off the gradient in the velocity, from the second step on. */
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** Counted from 1. */
  readonly step: number;
}

/** One step of SGD with momentum on one parameter; formula in kernels/update.ts. The velocity begins at zero. */
export function sgdInto(parameter: Tensor, gradient: Tensor, velocity: Tensor, settings: SgdSettings): void {
  checkUpdate('sgdInto', parameter, { gradient, velocity });
  if (parameter.isMeta) return;
  const { lr, momentum, dampening, nesterov, weightDecay, step } = settings;
  const from = readable(gradient, parameter);
  const gain = step === 1 || momentum === 0 ? 1 : 1 - dampening;
  kernelsFor(parameter).sgdUpdate(
    parameter.size, elements(parameter), elements(from), elements(velocity), lr, momentum, weightDecay, gain, nesterov,
  );
}

export interface AdamWSettings {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** coupled: decay is part of the gradient (Adam); decoupled: it shrinks the parameter (AdamW). */
  readonly decay: 'coupled' | 'decoupled';
  /** Counted from 1. */
  readonly step: number;
}

/**
 * One step of Adam or AdamW on one parameter; formula in kernels/update.ts. Both moments begin at zero, and so does
 * `largest`, which AMSGrad has besides.
 */
export function adamwInto(
  parameter: Tensor, gradient: Tensor, first: Tensor, second: Tensor, settings: AdamWSettings,
  largest: Tensor | null = null,
): void {
  checkUpdate('adamwInto', parameter, { gradient, first, second, ...(largest === null ? {} : { largest }) });
  if (parameter.isMeta) return;
  const { lr, beta1, beta2, eps, weightDecay, decay, step } = settings;
  const from = readable(gradient, parameter);
  kernelsFor(parameter).adamwUpdate(
    parameter.size, elements(parameter), elements(from), elements(first), elements(second),
    largest === null ? null : elements(largest),
    lr, beta1, beta2, eps, weightDecay, decay === 'coupled', 1 - beta1 ** step, 1 - beta2 ** step,
  );
}

export interface RmspropSettings {
  readonly lr: number;
  /** Of the mean square. */
  readonly alpha: number;
  readonly momentum: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/**
 * One step of PyTorch's RMSProp on one parameter; formula in kernels/update.ts. All states begin at zero; with `mean`,
 * the mean gradient, it is centred.
 */
export function rmspropInto(
  parameter: Tensor, gradient: Tensor, meanSquare: Tensor, buffer: Tensor, settings: RmspropSettings,
  mean: Tensor | null = null,
): void {
  checkUpdate('rmspropInto', parameter, { gradient, meanSquare, buffer, ...(mean === null ? {} : { mean }) });
  if (parameter.isMeta) return;
  const { lr, alpha, momentum, eps, weightDecay } = settings;
  const from = readable(gradient, parameter);
  kernelsFor(parameter).rmspropUpdate(
    parameter.size, elements(parameter), elements(from), elements(meanSquare), elements(buffer),
    mean === null ? null : elements(mean), lr, alpha, momentum, eps, weightDecay,
  );
}

export interface RmspropTFSettings {
  readonly lr: number;
  readonly decay: number;
  readonly momentum: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** One step of the EfficientNet paper's RMSProp on one parameter; formula in kernels/update.ts. */
export function rmspropTFInto(
  parameter: Tensor, gradient: Tensor, meanSquare: Tensor, buffer: Tensor, settings: RmspropTFSettings,
): void {
  checkUpdate('rmspropTFInto', parameter, { gradient, meanSquare, buffer });
  if (parameter.isMeta) return;
  const { lr, decay, momentum, eps, weightDecay } = settings;
  const from = readable(gradient, parameter);
  kernelsFor(parameter).rmspropTFUpdate(
    parameter.size, elements(parameter), elements(from), elements(meanSquare), elements(buffer),
    lr, decay, momentum, eps, weightDecay,
  );
}
