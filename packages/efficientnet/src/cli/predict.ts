/** `efficientnet predict FILE… --weights FILE`: what is in the picture? */
import process from 'node:process';
import { displayWidth, formatPercent, printable } from '@vitrine/nn';
import { fromArray, saveNpy } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { BACKEND_OPTIONS, applyBackend } from './backend-options.js';
import { bestGuesses, classify } from './classify.js';
import type { Guess } from './classify.js';
import { listInputs, preprocessingOf } from './inputs.js';
import type { Problem } from './inputs.js';
import { loadLabels } from './labels.js';
import { UsageError, flag, helpOf, numbers, option, readArguments, text, whole } from './options.js';
import { OUTPUT_OPTIONS, checkOutput, printJson } from './output.js';
import { WEIGHTS, WEIGHTS_OPTIONS, openWeights, sayFound } from './weights-options.js';

const TABLE = {
  weights: WEIGHTS,
  ...WEIGHTS_OPTIONS,
  labels: option('FILE', text, 'names of the classes: one a line, a JSON array, or JSON {"0": "name", …} (default: ' +
    'those that the weights came with)'),
  top: option('K', whole(1), 'classes listed for each picture (default 5)'),
  'image-size': option('N', whole(1), 'pictures are cut to N × N pixels, and resized in the proportion of the ' +
    'weights\' own preparation before: 256 and 224 become round(256·N/224) and N'),
  mean: option('X,X,X', numbers('numbers', () => true), 'mean of the pixels from 0 to 1, one a channel or one for ' +
    'all (default: what the weights say)'),
  std: option('X,X,X', numbers('numbers > 0', (n) => n > 0), 'their standard deviation, likewise'),
  'batch-size': option('N', whole(1), 'pictures computed together, which takes memory in proportion (default 16)'),
  output: option('FILE.npy', text, 'also write the logits, float32 [pictures, classes], in the order of the list; a ' +
    'picture that cannot be read has a row of NaN, an array that cannot be read none; nothing is written if nothing ' +
    'can be read'),
  ...OUTPUT_OPTIONS,
  json: flag('print JSON: found, preprocessing, predictions, errors, output'),
  ...BACKEND_OPTIONS,
} as const;

const help = `efficientnet predict FILE… --weights FILE [options]: what is in the pictures

FILE is a PNG or JPEG picture; a folder, for the .png, .jpg and .jpeg in it and in its folders, sorted by path; or
a .npy array [N,H,W,C] of floats, channels last, already prepared as the weights want it.

${helpOf(TABLE)}
For a network of one channel, colours become grey as PIL's convert('L') makes them. What cannot be read is named on
stderr and the rest is predicted; the exit code is then 1.
`;

/** One picture's result. `image` counts the images of a .npy. */
interface Prediction {
  readonly file: string;
  readonly image?: number;
  readonly top: readonly Guess[];
}

async function run(args: readonly string[]): Promise<number> {
  const { given, positionals } = readArguments(TABLE, args, Infinity);
  const { weights, output, labels: labelsFile, top = 5, 'batch-size': batchSize = 16, json = false } = given;
  if (positionals.length === 0) {
    throw new UsageError('predict takes the FILEs to look at: pictures, folders, or a .npy');
  }
  if (weights === undefined) throw new UsageError('predict takes --weights FILE, a path or an address');
  const wishes = { imageSize: given['image-size'], mean: given.mean, std: given.std };
  applyBackend(given);
  if (output !== undefined) await checkOutput(output, given);

  const { inputs, problems } = await listInputs(positionals);
  const { model, found } = await openWeights(given, weights);
  sayFound(found, given);
  const { inChannels, imageSize, numClasses } = model.config;
  const labels = await loadLabels(labelsFile, found.classes, numClasses);
  const preprocessing = inputs.some(({ kind }) => kind === 'image')
    ? preprocessingOf(found.preprocessing, imageSize, inChannels, wishes) : null;

  const predictions: Prediction[] = [];
  const rows: Float32Array[] = [];
  let read = 0;
  problems.forEach(complain);
  for await (const { path: file, kind, image, result } of classify(model, inputs, { batchSize, preprocessing })) {
    if (result instanceof Error) {
      const problem = { path: file, message: result.message };
      problems.push(problem);
      complain(problem);
    } else {
      read++;
      const prediction = { file, ...(image !== undefined && { image }), top: bestGuesses(result, top, labels) };
      if (json) predictions.push(prediction);
      else process.stdout.write(formatPrediction(prediction));
    }
    if (output === undefined || (result instanceof Error && kind === 'tensor')) continue;
    rows.push(result instanceof Error ? new Float32Array(numClasses).fill(NaN) : result);
  }
  const written = output !== undefined && (read > 0 || problems.length === 0);
  if (written) await saveNpy(output, stacked(rows, numClasses));
  if (json) {
    const errors = problems.map(({ path, message }) => ({ file: path, message }));
    printJson({ found, preprocessing, predictions, errors, output: written ? output : null });
  }
  return problems.length === 0 ? 0 : 1;
}

const complain = ({ message }: Problem): void => void process.stderr.write(`efficientnet: ${printable(message)}\n`);

/** The file's name, and under it a line a class. */
function formatPrediction({ file, image, top }: Prediction): string {
  const rows = top.map(({ index, label, probability }) =>
    [String(index), printable(label ?? ''), formatPercent(probability)] as const);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => displayWidth(row[column]))));
  const lines = rows.map(([index, label, percent]) => {
    const name = widths[1] === 0 ? '' : `${label}${' '.repeat(widths[1] - displayWidth(label))}  `;
    return `  ${index.padStart(widths[0])}  ${name}${percent.padStart(widths[2])}\n`;
  });
  return `${printable(file)}${image === undefined ? '' : `[${image}]`}\n${lines.join('')}`;
}

function stacked(rows: readonly Float32Array[], classes: number): Tensor {
  const all = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => all.set(row, i * classes));
  return fromArray(all, [rows.length, classes]);
}

/** Unless it writes the logits as well. */
const printsOnly = (args: readonly string[]): boolean => !args.some((arg) => /^--output(?:=|$)/.test(arg));

export const predictCommand = { help, run, printsOnly };
