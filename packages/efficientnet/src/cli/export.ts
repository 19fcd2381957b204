/** `efficientnet export WEIGHTS OUT.onnx`. */
import process from 'node:process';
import { ONNX_OPSET } from '@vitrine/nn';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { exportOnnx } from '../export/onnx.js';
import { describePreprocessing } from './inputs.js';
import { UsageError, flag, helpOf, option, readArguments, whole } from './options.js';
import type { Kind } from './options.js';
import { OUTPUT_OPTIONS, checkOutput, formatBytes, printJson } from './output.js';
import { WEIGHTS_OPTIONS, openWeights, sayFound } from './weights-options.js';

const size = whole(1);
const sizeOrDynamic: Kind<number | 'dynamic'> = {
  rule: `${size.rule}, or dynamic`,
  fromText: (text) => (text === 'dynamic' ? text : size.fromText(text)),
  isValue: (value): value is number | 'dynamic' => value === 'dynamic' || size.isValue(value),
};

const TABLE = {
  'image-size': option('N', sizeOrDynamic,
    'side of the images, or dynamic: every run chooses (default: what the weights are tested with)'),
  'no-fold': flag('leave batch norms as nodes (default: they become part of the convolutions)'),
  ...WEIGHTS_OPTIONS,
  ...OUTPUT_OPTIONS,
  json: flag('print JSON: output, bytes, opset, input, logits, folded, preprocessing, found'),
} as const;

const help = `efficientnet export WEIGHTS OUT.onnx [options]: a file for ONNX Runtime and others

The graph takes 'input' [N,C,H,W], channels first, of any N, and gives 'logits' [N,classes].

${helpOf(TABLE)}`;

async function run(args: readonly string[]): Promise<number> {
  const { given, positionals: [source, output] } = readArguments(TABLE, args, 2);
  if (output === undefined) throw new UsageError('export takes WEIGHTS and OUT.onnx, two files');
  if (!/\.onnx$/i.test(output)) throw new UsageError(`export writes ONNX; OUT ends in .onnx, got '${output}'`);
  await checkOutput(output, given);

  const { model, found } = await openWeights(given, source);
  sayFound(found, given);
  const { inChannels, numClasses } = model.config;
  const imageSize = given['image-size'] ?? found.preprocessing?.crop ?? model.config.imageSize;
  const folded = given['no-fold'] !== true;
  const bytes = exportOnnx(model, { foldBatchNorm: folded, imageSize });
  await writeFileAtomic(output, bytes);
  const [height, width] = imageSize === 'dynamic' ? ['H', 'W'] : [imageSize, imageSize];
  const [input, logits] = [['N', inChannels, height, width], ['N', numClasses]];
  const { preprocessing } = found;
  if (given.json === true) {
    printJson({ output, bytes: bytes.length, opset: ONNX_OPSET, input, logits, folded, preprocessing, found });
    return 0;
  }
  process.stdout.write(`${output}: ONNX opset ${ONNX_OPSET}, input [${input.join()}] → logits [${logits.join()}], ` +
    `${formatBytes(bytes.length)}\n`);
  if (preprocessing !== null) process.stdout.write(`images: ${describePreprocessing(preprocessing)}\n`);
  return 0;
}

export const exportCommand = { help, run };
