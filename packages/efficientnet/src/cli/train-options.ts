/** What `train` can be told, and what it does if told nothing. */
import { info } from '@vitrine/tensor';
import { BACKEND_OPTIONS, applyBackendOptions, backendHelp } from './backend-options.js';
import { UsageError, parseOptions } from './options.js';

export interface TrainOptions {
  readonly model: string;
  readonly data: string | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  /** Share of the new batch in batch norm's running statistics: short runs need more than the paper's 0.01. */
  readonly batchNormMomentum: number;
  readonly seed: number;
  /** Folder that gets a folder for the run. */
  readonly runs: string;
}

/** Named settings; single options override them. The reference kernels, some six times slower, get fewer epochs. */
const PRESETS: Readonly<Record<string, TrainOptions & { readonly referenceEpochs: number }>> = {
  start: {
    model: 'tiny-28', data: undefined, epochs: 8, referenceEpochs: 2, batchSize: 32, lr: 4e-3, weightDecay: 0.02,
    labelSmoothing: 0.05, batchNormMomentum: 0.1, seed: 1, runs: 'runs',
  },
};

export const trainHelp = `efficientnet train [options]: train a small EfficientNet on Fashion-MNIST

  --preset NAME          settings to start from (${Object.keys(PRESETS).join(', ')}; default start)
  --data DIR             the full data set: a folder with its four published files, gzipped or not
                         (default: the embedded subset, 10,000 training and 2,000 test images)
  --model NAME           tiny-28, small-32, or a published variant (default tiny-28)
  --epochs N             passes over the training images (default 8; 2 on the reference kernels);
                         0 evaluates nothing and leaves a fresh checkpoint
  --batch-size N         images a step
  --lr X                 highest learning rate of the cosine schedule
  --weight-decay X       AdamW's, not applied to biases and normalisation
  --label-smoothing X    share of the target spread over all classes
  --seed N               of initialisation, order and augmentation
  --runs DIR             where the run's folder is made (default runs)
${backendHelp}
Ctrl-C stops after the current step and leaves checkpoint and report.
`;

export function parseTrainOptions(args: readonly string[]): TrainOptions {
  const names = ['preset', 'data', 'model', 'epochs', 'batch-size', 'lr', 'weight-decay', 'label-smoothing', 'seed', 'runs'];
  const parsed = parseOptions(args, [...names, ...BACKEND_OPTIONS], [], 0);
  applyBackendOptions(parsed);
  const { text, whole, number } = parsed;
  const name = text('preset') ?? 'start';
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset === undefined) throw new UsageError(`--preset takes ${Object.keys(PRESETS).join(' or ')}; got '${name}'`);
  return {
    model: text('model') ?? preset.model,
    data: text('data') ?? preset.data,
    epochs: whole('epochs', 0) ?? (info().backend === 'reference' ? preset.referenceEpochs : preset.epochs),
    batchSize: whole('batch-size', 2) ?? preset.batchSize,
    lr: number('lr', 'a number > 0', (n) => n > 0) ?? preset.lr,
    weightDecay: number('weight-decay', 'a number >= 0', (n) => n >= 0) ?? preset.weightDecay,
    labelSmoothing: number('label-smoothing', 'a number from 0 to 1', (n) => n >= 0 && n <= 1) ?? preset.labelSmoothing,
    batchNormMomentum: preset.batchNormMomentum,
    seed: whole('seed', 0) ?? preset.seed,
    runs: text('runs') ?? preset.runs,
  };
}
