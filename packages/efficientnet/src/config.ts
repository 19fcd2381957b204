/**
 * EfficientNet in numbers: the rows of the paper's tables.
 * Source: Tan & Le 2019, arXiv 1905.11946, Table 1, and the paper's code, tpu `efficientnet_builder.py`.
 */

/** One stage: `repeats` MBConv blocks, of which the first has the stride and changes the width. */
export interface StageConfig {
  readonly kernel: number;
  readonly stride: number;
  readonly expandRatio: number;
  readonly channels: number;
  readonly repeats: number;
}

const stage = (kernel: number, stride: number, expandRatio: number, channels: number, repeats: number): StageConfig =>
  ({ kernel, stride, expandRatio, channels, repeats });

/** Channels of the stem and the head of B0; both are scaled with the width. */
export const B0_STEM = 32;
export const B0_HEAD = 1280;

/** Squeezed channels of squeeze-excitation, as a share of the block's input channels. */
export const SQUEEZE_RATIO = 0.25;

/** Stochastic depth of the last block; earlier ones get a share that rises linearly. */
export const DROP_PATH_RATE = 0.2;

export const B0_STAGES: readonly StageConfig[] = [
  //    k  s  e  out  ×
  stage(3, 1, 1, 16, 1), // 112 × 112
  stage(3, 2, 6, 24, 2), // 112 → 56
  stage(5, 2, 6, 40, 2), //  56 → 28
  stage(3, 2, 6, 80, 3), //  28 → 14
  stage(5, 1, 6, 112, 3), // 14
  stage(5, 2, 6, 192, 4), // 14 → 7
  stage(3, 1, 6, 320, 1), //  7
];

/** How a variant stretches B0, and what it was trained with. */
export interface Scaling {
  readonly widthCoefficient: number;
  readonly depthCoefficient: number;
  /** Side of the square input, in pixels. */
  readonly resolution: number;
  readonly dropout: number;
}

const scaled = (widthCoefficient: number, depthCoefficient: number, resolution: number, dropout: number): Scaling =>
  ({ widthCoefficient, depthCoefficient, resolution, dropout });

/** The published family. */
export const VARIANTS = {
  //                       width depth  res  drop
  'efficientnet-b0': scaled(1.0, 1.0, 224, 0.2),
  'efficientnet-b1': scaled(1.0, 1.1, 240, 0.2),
  'efficientnet-b2': scaled(1.1, 1.2, 260, 0.3),
  'efficientnet-b3': scaled(1.2, 1.4, 300, 0.3),
  'efficientnet-b4': scaled(1.4, 1.8, 380, 0.4),
  'efficientnet-b5': scaled(1.6, 2.2, 456, 0.4),
  'efficientnet-b6': scaled(1.8, 2.6, 528, 0.5),
  'efficientnet-b7': scaled(2.0, 3.1, 600, 0.5),
  'efficientnet-b8': scaled(2.2, 3.6, 672, 0.5),
  'efficientnet-l2': scaled(4.3, 5.3, 800, 0.5),
} as const satisfies Readonly<Record<string, Scaling>>;

export type VariantName = keyof typeof VARIANTS;

/**
 * Small enough to train on a CPU. They keep B0's plan and take away what a 32-pixel image has no use for: the stem
 * keeps the resolution (stride 1), `stages` may shorten the plan.
 */
export interface Preset extends Scaling {
  readonly stemStride: number;
  readonly inChannels: number;
  readonly stages?: readonly StageConfig[];
}

export const PRESETS = {
  /** Half of B0's width and depth at 32 × 32: 663,530 parameters with 10 classes and 3 channels, 6.1 M multiply-adds. */
  'small-32': { ...scaled(0.5, 0.5, 32, 0.2), stemStride: 1, inChannels: 3 },
  /** Four short stages, narrow: 54,986 parameters and 1.2 M multiply-adds on a 28 × 28 grey image. What `start` trains. */
  'tiny-28': {
    ...scaled(0.5, 0.5, 28, 0.1), stemStride: 1, inChannels: 1,
    stages: [stage(3, 2, 1, 16, 1), stage(3, 2, 4, 32, 2), stage(5, 1, 4, 48, 2), stage(3, 2, 4, 96, 2)],
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

export const isVariant = (name: string): name is VariantName => Object.hasOwn(VARIANTS, name);
export const isPreset = (name: string): name is PresetName => Object.hasOwn(PRESETS, name);

/** What two lineages of EfficientNet do differently. Weights fit both, outputs do not: the choice travels with the weights. */
export type ConventionName = 'tensorflow' | 'pytorch';

export interface Conventions {
  /** 'same': TensorFlow's, the odd pixel at the bottom and right; 'symmetric': (k − 1)/2 on every side. */
  readonly padding: 'same' | 'symmetric';
  readonly batchNormEps: number;
  /** Share of the new batch in the running statistics. */
  readonly batchNormMomentum: number;
}

/** Sources: tpu and lukemelas (tensorflow); torchvision B0–B4 (pytorch; for B5–B7 see `conventionsFor`). */
export const CONVENTIONS: Readonly<Record<ConventionName, Conventions>> = {
  tensorflow: { padding: 'same', batchNormEps: 1e-3, batchNormMomentum: 0.01 },
  pytorch: { padding: 'symmetric', batchNormEps: 1e-5, batchNormMomentum: 0.1 },
};

const TORCHVISION_LARGE: readonly string[] = ['efficientnet-b5', 'efficientnet-b6', 'efficientnet-b7'];

/** torchvision gives B5 to B7 TensorFlow's eps and momentum, with its own padding. */
export function conventionsFor(convention: ConventionName, variant?: string): Conventions {
  const row = CONVENTIONS[convention];
  if (convention === 'pytorch' && variant !== undefined && TORCHVISION_LARGE.includes(variant)) {
    return { ...row, batchNormEps: CONVENTIONS.tensorflow.batchNormEps, batchNormMomentum: CONVENTIONS.tensorflow.batchNormMomentum };
  }
  return row;
}
