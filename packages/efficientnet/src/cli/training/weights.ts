/** Weights that training or evaluation begins with. */
import { preprocessingOf } from '../inputs.js';
import { WEIGHTS, WEIGHTS_OPTIONS } from '../weights-options.js';
import type { Opened } from '../weights-options.js';
import type { KnownImages, Wanted } from './data.js';
import type { DataValues } from './options.js';

/** `averages` is `ema` of the other commands: here that is the recipe's. */
const { ema: averages, ...OPTIONS } = WEIGHTS_OPTIONS;

export const WEIGHTS_TABLE = { weights: WEIGHTS, ...OPTIONS, averages } as const;

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
