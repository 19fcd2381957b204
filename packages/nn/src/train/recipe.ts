/**
 * Recipes: the settings of a training as data, and what is made of them. A recipe is a plain object that JSON can hold;
 * change one by spreading it:
 *
 *     const recipe = { ...RECIPES.paper, batchSize: 64, epochs: 90 };
 *     const model = EfficientNet.fromName('b0', recipe.network);
 *     await fit(model, data, fitOptionsOf(recipe, model, data.length));
 */
import type { Variable } from '@vitrine/autograd';
import type { Tensor } from '@vitrine/tensor';
import { BatchNorm2d } from '../batch-norm.js';
import { ExponentialMovingAverage } from '../ema.js';
import { GroupNorm, LayerNorm } from '../group-norm.js';
import { crossEntropy } from '../losses/index.js';
import type { Module } from '../module.js';
import { AdamW } from '../optim/adam.js';
import { decayGroups } from '../optim/groups.js';
import type { ParameterGroup } from '../optim/groups.js';
import type { Optimizer } from '../optim/optimizer.js';
import { RMSpropTF } from '../optim/rmsprop.js';
import { constant, cosine, exponential, warmup } from '../optim/schedules.js';
import type { Schedule } from '../optim/schedules.js';
import { SGD } from '../optim/sgd.js';
import type { FitOptions } from './trainer.js';

export type RecipeOptimizer =
  | { readonly name: 'rmsprop-tf'; readonly decay: number; readonly momentum: number; readonly eps: number }
  | { readonly name: 'adamw'; readonly betas?: readonly [number, number]; readonly eps?: number }
  | { readonly name: 'sgd'; readonly momentum: number; readonly nesterov: boolean };

export type RecipeSchedule =
  /** Multiplied by `rate` every so many epochs, counted from the first step. */
  | { readonly name: 'staircase'; readonly rate: number; readonly everyEpochs: number }
  /** Half a cosine over all epochs, from the rate to `floor` times it. */
  | { readonly name: 'cosine'; readonly floor: number }
  | { readonly name: 'constant' };

/** What the network is made with. What is left out is up to its variant. */
export interface RecipeNetwork {
  readonly dropout?: number;
  /** Stochastic depth of the last block. */
  readonly dropPath?: number;
  /** Share of the new batch in batch norm's running statistics. */
  readonly batchNormMomentum?: number;
}

export interface Recipe {
  readonly epochs: number;
  /** Images a step. */
  readonly batchSize: number;
  readonly optimizer: RecipeOptimizer;
  readonly lr: number;
  /** The batch size that `lr` is for; at others it is scaled in proportion (Goyal et al. 2017). Left out: never. */
  readonly lrBatchSize?: number;
  readonly schedule: RecipeSchedule;
  /** The rate rises linearly for so long. */
  readonly warmupEpochs: number;
  readonly weightDecay: number;
  /** What is decayed: 'matrices', parameters of more than one axis; 'all-but-norm', biases too, normalisation not. */
  readonly decayed: 'matrices' | 'all-but-norm';
  readonly labelSmoothing: number;
  readonly network: RecipeNetwork;
  /** Decay of the averages of the weights; null for none. */
  readonly ema: number | null;
  /** The longest gradient; null for any. */
  readonly clipNorm: number | null;
}

export const RECIPES = {
  /**
   * EfficientNet's, on ImageNet. Dropout is the variant's, 0.2 for B0 up to 0.5 for B7; of the images, AutoAugment.
   * Sources: Tan & Le 2019, section 5.2; tpu `main.py` (rate 0.016 per 256 images, which is 0.256 per 4096).
   */
  paper: {
    epochs: 350,
    batchSize: 4096,
    optimizer: { name: 'rmsprop-tf', decay: 0.9, momentum: 0.9, eps: 1e-3 },
    lr: 0.256,
    lrBatchSize: 4096,
    schedule: { name: 'staircase', rate: 0.97, everyEpochs: 2.4 },
    warmupEpochs: 5,
    weightDecay: 1e-5,
    decayed: 'all-but-norm',
    labelSmoothing: 0.1,
    network: { dropPath: 0.2, batchNormMomentum: 0.01 },
    ema: 0.9999,
    clipNorm: null,
  },
  /**
   * For small images, and minutes instead of days: a cosine ends at a low rate however short the training is, and batch
   * norm's running statistics have no time for a momentum of 0.01.
   */
  cpu: {
    epochs: 10,
    batchSize: 64,
    optimizer: { name: 'adamw' },
    lr: 8e-3,
    schedule: { name: 'cosine', floor: 0 },
    warmupEpochs: 1,
    weightDecay: 0.02,
    decayed: 'matrices',
    labelSmoothing: 0.05,
    network: { batchNormMomentum: 0.1 },
    ema: null,
    clipNorm: null,
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof RECIPES;

/** The rate that the schedule starts from, at the recipe's batch size. */
export const peakRate = ({ lr, lrBatchSize, batchSize }: Recipe): number =>
  (lrBatchSize === undefined ? lr : (lr * batchSize) / lrBatchSize);

/** The recipe's optimizer over the parameters that learn, or over groups of one's own. */
export function makeOptimizer(
  recipe: Recipe, model: Module, groups: readonly ParameterGroup[] = groupsOf(recipe, model),
): Optimizer {
  const { optimizer, weightDecay } = recipe;
  const common = { lr: peakRate(recipe), weightDecay };
  switch (optimizer.name) {
    case 'rmsprop-tf': {
      const { decay, momentum, eps } = optimizer;
      return new RMSpropTF(groups, { ...common, decay, momentum, eps });
    }
    case 'adamw': {
      const { betas, eps } = optimizer;
      return new AdamW(groups, { ...common, ...(betas !== undefined && { betas }), ...(eps !== undefined && { eps }) });
    }
    case 'sgd': {
      const { momentum, nesterov } = optimizer;
      return new SGD(groups, { ...common, momentum, nesterov });
    }
  }
}

/**
 * The recipe's learning rate by step. The staircase is warmed up as in the paper's code: a line from 0 to the first
 * rate, in the place of the stairs (tpu `utils.py`, `build_learning_rate`); others are multiplied (`warmup`).
 */
export function makeSchedule(recipe: Recipe, stepsPerEpoch: number): Schedule {
  const { schedule, epochs, warmupEpochs } = recipe;
  if (!(Number.isInteger(stepsPerEpoch) && stepsPerEpoch > 0)) {
    throw new RangeError(`makeSchedule: stepsPerEpoch is a whole number > 0; got ${stepsPerEpoch}`);
  }
  const lr = peakRate(recipe);
  const warmupSteps = Math.round(warmupEpochs * stepsPerEpoch);
  switch (schedule.name) {
    case 'staircase': {
      const stairs = exponential(lr, schedule.rate, schedule.everyEpochs * stepsPerEpoch);
      return (step) => (step < warmupSteps ? (lr * step) / warmupSteps : stairs(step));
    }
    case 'cosine':
      return warmup(warmupSteps, cosine(lr, epochs * stepsPerEpoch, { floor: schedule.floor }));
    case 'constant':
      return warmup(warmupSteps, constant(lr));
  }
}

/** The recipe's averages of the model's weights; undefined if it wants none. */
export const makeAverages = ({ ema }: Recipe, model: Module): ExponentialMovingAverage | undefined =>
  (ema === null ? undefined : new ExponentialMovingAverage(model, { decay: ema }));

/** All that `fit` needs of a recipe; `groups` are those of `makeOptimizer`. */
export function fitOptionsOf(
  recipe: Recipe, model: Module, stepsPerEpoch: number, groups?: readonly ParameterGroup[],
): FitOptions {
  const { epochs, labelSmoothing, clipNorm } = recipe;
  return {
    epochs,
    optimizer: makeOptimizer(recipe, model, groups),
    schedule: makeSchedule(recipe, stepsPerEpoch),
    loss: (logits: Variable, labels: Tensor): Variable => crossEntropy(logits, labels, { labelSmoothing }),
    ema: makeAverages(recipe, model),
    clipNorm: clipNorm ?? undefined,
  };
}

const groupsOf = ({ decayed }: Recipe, model: Module): readonly ParameterGroup[] =>
  (decayed === 'matrices' ? decayGroups(learning(model)) : sparingNorms(model));

const learning = (model: Module): ReturnType<Module['parameters']> =>
  model.parameters().filter(({ requiresGrad }) => requiresGrad);

/** Two groups: all parameters but those of normalisation, and those, which are not decayed. */
function sparingNorms(model: Module): ParameterGroup[] {
  const norms = Array.from(model.namedModules(), ([, module]) => module)
    .filter((module) => module instanceof BatchNorm2d || module instanceof GroupNorm || module instanceof LayerNorm)
    .flatMap((module) => module.parameters());
  const spared = new Set(norms);
  const parameters = learning(model);
  return [
    { parameters: parameters.filter((parameter) => !spared.has(parameter)) },
    { parameters: parameters.filter((parameter) => spared.has(parameter)), weightDecay: 0 },
  ].filter(({ parameters: own }) => own.length > 0);
}
