/** Named settings to start from, and how they are written as options. */
import { RECIPES } from '@vitrine/nn';
import type { Recipe } from '@vitrine/nn';
import type { NetworkValues, RecipeValues } from './options.js';
import { formatOptimizer, formatSchedule, parseOptimizer, parseSchedule } from './optimizer-specs.js';

/** A recipe, what it is for, and what belongs to it. */
export interface TrainingPreset {
  readonly about: string;
  readonly model: string;
  /** As `--augment` takes it. */
  readonly augment: string;
  readonly recipe: Recipe;
  readonly accumulate?: number;
  readonly testFlip?: boolean;
  /** On the reference kernels, some six times slower. */
  readonly referenceEpochs?: number;
}

/** Of three to six blocks few can be missed. */
const GENTLE = { ...RECIPES.cpu.network, dropPath: 0.1 };

export const TRAINING_PRESETS = {
  start: {
    about: 'the embedded subset of Fashion-MNIST in about a minute',
    model: 'fast-28', augment: 'flip', recipe: { ...RECIPES.cpu, batchSize: 32, warmupEpochs: 0.3 }, referenceEpochs: 2,
  },
  cpu: {
    about: 'small images, and ten minutes instead of days',
    model: 'small-28', augment: 'flip,crop:1', recipe: { ...RECIPES.cpu, network: GENTLE },
  },
  'cpu-hour': {
    about: 'small images, and an hour',
    model: 'medium-28', augment: 'flip,crop:2,erase:0.25:0.2',
    recipe: { ...RECIPES.cpu, epochs: 22, weightDecay: 0.04, ema: 0.999, network: { ...GENTLE, dropout: 0.2 } },
  },
  paper: {
    about: 'EfficientNet\'s own, for photographs; a smaller --batch-size scales the learning rate',
    model: 'efficientnet-b0', augment: 'resized-crop,flip,autoaugment', recipe: RECIPES.paper,
  },
} as const satisfies Readonly<Record<string, TrainingPreset>>;

/** What `finetune` does if told nothing: rates that move little what is there already. */
export const FINETUNE_PRESET: Omit<TrainingPreset, 'about' | 'model'> = {
  augment: 'flip', recipe: { ...RECIPES.cpu, epochs: 5, lr: 1e-3, warmupEpochs: 0.5 },
};

export type PresetName = keyof typeof TRAINING_PRESETS;

export const PRESET_NAMES = Object.keys(TRAINING_PRESETS).filter((name): name is PresetName =>
  Object.hasOwn(TRAINING_PRESETS, name));

/** A preset as values of options. */
export function valuesOf(preset: TrainingPreset): NetworkValues & RecipeValues {
  const { model, recipe: { network } } = preset;
  return {
    model,
    dropout: network.dropout ?? null,
    'drop-path': network.dropPath ?? null,
    'batch-norm-momentum': network.batchNormMomentum ?? null,
    ...recipeValuesOf(preset),
  };
}

/** The same without the network. */
export function recipeValuesOf(
  { augment, recipe, accumulate = 1, testFlip = false }: Omit<TrainingPreset, 'about' | 'model'>,
): RecipeValues {
  return {
    epochs: recipe.epochs,
    'batch-size': recipe.batchSize,
    accumulate,
    optimizer: formatOptimizer(recipe.optimizer),
    lr: recipe.lr,
    'lr-batch-size': recipe.lrBatchSize ?? null,
    schedule: formatSchedule(recipe.schedule),
    'warmup-epochs': recipe.warmupEpochs,
    'weight-decay': recipe.weightDecay,
    decayed: recipe.decayed,
    'label-smoothing': recipe.labelSmoothing,
    clip: recipe.clipNorm,
    ema: recipe.ema,
    augment,
    'test-flip': testFlip,
    'early-stopping': null,
  };
}

/** The recipe in the values of options. Its batch is what a step of the optimizer sees. */
export function recipeOf(values: RecipeValues & Partial<NetworkValues>): Recipe {
  const { dropout, 'drop-path': dropPath, 'batch-norm-momentum': batchNormMomentum } = values;
  const lrBatchSize = values['lr-batch-size'];
  return {
    epochs: values.epochs,
    batchSize: values['batch-size'] * values.accumulate,
    optimizer: parseOptimizer(values.optimizer),
    lr: values.lr,
    ...(lrBatchSize !== null && { lrBatchSize }),
    schedule: parseSchedule(values.schedule),
    warmupEpochs: values['warmup-epochs'],
    weightDecay: values['weight-decay'],
    decayed: values.decayed,
    labelSmoothing: values['label-smoothing'],
    network: {
      ...(dropout != null && { dropout }),
      ...(dropPath != null && { dropPath }),
      ...(batchNormMomentum != null && { batchNormMomentum }),
    },
    ema: values.ema,
    clipNorm: values.clip,
  };
}

/** A line a preset. */
export const presetHelp = PRESET_NAMES.map((name) => {
  const { about, model, augment, recipe }: TrainingPreset = TRAINING_PRESETS[name];
  const { optimizer, epochs, batchSize, lr } = recipe;
  const numbers = `${model}, ${epochs} epochs, ${batchSize} images a step, ${optimizer.name} at ${lr}, ${augment}`;
  return `  ${name.padEnd(10)}${about}\n            (${numbers})\n`;
}).join('');
