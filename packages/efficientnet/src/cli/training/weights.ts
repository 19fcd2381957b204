/** Weights that training or evaluation begins with. */
import { choice, flag, option, text } from '../option-table.js';
import { preprocessingOf } from '../inputs.js';
import { openWeights } from '../weights-options.js';
import type { Opened } from '../weights-options.js';
import type { KnownImages, Wanted } from './data.js';
import type { DataValues } from './options.js';

export const WEIGHTS_TABLE = {
  weights: option('FILE', text, 'path or address of weights: this library\'s, torchvision\'s, timm\'s or lukemelas\''),
  model: option('NAME', text, 'what the file should hold, such as b0; auto, the default, takes what there is'),
  conventions: option('C', choice('tensorflow', 'pytorch'), 'padding and batch norm, where the file does not tell'),
  sha256: option('HEX', text, 'what the file\'s SHA-256 is or begins with, at least 8 digits'),
  cache: option('DIR', text, 'where downloads are kept (default $XDG_CACHE_HOME/vitrine or ~/.cache/vitrine)'),
  averages: flag('the moving average of the weights, where a training checkpoint holds one'),
} as const;

export interface WeightsValues {
  readonly weights: string;
  readonly model?: string;
  readonly conventions?: string;
  readonly sha256?: string;
  readonly cache?: string;
  readonly averages?: boolean;
}

/** The network in the file that options name. */
export function openNetwork({ weights, averages = false, ...texts }: WeightsValues): Promise<Opened> {
  const named = new Map<string, string>(Object.entries(texts));
  return openWeights({ text: (name) => named.get(name), flag: (name) => name === 'ema' && averages }, weights);
}

/** Images as the weights want them: see `preprocessingOf`. */
export function wantedByWeights(
  { model: { config }, found }: Opened, { 'image-size': imageSize, mean, std }: DataValues,
): (known: KnownImages) => Wanted {
  return () => ({
    channels: config.inChannels === 1 ? 1 : 3,
    preprocessing: preprocessingOf(found.preprocessing, config.imageSize, config.inChannels, {
      imageSize: imageSize ?? undefined, mean: mean ?? undefined, std: std ?? undefined,
    }),
  });
}
