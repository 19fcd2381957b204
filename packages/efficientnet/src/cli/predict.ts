/** `efficientnet predict FILE… --weights FILE`: what is in the picture? */
import process from 'node:process';
import { displayWidth, formatPercent, printable } from '@vitrine/nn';
import { fromArray, saveNpy } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { BACKEND_OPTIONS, applyBackendOptions, backendHelp } from './backend-options.js';
import { bestGuesses, classify } from './classify.js';
import type { Guess } from './classify.js';
import { listInputs, preprocessingOf } from './inputs.js';
import type { Problem } from './inputs.js';
import { loadLabels } from './labels.js';
import { UsageError, parseOptions } from './options.js';
import type { Parsed } from './options.js';
import { checkOutput, forceHelp, printJson } from './output.js';
import { SOURCE_FLAGS, WEIGHTS_OPTIONS, openWeights, sayFound, weightsHelp } from './weights-options.js';

const help = `efficientnet predict FILE… --weights FILE [options]: what is in the pictures

FILE is a PNG or JPEG picture; a folder, for the .png, .jpg and .jpeg in it and in its folders, sorted by path; or
a .npy array [N,H,W,C] of floats, channels last, already prepared as the weights want it.

  --weights FILE         path or address of weights: this library's, torchvision's, timm's or lukemelas'
${weightsHelp}
  --labels FILE          names of the classes: one a line, a JSON array, or JSON {"0": "name", …}
                         (default: those that the weights came with)
  --top K                classes listed for each picture (default 5)
  --image-size N         pictures are cut to N × N pixels, and resized in the proportion of the weights' own
                         preparation before: 256 and 224 become round(256·N/224) and N
  --mean X,X,X           mean and deviation of pixels from 0 to 1, one a channel or one for all
  --std X,X,X            (default: what the weights say)
  --batch-size N         pictures computed together, which takes memory in proportion (default 16)
  --output FILE.npy      also write the logits, float32 [pictures, classes], in the order of the list; a picture
                         that cannot be read has a row of NaN, an array that cannot be read none; nothing is
                         written if nothing can be read
${forceHelp}  --json                 print JSON: found, preprocessing, predictions, errors, output
${backendHelp}
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
  const texts = ['weights', 'labels', 'top', 'image-size', 'mean', 'std', 'batch-size', 'output'];
  const flags = ['json', 'force', ...SOURCE_FLAGS];
  const parsed = parseOptions(args, [...texts, ...WEIGHTS_OPTIONS, ...BACKEND_OPTIONS], flags, Infinity);
  const { text, whole, flag, positionals } = parsed;
  const [weights, output] = [text('weights'), text('output')];
  if (positionals.length === 0) {
    throw new UsageError('predict takes the FILEs to look at: pictures, folders, or a .npy');
  }
  if (weights === undefined) throw new UsageError('predict takes --weights FILE, a path or an address');
  const [top, batchSize] = [whole('top', 1) ?? 5, whole('batch-size', 1) ?? 16];
  const wishes = { imageSize: whole('image-size', 1), mean: numbers(parsed, 'mean'), std: numbers(parsed, 'std') };
  applyBackendOptions(parsed);
  if (output !== undefined) await checkOutput(output, parsed);

  const { inputs, problems } = await listInputs(positionals);
  const { model, found } = await openWeights(parsed, weights);
  sayFound(found, parsed);
  const { inChannels, imageSize, numClasses } = model.config;
  const labels = await loadLabels(text('labels'), found.classes, numClasses);
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
      if (flag('json')) predictions.push(prediction);
      else process.stdout.write(formatPrediction(prediction));
    }
    if (output === undefined || (result instanceof Error && kind === 'tensor')) continue;
    rows.push(result instanceof Error ? new Float32Array(numClasses).fill(NaN) : result);
  }
  const written = output !== undefined && (read > 0 || problems.length === 0);
  if (written) await saveNpy(output, stacked(rows, numClasses));
  if (flag('json')) {
    const errors = problems.map(({ path, message }) => ({ file: path, message }));
    printJson({ found, preprocessing, predictions, errors, output: written ? output : null });
  }
  return problems.length === 0 ? 0 : 1;
}

const complain = ({ message }: Problem): void => void process.stderr.write(`efficientnet: ${printable(message)}\n`);

/** `0.5,0.5,0.5`, or undefined. */
function numbers({ text }: Parsed, name: 'mean' | 'std'): number[] | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const found = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (found.every((n) => Number.isFinite(n) && (name === 'mean' || n > 0))) return found;
  throw new UsageError(`--${name} takes numbers${name === 'std' ? ' > 0' : ''} with commas between; got '${value}'`);
}

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

export const predictCommand = { help, run };
