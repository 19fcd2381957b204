/** A model by its name on the command line. */
import { EfficientNet } from '../model.js';
import type { EfficientNetOptions } from '../model.js';
import { asUsage } from './options.js';

/** Like `EfficientNet.fromName`; a name or setting it refuses is wrong usage. */
export const namedModel = (name: string, options: EfficientNetOptions): EfficientNet =>
  asUsage(() => EfficientNet.fromName(name, options));
