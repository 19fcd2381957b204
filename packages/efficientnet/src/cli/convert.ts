/** `efficientnet convert IN OUT --layout L`: the same weights under another library's names. */
import { basename } from 'node:path';
import process from 'node:process';
import { decodeWeights } from '@vitrine/tensor';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { LAYOUTS } from '../weights/layouts.js';
import { encodeWeights } from '../weights/save.js';
import { UsageError, parseOptions } from './options.js';
import { checkOutput, forceHelp, formatBytes, printJson } from './output.js';
import { SOURCE_FLAGS, WEIGHTS_OPTIONS, openWeights, sayFound, weightsHelp } from './weights-options.js';

const help = `efficientnet convert IN OUT --layout L [options]: weights under another library's names

IN is a path or an address: .safetensors, .pth or .pt. OUT is a safetensors file; load_state_dict of the library takes
it, strictly. It also carries the configuration, how images are prepared, and IN's texts, such as the classes: so that
predict gives the same.

  --layout L             whose names and axes: ${LAYOUTS.join(', ')}
  --float16              half precision: half the size, three digits
${weightsHelp}${forceHelp}  --json                 print JSON: output, layout, dtype, bytes, found
`;

async function run(args: readonly string[]): Promise<number> {
  const flags = ['float16', 'json', 'force', ...SOURCE_FLAGS];
  const parsed = parseOptions(args, ['layout', ...WEIGHTS_OPTIONS], flags, 2);
  const { text, flag, positionals: [source, output] } = parsed;
  if (output === undefined) throw new UsageError('convert takes IN and OUT, two files');
  const layout = LAYOUTS.find((name) => name === text('layout'));
  if (layout === undefined) {
    throw new UsageError(`convert takes --layout, one of ${LAYOUTS.join(', ')}; got ${quoted(text('layout'))}`);
  }
  if (/\.(?:pth?|bin|ckpt|onnx|npy)$/i.test(output)) {
    throw new UsageError(`convert writes safetensors; call OUT ${basename(output).replace(/\.\w+$/, '.safetensors')}`);
  }
  await checkOutput(output, parsed);

  const opened = await openWeights(parsed, source);
  const warnings = [...opened.found.warnings];
  const dtype = flag('float16') ? 'float16' : 'float32';
  const { preprocessing } = opened.found;
  const metadata = new Map(decodeWeights(opened.bytes, opened.name, { ema: flag('ema') }).metadata);
  if (preprocessing !== null) metadata.set('preprocessing', JSON.stringify(preprocessing));
  const warn = (message: string): void => void warnings.push(message);
  const bytes = encodeWeights(opened.model, { layout, dtype, metadata, warn });
  const found = { ...opened.found, warnings };
  sayFound(found, parsed);
  await writeFileAtomic(output, bytes);
  if (flag('json')) printJson({ output, layout, dtype, bytes: bytes.length, found });
  else process.stdout.write(`${output}: ${found.variant}, ${layout} names, ${dtype}, ${formatBytes(bytes.length)}\n`);
  return 0;
}

const quoted = (text: string | undefined): string => (text === undefined ? 'none' : `'${text}'`);

export const convertCommand = { help, run };
