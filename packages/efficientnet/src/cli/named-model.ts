/** A model by its name on the command line. */
import { EfficientNet } from '../model.js';
import type { EfficientNetOptions } from '../model.js';
import { UsageError } from './options.js';

/** Like `EfficientNet.fromName`; a name or setting it refuses is wrong usage. */
export function namedModel(name: string, options: EfficientNetOptions): EfficientNet {
  try {
    return EfficientNet.fromName(name, options);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
