/** A network by stages, from the image to the classes: what learns, and how fast. */
import { BatchNorm2d, decayGroups } from '@vitrine/nn';
import type { Module, ParameterGroup } from '@vitrine/nn';
import type { EfficientNet } from './model.js';

/** 'stem', then the rows of the architecture's table from 'stage1', then 'head' and 'classifier'. */
export type StageName = 'stem' | `stage${number}` | 'head' | 'classifier';

export interface Stage {
  readonly name: string;
  readonly modules: readonly Module[];
}

/** All stages in the order in which an image passes them. Every parameter is in exactly one. */
export function stagesOf(model: EfficientNet): readonly Stage[] {
  const stages: Stage[] = [{ name: 'stem', modules: [model.stem, model.stemNorm] }];
  let first = 0;
  model.config.stages.forEach(({ repeats }, i) => {
    stages.push({ name: `stage${i + 1}`, modules: model.blocks.slice(first, first + repeats) });
    first += repeats;
  });
  stages.push({ name: 'head', modules: [model.head, model.headNorm] });
  stages.push({ name: 'classifier', modules: [model.classifier] });
  return stages;
}

export interface FreezeOptions {
  /** The last stage that is frozen: all up to it are, itself included. */
  readonly until: StageName;
  /**
   * Whether the batch norms of those stages also keep their running statistics and normalise by them in training mode
   * (`BatchNorm2d.frozen`), so that what is frozen computes what it did. Default true. With false the statistics move
   * towards those of the new images, and with them what later stages get.
   */
  readonly batchNormStats?: boolean;
}

/**
 * The stages up to `until` learn no more: their parameters get no gradient, optimizers pass them by, and since nothing
 * before the first stage that learns wants a gradient, no graph is recorded there and the backward pass ends where they
 * begin. Stochastic depth and dropout still follow the mode. Stages frozen before stay so.
 * Throws a RangeError naming the stages there are.
 */
export function freeze(model: EfficientNet, { until, batchNormStats = true }: FreezeOptions): void {
  const stages = stagesOf(model);
  for (const stage of stages.slice(0, indexOf('freeze', stages, until) + 1)) setFrozen(stage, true, batchNormStats);
}

export interface UnfreezeOptions {
  /** The first stage that learns again. Default 'stem': all do. */
  readonly from?: StageName;
}

/** The stages from `from` to the end learn, their batch norms' statistics move. Those before are left as they are. */
export function unfreeze(model: EfficientNet, { from = 'stem' }: UnfreezeOptions = {}): void {
  const stages = stagesOf(model);
  for (const stage of stages.slice(indexOf('unfreeze', stages, from))) setFrozen(stage, false, true);
}

function setFrozen({ modules }: Stage, frozen: boolean, statistics: boolean): void {
  for (const module of modules) {
    if (frozen) module.freeze();
    else module.unfreeze();
    if (!statistics) continue;
    for (const [, each] of module.namedModules()) if (each instanceof BatchNorm2d) each.frozen = frozen;
  }
}

function indexOf(op: string, stages: readonly Stage[], wanted: StageName): number {
  const index = stages.findIndex(({ name }) => name === wanted);
  if (index >= 0) return index;
  throw new RangeError(`${op}: there is no stage '${wanted}'; there are ${stages.map(({ name }) => name).join(', ')}`);
}

export interface StageGroupsOptions {
  /** What the learning rate is multiplied by from a stage to the one before it, from 0 to 1; 1 treats all alike. */
  readonly decay: number;
  /** The classifier's learning rate. Default: the optimizer's, to whose later changes it is in proportion anyway. */
  readonly lr?: number;
}

/**
 * Groups for an optimizer whose learning rate falls from the classifier, lr, to the stem, lr·decay^(stages − 1): early
 * stages see what all images have in common, and have less to learn. Biases and normalisation have groups of their own,
 * without weight decay.
 *
 *     const optimizer = new AdamW(stageGroups(model, { decay: 0.7 }), { lr: 1e-3, weightDecay: 0.02 });
 *
 * Frozen parameters are in them too: optimizers leave alone what has no gradient, and those that are unfrozen later
 * then learn without further ado. Source: Howard & Ruder 2018, "Universal language model fine-tuning", section 3.2.
 */
export function stageGroups(model: EfficientNet, { decay, lr }: StageGroupsOptions): ParameterGroup[] {
  if (!(decay >= 0 && decay <= 1)) throw new RangeError(`stageGroups: decay is from 0 to 1; got ${decay}`);
  const stages = stagesOf(model);
  return stages.flatMap(({ modules }, i) => {
    const scale = decay ** (stages.length - 1 - i);
    const rate = lr === undefined ? { lrScale: scale } : { lr: lr * scale };
    return decayGroups(modules.flatMap((module) => module.parameters())).map((group) => ({ ...group, ...rate }));
  });
}
