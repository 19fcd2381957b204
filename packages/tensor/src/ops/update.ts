/**
 * Writing in place: what optimizers and running statistics do. Nothing else in Vitrine changes a tensor once made.
 * Every update counts up the storage's version, so that a graph that saved the old values notices.
 * Sources are made contiguous before any elements are taken: an allocation may move a private memory.
 */
import { formatShape, sameShape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { elements, kernelsFor } from './dispatch.js';
import { contiguous } from './views.js';

function checkUpdate(op: string, target: Tensor, others: Readonly<Record<string, Tensor>>): void {
  checkTensor(op, 'target', target);
  if (!target.isContiguous) throw new RangeError(`${op}: the target of an update in place is contiguous; got strides [${target.strides.join(',')}]`);
  for (const [name, other] of Object.entries(others)) {
    checkTensor(op, name, other);
    checkSameDType(op, target, other);
    if (!sameShape(target.shape, other.shape)) {
      throw new RangeError(`${op}: ${name} has the shape of the target, ${formatShape(target.shape)}; got ${formatShape(other.shape)}`);
    }
  }
  target.storage.version++;
}

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
  const from = contiguous(source);
  kernelsFor(target).addUpdate(target.size, elements(target), elements(from));
}

/** target ← target + weight·(source − target): a step of an exponential moving average. */
export function lerpInto(target: Tensor, source: Tensor, weight: number): void {
  checkUpdate('lerpInto', target, { source });
  if (target.isMeta) return;
  const from = contiguous(source);
  kernelsFor(target).lerpUpdate(target.size, elements(target), elements(from), weight);
}

export interface SgdSettings {
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** One step of SGD with momentum on one parameter; formula in kernels/update.ts. */
export function sgdInto(parameter: Tensor, gradient: Tensor, velocity: Tensor, { lr, momentum, weightDecay }: SgdSettings): void {
  checkUpdate('sgdInto', parameter, { gradient, velocity });
  const from = contiguous(gradient);
  kernelsFor(parameter).sgdUpdate(
    parameter.size, elements(parameter), elements(from), elements(velocity), lr, momentum, weightDecay,
  );
}

export interface AdamWSettings {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Counted from 1. */
  readonly step: number;
}

/** One step of AdamW on one parameter; formula in kernels/update.ts. */
export function adamwInto(parameter: Tensor, gradient: Tensor, first: Tensor, second: Tensor, settings: AdamWSettings): void {
  checkUpdate('adamwInto', parameter, { gradient, first, second });
  const { lr, beta1, beta2, eps, weightDecay, step } = settings;
  const from = contiguous(gradient);
  kernelsFor(parameter).adamwUpdate(
    parameter.size, elements(parameter), elements(from), elements(first), elements(second),
    lr, beta1, beta2, eps, weightDecay, 1 - beta1 ** step, 1 - beta2 ** step,
  );
}

export interface RmspropSettings {
  readonly lr: number;
  readonly decay: number;
  readonly momentum: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** One step of the EfficientNet paper's RMSProp on one parameter; formula in kernels/update.ts. */
export function rmspropInto(parameter: Tensor, gradient: Tensor, meanSquare: Tensor, buffer: Tensor, settings: RmspropSettings): void {
  checkUpdate('rmspropInto', parameter, { gradient, meanSquare, buffer });
  const { lr, decay, momentum, eps, weightDecay } = settings;
  const from = contiguous(gradient);
  kernelsFor(parameter).rmspropUpdate(
    parameter.size, elements(parameter), elements(from), elements(meanSquare), elements(buffer),
    lr, decay, momentum, eps, weightDecay,
  );
}
