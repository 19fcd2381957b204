/** What the frameworks are given: the same images, in each one's own layout. */
import { channelsFirst } from '../../dist/export/network.js';
import { noise } from '../../dist/models/network.js';
import type { Batch } from './peer.js';

/** Noise, the same at every call. */
export function noiseBatch(count: number, size: number): Batch {
  const images = noise(count, size, 9).toFloat32Array();
  return { count, size, channelsLast: images, channelsFirst: channelsFirst(images, count, size * size, 3) };
}
