/** `efficientnet evaluate --weights FILE --data DIR`: how right is it, where is it wrong, and does it know? */
import process from 'node:process';
import { DataLoader } from '@vitrine/data';
import type { ImageSource } from '@vitrine/data';
import { calibrationError, classScores, confusionOf, evaluate, formatPercent } from '@vitrine/nn';
import type { Batch, Calibration, ClassScore, Progress } from '@vitrine/nn';
import { info } from '@vitrine/tensor';
import type { Preprocessing } from '../weights/preprocessing.js';
import { BACKEND_OPTIONS, applyBackend } from './backend-options.js';
import { describePreprocessing } from './inputs.js';
import { UsageError, choice, flag, helpOf, option, readArguments, whole } from './options.js';
import { printJson } from './output.js';
import { inClassesOf, joined } from './training/classes.js';
import { inFull } from './training/config.js';
import { loadSets } from './training/data.js';
import type { Sets } from './training/data.js';
import { DATA_DEFAULTS, DATA_OPTIONS } from './training/options.js';
import { outputFor } from './training/output.js';
import { givenOf } from './training/spec.js';
import { wantedByWeights } from './training/weights.js';
import { WEIGHTS, WEIGHTS_OPTIONS, describeFound, openWeights } from './weights-options.js';
import type { Found } from './weights-options.js';

const EVALUATE_TABLE = {
  weights: WEIGHTS,
  ...WEIGHTS_OPTIONS,
  ...DATA_OPTIONS,
  split: option('NAME', choice('test', 'train', 'all'), 'which images: test (the default), train or all'),
  flip: flag('test-time flip: the mean of the probabilities of each image and its mirror image'),
  top5: flag('also print how often the true class is among the five likeliest'),
  'batch-size': option('N', whole(1), 'images computed together (default 50)'),
  json: flag('print JSON: found, data, preprocessing, images, loss, accuracy, topK, calibration, classes, confusion'),
  ...BACKEND_OPTIONS,
} as const;

const help = `efficientnet evaluate --weights FILE [options]: how good a network is

Images are prepared as the weights want it. The data's classes are found among the network's by their names, or, where
the weights have no names, taken by their number. Of folders that are not split, the test images are those that training
sets aside.

${helpOf(EVALUATE_TABLE)}`;

/** What `--json` prints. */
export interface EvaluateResult {
  readonly found: Found;
  readonly data: {
    readonly kind: string; readonly where: string; readonly split: string; readonly skipped: readonly string[];
  };
  readonly preprocessing: Preprocessing;
  readonly images: number;
  readonly flip: boolean;
  readonly loss: number;
  readonly accuracy: number;
  readonly topK: { readonly k: number; readonly accuracy: number };
  readonly calibration: Calibration;
  readonly classes: readonly ClassScore[];
  /** confusion[truth][predicted] */
  readonly confusion: readonly (readonly number[])[];
}

async function run(args: readonly string[]): Promise<number> {
  const { given } = readArguments(EVALUATE_TABLE, args);
  const {
    weights, model: name, conventions, sha256, cache, ema, split = 'test', flip = false, top5 = false, json = false,
    'batch-size': batchSize = 50, threads, backend, ...data
  } = given;
  if (weights === undefined) throw new UsageError('evaluate takes --weights FILE, a path or an address');
  applyBackend(givenOf({ backend, threads }));
  const { say, warn, progress, stream } = outputFor(json);

  const opened = await openWeights(givenOf({ model: name, conventions, sha256, cache, ema }), weights);
  const { model, found } = opened;
  if (!json) process.stderr.write(describeFound(found));
  const values = { ...DATA_DEFAULTS, ...data, data: inFull(data.data) };
  const sets = await loadSets(values, wantedByWeights(opened, values), warn);
  try {
    const source = inClassesOf(chosen(sets, split), found.classes, model.config.numClasses);
    if (source.length === 0) throw new Error(`${sets.where}: there are no ${split} images`);
    const { preprocessing } = sets;
    const { crop: size, mean, std } = preprocessing;
    say(`${sets.title}: ${source.length} ${split === 'all' ? '' : `${split} `}images, ${sets.where}`);
    say(`prepared: ${describePreprocessing(preprocessing)}`);
    const loader = new DataLoader({ dataset: source, batchSize, size, mean, std });
    const evaluation = await evaluate(model, watched(loader, progress, source.length), { flip });
    const confusion = confusionOf(source.classes, evaluation);
    const calibration = calibrationError(evaluation);
    const { loss, accuracy, topK: k, topKAccuracy } = evaluation;
    say(`\n${confusion.toString(stream.columns || 100)}`);
    const classes = classScores(source.classes, confusion.counts());
    if (source.classes.length > FEW_CLASSES) say(`\n${formatScores(classes)}`);
    if (top5) say(`top-${k} accuracy ${formatPercent(topKAccuracy)}`);
    say(`loss ${loss.toFixed(4)}, calibration error ${formatPercent(calibration.error)}` +
      `${flip ? '; with mirror images' : ''}`);
    if (sets.skipped.length > 0) say(`${sets.skipped.length} damaged images were left out`);
    if (json) {
      const { kind, where, skipped } = sets;
      const result: EvaluateResult = {
        found, data: { kind, where, split, skipped }, preprocessing, images: source.length, flip, loss, accuracy,
        topK: { k, accuracy: topKAccuracy }, calibration, classes, confusion: confusion.counts(),
      };
      printJson(result);
    }
    return 0;
  } finally {
    sets.close();
  }
}

const chosen = ({ train, test }: Sets, split: 'train' | 'test' | 'all'): ImageSource =>
  (split === 'all' ? joined(train, test) : { train, test }[split]);

async function* watched(loader: DataLoader, progress: Progress, images: number): AsyncGenerator<Batch> {
  progress.start(`evaluate on ${info().backend}`, images);
  let done = 0;
  for await (const batch of loader) {
    yield batch;
    progress.update(done += batch.images.shape[0]);
  }
  progress.end();
}

/** Of more, the confusion matrix shows only the commonest confusions. */
const FEW_CLASSES = 24;

function formatScores(scores: readonly ClassScore[]): string {
  const width = Math.max(...scores.map(({ name }) => name.length), 5);
  const row = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  const rows = scores.map(({ name, support, precision, recall, f1 }) =>
    row(name, String(support), ...[precision, recall, f1].map(formatPercent)));
  return [row('class', 'images', 'precision', 'recall', 'F1'), ...rows].join('\n');
}

export const evaluateCommand = { help, run };
