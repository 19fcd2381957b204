/** Where weights come from, and what is expected in them: the same options for every command that reads some. */
import process from 'node:process';
import { Progress } from '@vitrine/nn';
import { checkDigest, fetchFile, sha256Of } from '@vitrine/tensor';
import { readFile } from '@vitrine/tensor/files';
import type { ConventionName } from '../config.js';
import { EfficientNet, configFor } from '../model.js';
import type { PretrainedInfo } from '../weights/pretrained.js';
import { UsageError } from './options.js';
import type { Parsed } from './options.js';

/** For a file of weights, whatever is in it. */
export const SOURCE_OPTIONS = ['sha256', 'cache'];
export const SOURCE_FLAGS = ['ema'];
/** For a network made of it. */
export const WEIGHTS_OPTIONS = [...SOURCE_OPTIONS, 'model', 'conventions'];

export const sourceHelp = `  --sha256 HEX           what the file's SHA-256 is or begins with, at least 8 digits
  --cache DIR            where downloads are kept (default $XDG_CACHE_HOME/vitrine or ~/.cache/vitrine)
  --ema                  the moving average of the weights, where a training checkpoint holds one
`;

export const weightsHelp = `  --model NAME           what the file should hold, such as b0; auto, the default, takes what there is
  --conventions C        tensorflow or pytorch: padding and batch norm, where the file does not tell
${sourceHelp}`;

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
export interface Opened extends WeightsBytes {
  readonly model: EfficientNet;
  readonly found: Found;
}

/** The bytes at a path or an address (http, https, file), which is downloaded once and kept. */
export async function readWeights({ text }: Pick<Parsed, 'text'>, source: string): Promise<WeightsBytes> {
  const [sha256, cacheFolder] = [text('sha256'), text('cache')];
  if (sha256 !== undefined && !/^[0-9a-f]{8,64}$/i.test(sha256)) {
    throw new UsageError(`--sha256 takes 8 to 64 hexadecimal digits; got '${sha256}'`);
  }
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

/** The network in a file, ready for evaluation. A name or setting that does not exist is wrong usage. */
export async function openWeights(parsed: Pick<Parsed, 'text' | 'flag'>, source: string): Promise<Opened> {
  const { text, flag } = parsed;
  const name = text('model') ?? 'auto';
  const conventions = text('conventions');
  if (!isConvention(conventions)) {
    throw new UsageError(`--conventions takes tensorflow or pytorch; got '${conventions}'`);
  }
  const { bytes, name: fileName } = await readWeights(parsed, source);
  const warnings: string[] = [];
  const model = await EfficientNet.fromPretrained(name, bytes, {
    fileName,
    ema: flag('ema'),
    warn: (message) => void warnings.push(message),
    ...(conventions !== undefined && { conventions }),
  }).catch((error: unknown) => {
    throw name === 'auto' || isKnown(name) || !(error instanceof RangeError) ? error : new UsageError(error.message);
  });
  const { pretrained, config: { inChannels } } = model;
  if (pretrained === null) throw new Error(`${source}: nothing is known of where the weights came from`);
  return { name: fileName, bytes, model, found: { ...pretrained, inChannels, warnings } };
}

const isConvention = (text: string | undefined): text is ConventionName | undefined =>
  text === undefined || text === 'tensorflow' || text === 'pytorch';

function isKnown(name: string): boolean {
  try {
    configFor(name);
    return true;
  } catch {
    return false;
  }
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
export function sayFound(found: Found, { flag }: Parsed): void {
  if (!flag('json')) process.stderr.write(describeFound(found));
}
