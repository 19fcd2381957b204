/** The twin of decoder.node.ts for a page, which has no folders to decode. */
import type { DecoderHandle, DecoderListener } from './pool.js';
import type { ReadImageOptions } from './read-image.js';

export const defaultWorkers = (): number => 0;

export function spawnDecoder(_options: ReadImageOptions, _listener: DecoderListener): DecoderHandle {
  throw new Error('spawnDecoder: a page has no workers for image folders; set workers to 0');
}
