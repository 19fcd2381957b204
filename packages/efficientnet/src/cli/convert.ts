/** `efficientnet convert IN OUT --layout L`: the same weights under another library's names. */
import { basename } from 'node:path';
import process from 'node:process';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { LAYOUTS } from '../weights/layouts.js';
import { encodeWeights } from '../weights/save.js';
import { UsageError, flag, helpOf, option, readArguments, text } from './options.js';
import { OUTPUT_OPTIONS, checkOutput, formatBytes, printJson } from './output.js';
import { WEIGHTS_OPTIONS, openWeights, sayFound } from './weights-options.js';

const TABLE = {
  layout: option('L', text, `whose names and axes: ${LAYOUTS.join(', ')}`),
  float16: flag('half precision: half the size, three digits'),
  ...WEIGHTS_OPTIONS,
  ...OUTPUT_OPTIONS,
  json: flag('print JSON: output, layout, dtype, bytes, found'),
} as const;

const help = `efficientnet convert IN OUT --layout L [options]: weights under another library's names

IN is a path or an address: .safetensors, .pth or .pt. OUT is a safetensors file; load_state_dict of the library takes
it, strictly. It also carries the configuration, how images are prepared, and IN's texts, such as the classes: so that
predict gives the same.

${helpOf(TABLE)}`;

async function run(args: readonly string[]): Promise<number> {
  const { given, positionals: [source, output] } = readArguments(TABLE, args, 2);
  if (output === undefined) throw new UsageError('convert takes IN and OUT, two files');
  const layout = LAYOUTS.find((name) => name === given.layout);
  if (layout === undefined) {
    throw new UsageError(`convert takes --layout, one of ${LAYOUTS.join(', ')}; got ${quoted(given.layout)}`);
  }
  if (/\.(?:pth?|bin|ckpt|onnx|npy)$/i.test(output)) {
    throw new UsageError(`convert writes safetensors; call OUT ${basename(output).replace(/\.\w+$/, '.safetensors')}`);
  }
  await checkOutput(output, given);

  const opened = await openWeights(given, source);
  const warnings = [...opened.found.warnings];
  const dtype = given.float16 === true ? 'float16' : 'float32';
  const { preprocessing } = opened.found;
  const metadata = new Map(opened.file.metadata);
  if (preprocessing !== null) metadata.set('preprocessing', JSON.stringify(preprocessing));
  const warn = (message: string): void => void warnings.push(message);
  const bytes = encodeWeights(opened.model, { layout, dtype, metadata, warn });
  const found = { ...opened.found, warnings };
  sayFound(found, given);
  await writeFileAtomic(output, bytes);
  if (given.json === true) printJson({ output, layout, dtype, bytes: bytes.length, found });
  else process.stdout.write(`${output}: ${found.variant}, ${layout} names, ${dtype}, ${formatBytes(bytes.length)}\n`);
  return 0;
}

const quoted = (given: string | undefined): string => (given === undefined ? 'none' : `'${given}'`);

export const convertCommand = { help, run };
