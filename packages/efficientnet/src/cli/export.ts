/** `efficientnet export WEIGHTS OUT.onnx`. */
import process from 'node:process';
import { ONNX_OPSET } from '@vitrine/nn';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { exportOnnx } from '../export/onnx.js';
import { describePreprocessing } from './inputs.js';
import { UsageError, parseOptions } from './options.js';
import type { Parsed } from './options.js';
import { checkOutput, forceHelp, formatBytes, printJson } from './output.js';
import { SOURCE_FLAGS, WEIGHTS_OPTIONS, openWeights, sayFound, weightsHelp } from './weights-options.js';

const help = `efficientnet export WEIGHTS OUT.onnx [options]: a file for ONNX Runtime and others

The graph takes 'input' [N,C,H,W], channels first, of any N, and gives 'logits' [N,classes].

  --image-size N         side of the images, or dynamic: every run chooses (default: what the weights are tested with)
  --no-fold              leave batch norms as nodes (default: they become part of the convolutions)
${weightsHelp}${forceHelp}  --json                 print JSON: output, bytes, opset, input, logits, folded, preprocessing,
                         found
`;

async function run(args: readonly string[]): Promise<number> {
  const flags = ['no-fold', 'json', 'force', ...SOURCE_FLAGS];
  const parsed = parseOptions(args, ['image-size', ...WEIGHTS_OPTIONS], flags, 2);
  const { flag, positionals: [source, output] } = parsed;
  if (output === undefined) throw new UsageError('export takes WEIGHTS and OUT.onnx, two files');
  if (!/\.onnx$/i.test(output)) throw new UsageError(`export writes ONNX; OUT ends in .onnx, got '${output}'`);
  const asked = askedSize(parsed);
  await checkOutput(output, parsed);

  const { model, found } = await openWeights(parsed, source);
  sayFound(found, parsed);
  const { inChannels, numClasses } = model.config;
  const imageSize = asked ?? found.preprocessing?.crop ?? model.config.imageSize;
  const folded = !flag('no-fold');
  const bytes = exportOnnx(model, { foldBatchNorm: folded, imageSize });
  await writeFileAtomic(output, bytes);
  const [height, width] = imageSize === 'dynamic' ? ['H', 'W'] : [imageSize, imageSize];
  const [input, logits] = [['N', inChannels, height, width], ['N', numClasses]];
  const { preprocessing } = found;
  if (flag('json')) {
    printJson({ output, bytes: bytes.length, opset: ONNX_OPSET, input, logits, folded, preprocessing, found });
    return 0;
  }
  process.stdout.write(`${output}: ONNX opset ${ONNX_OPSET}, input [${input.join()}] → logits [${logits.join()}], ` +
    `${formatBytes(bytes.length)}\n`);
  if (preprocessing !== null) process.stdout.write(`images: ${describePreprocessing(preprocessing)}\n`);
  return 0;
}

function askedSize({ text, whole }: Parsed): number | 'dynamic' | undefined {
  const value = text('image-size');
  if (value === 'dynamic') return 'dynamic';
  try {
    return whole('image-size', 1);
  } catch {
    throw new UsageError(`--image-size takes a whole number >= 1, or dynamic; got '${value}'`);
  }
}

export const exportCommand = { help, run };
