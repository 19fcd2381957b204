/** `efficientnet inspect FILE`: what is in it, and whose is it? */
import process from 'node:process';
import { printable, truncate } from '@vitrine/nn';
import { decodeWeights, formatShape, parseNpy, sizeOf } from '@vitrine/tensor';
import type { Shape, WeightsFile } from '@vitrine/tensor';
import { EfficientNet } from '../model.js';
import type { PretrainedInfo } from '../weights/pretrained.js';
import { hintsOf, recognise } from '../weights/recognise.js';
import { describePreprocessing } from './inputs.js';
import { UsageError, flag, helpOf, readArguments } from './options.js';
import { formatBytes, formatCount, messageOf, printJson } from './output.js';
import { SOURCE_OPTIONS, readWeights } from './weights-options.js';
import type { WeightsBytes } from './weights-options.js';

const TABLE = {
  tensors: flag('list every tensor: name, shape, element type'),
  ...SOURCE_OPTIONS,
  json: flag('print JSON: file, bytes, format, network, problem, metadata, notes, elements, tensors, whether or not ' +
    'they are asked for'),
} as const;

const help = `efficientnet inspect FILE [options]: what is in a file of weights

FILE is a path or an address: .safetensors, .pth, .pt (the content decides, not the name), or a .npy array. Of a
network that is not known the tensors are listed.

${helpOf(TABLE)}`;

interface TensorRow {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
}

/** A network that is known. */
interface Network extends Pick<PretrainedInfo, 'layout' | 'variant' | 'conventions' | 'numClasses'> {
  /** What the conventions were read from. */
  readonly conventionsFrom: string;
  readonly inChannels: number;
  readonly warnings: readonly string[];
  /** What is known once all tensors have found their places. */
  readonly loaded: Loaded | null;
}

interface Loaded extends Pick<PretrainedInfo, 'batchNormEps' | 'classes' | 'preprocessing'> {
  readonly parameters: number;
}

interface Inspection {
  readonly file: string;
  readonly bytes: number;
  readonly format: WeightsFile['format'] | 'npy';
  readonly network: Network | null;
  /** Why there is no network, or why it cannot be loaded. */
  readonly problem: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  readonly elements: number;
  readonly tensors: readonly TensorRow[];
}

async function run(args: readonly string[]): Promise<number> {
  const { given, positionals: [source] } = readArguments(TABLE, args, 1);
  if (source === undefined) throw new UsageError('inspect takes a FILE of weights, a path or an address');
  const found = await inspect(await readWeights(given, source), given.ema === true);
  if (given.json === true) printJson(found);
  else process.stdout.write(describe(found, given.tensors === true));
  return 0;
}

const isNpy = (bytes: Uint8Array): boolean => bytes[0] === 0x93 && bytes[1] === 0x4e;

async function inspect({ name: file, bytes }: WeightsBytes, ema: boolean): Promise<Inspection> {
  const common = { file, bytes: bytes.length };
  if (isNpy(bytes)) {
    const { dtype, shape } = parseNpy(bytes, file);
    const contents = { tensors: [{ name: '', shape, dtype }], elements: sizeOf(shape), metadata: {}, notes: [] };
    return { ...common, format: 'npy', network: null, problem: null, ...contents };
  }
  const weights = decodeWeights(bytes, file, { ema });
  const { format, metadata, notes, dtypes } = weights;
  const tensors = Array.from(weights.tensors, ([name, { shape, dtype }]) =>
    ({ name, shape, dtype: dtypes.get(name) ?? dtype }));
  const elements = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const contents = { metadata: Object.fromEntries(metadata), notes, elements, tensors };
  return { ...common, format, ...await networkOf(weights, file), ...contents };
}

async function networkOf(
  weights: WeightsFile, fileName: string,
): Promise<Pick<Inspection, 'network' | 'problem'>> {
  let network: Network | null = null;
  try {
    const { layout, variant, options: { conventions }, numClasses, inChannels, reason, warnings } =
      recognise(weights, fileName, hintsOf(fileName, weights.metadata));
    network = { layout, variant, conventions, conventionsFrom: reason, numClasses, inChannels, warnings, loaded: null };
    const model = await EfficientNet.fromPretrained('auto', weights, { fileName, warn: () => undefined });
    if (model.pretrained === null) return { network, problem: null };
    const { batchNormEps, classes, preprocessing } = model.pretrained;
    const loaded = { batchNormEps, classes, preprocessing, parameters: model.parameterCount() };
    return { network: { ...network, loaded }, problem: null };
  } catch (error) {
    return { network, problem: messageOf(error) };
  }
}

function describe(found: Inspection, all: boolean): string {
  const { file, bytes, format, network, problem, metadata, notes, elements, tensors } = found;
  const facts: [label: string, value: string][] = [['format', `${format}, ${formatBytes(bytes)}`]];
  if (network !== null) {
    const { layout, variant, conventions, conventionsFrom, numClasses, inChannels, loaded } = network;
    facts.push(['network', variant], ['layout', layout], ['conventions', `${conventions} (${conventionsFrom})`]);
    if (loaded !== null) facts.push(['batch norm', `eps ${loaded.batchNormEps}`]);
    facts.push(['classes', `${numClasses}${loaded?.classes == null ? '' : `: ${loaded.classes.join(', ')}`}`]);
    facts.push(['channels', String(inChannels)]);
    if (loaded !== null) facts.push(['parameters', formatCount(loaded.parameters)]);
    if (loaded?.preprocessing != null) facts.push(['images', describePreprocessing(loaded.preprocessing)]);
  }
  facts.push(format === 'npy' ? ['array', `${formatShape(tensors[0].shape)} ${tensors[0].dtype}`]
    : ['tensors', `${formatCount(tensors.length)} with ${formatCount(elements)} elements`]);
  for (const [key, value] of Object.entries(metadata)) facts.push(['metadata', `${key}: ${value}`]);
  for (const note of notes) facts.push(['note', note]);
  for (const warning of network?.warnings ?? []) facts.push(['warning', warning]);
  if (problem !== null) facts.push(['problem', problem]);
  const lines = facts.map(([label, value]) => `  ${label.padEnd(13)}${tidy(value, label)}`);
  return [printable(file), ...lines, ...(format !== 'npy' && (all || network === null) ? table(tensors) : [])]
    .map((line) => `${line}\n`).join('');
}

/** On one line; what only repeats the file is cut short. */
const tidy = (value: string, label: string): string => {
  const line = value.split('\n').map(printable).join('\n  ');
  return label === 'metadata' || label === 'classes' ? truncate(line, 100) : line;
};

function table(tensors: readonly TensorRow[]): string[] {
  const rows = tensors.map(({ name, shape, dtype }) => [printable(name), formatShape(shape), dtype]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  return ['', ...rows.map(([name, shape, dtype]) => `${name.padEnd(widths[0])}  ${shape.padEnd(widths[1])}  ${dtype}`)];
}

export const inspectCommand = { help, run, printsOnly: (): boolean => true };
