/** The options of the commands that train: their names on the command line are their names in config.json. */
import { BACKEND_OPTIONS } from '../backend-options.js';
import { choice, flag, number, numbers, option, orNone, share, spec, text, whole } from '../options.js';
import type { Values } from '../options.js';
import { parseAugmentation } from './augment.js';
import { DATASETS } from './data-kinds.js';
import { parseOptimizer, parseSchedule } from './optimizer-specs.js';

const positive = number('a number > 0', (n) => n > 0);
const notNegative = number('a number >= 0', (n) => n >= 0);
const below1 = number('a number from 0 to below 1', (n) => n >= 0 && n < 1);

/** Where the images are, and how they are prepared. */
export const DATA_OPTIONS = {
  data: option('DIR', orNone(text), 'the images: the files of Fashion-MNIST or MNIST (IDX, gzipped or not), CIFAR-10 ' +
    'or CIFAR-100 (binary version), or a folder for each class, in train and test or not (default: the embedded ' +
    'subset of Fashion-MNIST, 10,000 training and 2,000 test images)'),
  dataset: option('KIND', choice('auto', ...DATASETS),
    `what DIR holds: ${DATASETS.join(', ')}; auto, the default, looks`),
  'test-share': option('X', below1, 'of folders that are not split: the share of each class that is for testing ' +
    '(default 0.2, the same images every time)'),
  'image-size': option('N', orNone(whole(1)), 'side of the images that the network sees (default: what the weights ' +
    'were made with; for a new network the images\' own, or, where they differ, what the model is made for)'),
  mean: option('X,X,X', orNone(numbers('numbers', () => true)),
    'mean of the pixels from 0 to 1, one a channel (default: what the weights were made with; for a new network that ' +
    'of the data set, ImageNet\'s for folders)'),
  std: option('X,X,X', orNone(numbers('numbers > 0', (n) => n > 0)), 'their standard deviation, likewise'),
  strict: flag('a damaged image is an error (default: it is skipped, with a warning, and counted)'),
} as const;

/** How the network is made; none is what its name says. */
export const NETWORK_OPTIONS = {
  model: option('NAME', text, 'a small one (fast-28, small-28, medium-28, tiny-28, small-32) or a published ' +
    'variant (b0, lite0, v2-s …)'),
  dropout: option('X', orNone(below1), 'before the classifier (default: the model\'s)'),
  'drop-path': option('X', orNone(below1), 'stochastic depth of the last block (default 0.2)'),
  'batch-norm-momentum': option('X', orNone(share), 'share of a new batch in batch norm\'s running statistics'),
} as const;

/** A preset has a value for each of them. */
export const RECIPE_OPTIONS = {
  epochs: option('N', whole(0), 'passes over the training images; 0 leaves a fresh checkpoint'),
  'batch-size': option('N', whole(2), 'images a forward pass'),
  accumulate: option('N', whole(1), 'batches a step of the optimizer'),
  optimizer: option('O', spec(parseOptimizer),
    'adamw[:BETA1:BETA2[:EPS]], sgd[:MOMENTUM[:plain]] (Nesterov, unless plain) or rmsprop-tf[:DECAY:MOMENTUM:EPS]'),
  lr: option('X', positive, 'highest learning rate'),
  'lr-batch-size': option('N', orNone(whole(1)),
    'the images a step that --lr is for; for others it is scaled in proportion'),
  schedule: option('S', spec(parseSchedule), 'cosine[:FLOOR], staircase[:RATE:EPOCHS] or constant'),
  'warmup-epochs': option('X', notNegative, 'the learning rate rises for so long'),
  'weight-decay': option('X', notNegative, 'of AdamW, of its own; of the others, part of the gradient'),
  decayed: option('WHAT', choice('matrices', 'all-but-norm'),
    'what is decayed: matrices (parameters of more than one axis), or all-but-norm (biases, too)'),
  'label-smoothing': option('X', share, 'share of the target spread over all classes'),
  clip: option('X', orNone(positive), 'the longest gradient'),
  ema: option('X', orNone(share), 'decay of the averages of the weights, which are evaluated and kept as best'),
  augment: option('A,A', spec((value) => parseAugmentation(value, 32)), 'what is done to training images, see below'),
  'test-flip': flag('evaluate on the mean of each image and its mirror image'),
  'early-stopping': option('N', orNone(whole(0)), 'stop after more than N epochs without a better test accuracy'),
} as const;

/** How it goes on, and where. */
export const RUN_OPTIONS = {
  seed: option('N', whole(0), 'of initialisation, order and augmentation'),
  'checkpoint-minutes': option('X', positive,
    'checkpoints after so many minutes, beside those after every epoch (default 10)'),
  runs: option('DIR', text, 'where the run\'s folder is made (default runs)'),
  backend: BACKEND_OPTIONS.backend,
} as const;

/** What config.json does not hold: where settings come from, and what changes no result. */
export const COMMAND_OPTIONS = {
  config: option('FILE', text, 'JSON with the names of options and their values, such as the config.json of a run, ' +
    'which repeats it, to the same bits; options on the command line have precedence'),
  resume: option('RUN', text, 'go on with the run in this folder, which was interrupted or killed, to the same bits ' +
    'as if it had not been; takes no other option than --json, --threads, --checkpoint-minutes'),
  json: flag('print the result as JSON, and everything else on stderr'),
  threads: BACKEND_OPTIONS.threads,
} as const;

export type DataValues = Values<typeof DATA_OPTIONS>;
export type NetworkValues = Values<typeof NETWORK_OPTIONS>;
export type RecipeValues = Values<typeof RECIPE_OPTIONS>;
export type RunValues = Values<typeof RUN_OPTIONS>;

export const DATA_DEFAULTS: DataValues = {
  data: null, dataset: 'auto', 'test-share': 0.2, 'image-size': null, mean: null, std: null, strict: false,
};

export const RUN_DEFAULTS: Omit<RunValues, 'backend'> = { seed: 1, 'checkpoint-minutes': 10, runs: 'runs' };
