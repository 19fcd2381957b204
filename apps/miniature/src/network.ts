/**
 * The base network of the experiment, and how it is stretched.
 *
 * The paper rounds channels to multiples of 8 and repeats up. On a network with 8 channels and one or two blocks a
 * stage that turns a factor of 1.1 into nothing or into 2. Here channels are rounded to even numbers, and depth counts
 * blocks over all stages: base blocks times d, dealt out in proportion. The first block, which halves the image and
 * costs next to nothing, stays one.
 */
import { EfficientNet, configFor, mbconv, summary } from '@vitrine/efficientnet';
import type { EfficientNetConfig, StageConfig } from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';

/** d, w and r of the paper: factors of depth, width and resolution. */
export interface Coefficients {
  readonly depth: number;
  readonly width: number;
  readonly resolution: number;
}

export const ONE: Coefficients = { depth: 1, width: 1, resolution: 1 };

/**
 * B0's plan cut to what an image of 12 × 12 pixels can use: one halving. Images at twice the resolution and a bit more
 * are Fashion-MNIST as it is, 28 × 28.
 */
export const BASE = {
  resolution: 12,
  stemChannels: 8,
  first: mbconv(3, 2, 1, 8, 1), // 12 → 6
  stages: [
    //     k  s  e  out  ×
    mbconv(3, 1, 4, 12, 1), // 6
    mbconv(5, 1, 4, 16, 2), // 6
    mbconv(3, 1, 4, 24, 1), // 6
  ],
  headChannels: 96,
} as const;

export const CLASSES = 10;

const even = (channels: number): number => Math.max(2, 2 * Math.round(channels / 2));

/**
 * Blocks of every stage when the network's total is to be d times what it was: shares rounded down, but never to
 * nothing; the blocks left over go to the largest fractions, earlier stages first.
 */
export function stretchRepeats(repeats: readonly number[], depth: number): number[] {
  const total = Math.round(depth * repeats.reduce((sum, n) => sum + n, 0));
  const shares = repeats.map((n) => depth * n);
  const out = shares.map((share) => Math.max(1, Math.floor(share + 1e-9)));
  const byFraction = shares.map((share, i) => [share - out[i], i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const missing = total - out.reduce((sum, n) => sum + n, 0);
  for (const [, stage] of byFraction.slice(0, Math.max(0, missing))) out[stage]++;
  return out;
}

/** The base network stretched. Regularisation is off: what is trained this briefly does not overfit. */
export function stretch({ depth, width, resolution }: Coefficients): EfficientNetConfig {
  const repeats = stretchRepeats(BASE.stages.map((stage) => stage.repeats), depth);
  const stages: StageConfig[] = [BASE.first, ...BASE.stages.map((stage, i) => ({ ...stage, repeats: repeats[i] }))]
    .map((stage) => ({ ...stage, channels: even(stage.channels * width) }));
  return {
    ...configFor('tiny-28', { numClasses: CLASSES, inChannels: 1, dropout: 0, dropPath: 0, batchNormMomentum: 0.1 }),
    name: 'miniature',
    stemChannels: even(BASE.stemChannels * width),
    stages,
    headChannels: even(BASE.headChannels * width),
    imageSize: Math.round(BASE.resolution * resolution),
  };
}

export interface Size {
  readonly blocks: number;
  readonly pixels: number;
  readonly params: number;
  readonly macs: number;
}

/** What a stretched network has and costs, counted on shapes alone. */
export function sizeOf(coefficients: Coefficients): Size {
  const config = stretch(coefficients);
  const { params, macs } = summary(meta(() => new EfficientNet(config)));
  const blocks = config.stages.reduce((sum, stage) => sum + stage.repeats, 0);
  return { blocks, pixels: config.imageSize, params, macs };
}
