/** Where weights come from, and what is expected in them: the same options for every command that reads some. */
import process from 'node:process';
import { Progress } from '@vitrine/nn';
import { checkDigest, decodeWeights, fetchFile, sha256Of } from '@vitrine/tensor';
import type { WeightsFile } from '@vitrine/tensor';
import { readFile } from '@vitrine/tensor/files';
import { EfficientNet, configFor } from '../model.js';
import { parseConfig } from '../weights/checkpoint-config.js';
import type { PretrainedInfo } from '../weights/pretrained.js';
import { UsageError, asUsage, choice, flag, option, text } from './options.js';
import type { Kind, Values } from './options.js';

const hex: Kind<string> = {
  rule: '8 to 64 hexadecimal digits',
  fromText: (value) => (hex.isValue(value) ? value : undefined),
  isValue: (value): value is string => typeof value === 'string' && /^[0-9a-f]{8,64}$/i.test(value),
};

export const WEIGHTS = option('FILE', text,
  'path or address of weights: this library\'s, torchvision\'s, timm\'s or lukemelas\'');

/** For a file of weights, whatever is in it. */
export const SOURCE_OPTIONS = {
  sha256: option('HEX', hex, 'what the file\'s SHA-256 is or begins with, at least 8 digits'),
  cache: option('DIR', text, 'where downloads are kept (default $XDG_CACHE_HOME/vitrine or ~/.cache/vitrine)'),
  ema: flag('the moving average of the weights in a training checkpoint (a run\'s best.safetensors is of the ' +
    'averages already, if it made any)'),
} as const;

/** For a network made of it. */
export const WEIGHTS_OPTIONS = {
  model: option('NAME', text, 'what the file should hold, such as b0; auto, the default, takes what there is'),
  conventions: option('C', choice('tensorflow', 'pytorch'), 'padding and batch norm, where the file does not tell'),
  ...SOURCE_OPTIONS,
} as const;

export type SourceValues = Partial<Values<typeof SOURCE_OPTIONS>>;
export type WeightsValues = Partial<Values<typeof WEIGHTS_OPTIONS>>;

export interface WeightsBytes {
  /** The path or address. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What was found in a file, as `--json` prints it. */
export interface Found extends PretrainedInfo {
  readonly inChannels: number;
  readonly warnings: readonly string[];
}

/** A network and where it came from. */
export interface Opened {
  readonly file: WeightsFile;
  readonly model: EfficientNet;
  readonly found: Found;
}

/** The bytes at a path or an address (http, https, file), which is downloaded once and kept. */
export async function readWeights(
  { sha256, cache: cacheFolder }: SourceValues, source: string,
): Promise<WeightsBytes> {
  if (!/^(?:https?|file):\/\//.test(source)) {
    const bytes = await readFile(source);
    if (sha256 !== undefined) checkDigest(source, await sha256Of(bytes), sha256);
    return { name: source, bytes };
  }
  if (!URL.canParse(source)) throw new UsageError(`'${source}' is no address`);
  const { onProgress, done } = downloadProgress(source);
  try {
    const file = await fetchFile(source, {
      onProgress, ...(sha256 !== undefined && { sha256 }), ...(cacheFolder !== undefined && { cacheFolder }),
    });
    return { name: source, bytes: await file.read() };
  } finally {
    done();
  }
}

interface Download {
  readonly onProgress: (received: number, total: number | null) => void;
  readonly done: () => void;
}

/** A line that moves, on a terminal only. */
function downloadProgress(address: string): Download {
  const progress = process.stderr.isTTY ? new Progress({ stream: process.stderr }) : null;
  const megabytes = (n: number): number => Math.round(n / 1e5) / 10;
  let started = false;
  return {
    onProgress: (received, total) => {
      const all = total === null ? undefined : megabytes(total);
      if (!started) progress?.start(`fetch ${address.split('/').at(-1)}`, all, 'MB');
      started = true;
      progress?.update(megabytes(received));
    },
    done: () => progress?.end(),
  };
}

/** The network in a file, ready for evaluation. A name that does not exist, not even in the file, is wrong usage. */
export async function openWeights(values: WeightsValues, source: string): Promise<Opened> {
  const { model: name = 'auto', conventions, ema = false } = values;
  const { bytes, name: fileName } = await readWeights(values, source);
  const file = decodeWeights(bytes, fileName, { ema });
  const own = parseConfig(file.metadata.get('model') ?? 'null')?.name;
  if (name !== 'auto' && name !== own) asUsage(() => configFor(name));
  const warnings: string[] = [];
  const model = await EfficientNet.fromPretrained(name, file, {
    fileName,
    warn: (message) => void warnings.push(message),
    ...(conventions !== undefined && { conventions }),
  });
  const { pretrained, config: { inChannels } } = model;
  if (pretrained === null) throw new Error(`${source}: nothing is known of where the weights came from`);
  return { file, model, found: { ...pretrained, inChannels, warnings } };
}

/** What was found, in lines for a person. */
export function describeFound(found: Found): string {
  const { source, format, layout, variant, conventions, numClasses, inChannels, notes, warnings } = found;
  const channels = inChannels === 3 ? '' : `, ${inChannels} ${inChannels === 1 ? 'channel' : 'channels'}`;
  return [
    `${source}: ${variant}, ${layout} names (${format}), ${conventions} conventions, ${numClasses} classes${channels}`,
    ...notes.map((note) => `note: ${note}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].map((line) => `${line}\n`).join('');
}

/** To stderr, where it disturbs no pipe; `--json` has it in its result. */
export function sayFound(found: Found, { json = false }: { readonly json?: boolean }): void {
  if (!json) process.stderr.write(describeFound(found));
}
