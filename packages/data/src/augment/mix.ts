/** What training does to a whole batch: images, and with them their labels, are blended. */
import type { Random } from '@vitrine/tensor';

export interface MixBatch {
  /** N·H·W·C numbers, normalised. */
  readonly pixels: Float32Array;
  readonly shape: readonly [n: number, height: number, width: number, channels: number];
  /** N class indices. */
  readonly labels: Float32Array;
  readonly classes: number;
}

/** Changes the pixels in place, and returns the targets: N·`classes` probabilities. */
export type Mix = (batch: MixBatch, random: Random) => Float32Array;
