/**
 * EfficientNet in numbers: the rows of the paper's tables.
 * Source: Tan & Le 2019, arXiv 1905.11946, Table 1, and the paper's code, tpu `efficientnet_builder.py`.
 */

/**
 * One stage: `repeats` blocks, of which the first has the stride and changes the width.
 * mbconv: expand 1×1, depthwise k×k, squeeze-excitation, project 1×1. fused: expand k×k, project 1×1.
 */
export interface StageConfig {
  readonly block: 'mbconv' | 'fused';
  readonly kernel: number;
  readonly stride: number;
  readonly expandRatio: number;
  readonly channels: number;
  readonly repeats: number;
  /** Squeezed channels of squeeze-excitation, as a share of the block's input channels; 0 leaves it out. */
  readonly squeezeRatio: number;
}

/** The paper's share. */
const SQUEEZE_RATIO = 0.25;

/** A row of the paper's table, with its squeeze-excitation. */
export const mbconv = (
  kernel: number, stride: number, expandRatio: number, channels: number, repeats: number,
): StageConfig =>
  ({ block: 'mbconv', kernel, stride, expandRatio, channels, repeats, squeezeRatio: SQUEEZE_RATIO });

/** A row of V2's table that is Fused-MBConv. */
export const fused = (
  kernel: number, stride: number, expandRatio: number, channels: number, repeats: number,
): StageConfig =>
  ({ block: 'fused', kernel, stride, expandRatio, channels, repeats, squeezeRatio: 0 });

/** Stochastic depth of the last block; earlier ones get a share that rises linearly. */
export const DROP_PATH_RATE = 0.2;

/** A network before scaling. */
export interface Architecture {
  readonly stemChannels: number;
  readonly stages: readonly StageConfig[];
  readonly headChannels: number;
  readonly activation: 'silu' | 'relu6';
  /** Scaling leaves the channels of stem and head and the repeats of the first and last stage as they are. */
  readonly fixedEnds: boolean;
}

/** Paper Table 1. */
export const B0: Architecture = {
  stemChannels: 32,
  stages: [
    //     k  s  e  out  ×
    mbconv(3, 1, 1, 16, 1), // 112 × 112
    mbconv(3, 2, 6, 24, 2), // 112 → 56
    mbconv(5, 2, 6, 40, 2), //  56 → 28
    mbconv(3, 2, 6, 80, 3), //  28 → 14
    mbconv(5, 1, 6, 112, 3), // 14
    mbconv(5, 2, 6, 192, 4), // 14 → 7
    mbconv(3, 1, 6, 320, 1), //  7
  ],
  headChannels: 1280,
  activation: 'silu',
  fixedEnds: false,
};

/**
 * For integer hardware: no squeeze-excitation, ReLU6, stem and head never wider.
 * Source: tpu `efficientnet_lite_builder.py`.
 */
export const LITE: Architecture = {
  ...B0,
  stages: B0.stages.map((row) => ({ ...row, squeezeRatio: 0 })),
  activation: 'relu6',
  fixedEnds: true,
};

const v2 = (stemChannels: number, stages: readonly StageConfig[]): Architecture =>
  ({ stemChannels, stages, headChannels: 1280, activation: 'silu', fixedEnds: false });

/**
 * EfficientNetV2: where images are large, k×k convolutions instead of depthwise ones.
 * Source: Tan & Le 2021, arXiv 2104.00298, Table 4.
 */
export const V2_S = v2(24, [
  //     k  s  e  out  ×
  fused(3, 1, 1, 24, 2),
  fused(3, 2, 4, 48, 4),
  fused(3, 2, 4, 64, 4),
  mbconv(3, 2, 4, 128, 6),
  mbconv(3, 1, 6, 160, 9),
  mbconv(3, 2, 6, 256, 15),
]);

/** Source: the paper's code, automl `effnetv2_configs.py`. */
export const V2_M = v2(24, [
  fused(3, 1, 1, 24, 3),
  fused(3, 2, 4, 48, 5),
  fused(3, 2, 4, 80, 5),
  mbconv(3, 2, 4, 160, 7),
  mbconv(3, 1, 6, 176, 14),
  mbconv(3, 2, 6, 304, 18),
  mbconv(3, 1, 6, 512, 5),
]);

export const V2_L = v2(32, [
  fused(3, 1, 1, 32, 4),
  fused(3, 2, 4, 64, 7),
  fused(3, 2, 4, 96, 7),
  mbconv(3, 2, 4, 192, 10),
  mbconv(3, 1, 6, 224, 19),
  mbconv(3, 2, 6, 384, 25),
  mbconv(3, 1, 6, 640, 7),
]);

/** How a variant stretches its architecture, and what it was made for. */
export interface Scaling {
  readonly widthCoefficient: number;
  readonly depthCoefficient: number;
  /** Side of the square input, in pixels. */
  readonly resolution: number;
  readonly dropout: number;
}

const scaled = (widthCoefficient: number, depthCoefficient: number, resolution: number, dropout: number): Scaling =>
  ({ widthCoefficient, depthCoefficient, resolution, dropout });

export interface Variant extends Scaling {
  readonly architecture: Architecture;
}

const variant = (
  architecture: Architecture, widthCoefficient: number, depthCoefficient: number, resolution: number, dropout: number,
): Variant =>
  ({ architecture, ...scaled(widthCoefficient, depthCoefficient, resolution, dropout) });

/** The published family. For V2 the resolution is that of evaluation; training uses smaller images, growing. */
export const VARIANTS = {
  //                                width depth  res  drop
  'efficientnet-b0': variant(B0, 1.0, 1.0, 224, 0.2),
  'efficientnet-b1': variant(B0, 1.0, 1.1, 240, 0.2),
  'efficientnet-b2': variant(B0, 1.1, 1.2, 260, 0.3),
  'efficientnet-b3': variant(B0, 1.2, 1.4, 300, 0.3),
  'efficientnet-b4': variant(B0, 1.4, 1.8, 380, 0.4),
  'efficientnet-b5': variant(B0, 1.6, 2.2, 456, 0.4),
  'efficientnet-b6': variant(B0, 1.8, 2.6, 528, 0.5),
  'efficientnet-b7': variant(B0, 2.0, 3.1, 600, 0.5),
  'efficientnet-b8': variant(B0, 2.2, 3.6, 672, 0.5),
  'efficientnet-l2': variant(B0, 4.3, 5.3, 800, 0.5),

  'efficientnet-lite0': variant(LITE, 1.0, 1.0, 224, 0.2),
  'efficientnet-lite1': variant(LITE, 1.0, 1.1, 240, 0.2),
  'efficientnet-lite2': variant(LITE, 1.1, 1.2, 260, 0.3),
  'efficientnet-lite3': variant(LITE, 1.2, 1.4, 280, 0.3),
  'efficientnet-lite4': variant(LITE, 1.4, 1.8, 300, 0.3),

  'efficientnet-v2-s': variant(V2_S, 1.0, 1.0, 384, 0.2),
  'efficientnet-v2-m': variant(V2_M, 1.0, 1.0, 480, 0.3),
  'efficientnet-v2-l': variant(V2_L, 1.0, 1.0, 480, 0.4),
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;

/**
 * Small enough to train on a CPU. They keep B0's plan and take away what a 32-pixel image has no use for: the stem
 * keeps the resolution (stride 1), the plan may be shorter.
 */
export interface Preset extends Variant {
  readonly stemStride?: number;
  readonly inChannels?: number;
}

const TINY: Architecture = {
  ...B0,
  stages: [
    //     k  s  e  out ×
    mbconv(3, 2, 1, 16, 1),
    mbconv(3, 2, 4, 32, 2),
    mbconv(5, 1, 4, 48, 2),
    mbconv(3, 2, 4, 96, 2),
  ],
};

/**
 * V2's plan for small images: k×k convolutions first, MBConv where channels are many and pixels few. Measured in
 * training on a CPU, networks that begin so do some twice the multiply-adds a second of those that are MBConv
 * throughout.
 */
const small = (stemChannels: number, headChannels: number, stages: readonly StageConfig[]): Architecture =>
  ({ ...v2(stemChannels, stages), headChannels });

const FAST = small(16, 256, [
  //    k  s  e  out ×
  fused(3, 2, 1, 16, 2), // 28 → 14
  fused(3, 2, 1, 32, 2), // 14 → 7
  mbconv(3, 2, 4, 64, 1), // 7 → 4
]);

const SMALL = small(16, 256, [
  //    k  s  e  out ×
  fused(3, 2, 1, 24, 2), // 28 → 14
  fused(3, 2, 1, 48, 2), // 14 → 7
  mbconv(3, 1, 4, 48, 1), // 7
]);

const MEDIUM = small(24, 384, [
  //    k  s  e  out ×
  fused(3, 2, 1, 48, 2), // 28 → 14
  fused(3, 2, 1, 96, 2), // 14 → 7
  mbconv(3, 2, 4, 128, 2), // 7 → 4
]);

export const PRESETS = {
  /**
   * Half of B0's width and depth at 32 × 32: 663,530 parameters with 10 classes and 3 channels, 6.1 M multiply-adds.
   */
  'small-32': { ...variant(B0, 0.5, 0.5, 32, 0.2), stemStride: 1, inChannels: 3 },
  /** Four short stages, narrow: 54,986 parameters and 1.2 M multiply-adds on a 28 × 28 grey image. */
  'tiny-28': { ...variant(TINY, 0.5, 0.5, 28, 0.1), stemStride: 1, inChannels: 1 },
  /**
   * As large as `tiny-28`, but dense early: 54,530 parameters, 2.3 M multiply-adds, which take no longer. What `start`
   * trains.
   */
  'fast-28': { ...variant(FAST, 1, 1, 28, 0.1), stemStride: 1, inChannels: 1 },
  /** For minutes of training on grey 28 × 28 images: 81,414 parameters, 4.9 M multiply-adds. */
  'small-28': { ...variant(SMALL, 1, 1, 28, 0.1), stemStride: 1, inChannels: 1 },
  /** For an hour: 491,530 parameters, 18.0 M multiply-adds. */
  'medium-28': { ...variant(MEDIUM, 1, 1, 28, 0.1), stemStride: 1, inChannels: 1 },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

export const isVariant = (name: string): name is VariantName => Object.hasOwn(VARIANTS, name);
export const isPreset = (name: string): name is PresetName => Object.hasOwn(PRESETS, name);

/**
 * What two lineages of EfficientNet do differently. Weights fit both, outputs do not: the choice travels with the
 * weights.
 */
export type ConventionName = 'tensorflow' | 'pytorch';

export interface Conventions {
  /** 'same': TensorFlow's, the odd pixel at the bottom and right; 'symmetric': (k − 1)/2 on every side. */
  readonly padding: 'same' | 'symmetric';
  readonly batchNormEps: number;
  /** Share of the new batch in the running statistics. */
  readonly batchNormMomentum: number;
}

/** Sources: tpu and lukemelas (tensorflow); torchvision B0–B4 (pytorch; for B5–B7 and V2 see `conventionsFor`). */
export const CONVENTIONS: Readonly<Record<ConventionName, Conventions>> = {
  tensorflow: { padding: 'same', batchNormEps: 1e-3, batchNormMomentum: 0.01 },
  pytorch: { padding: 'symmetric', batchNormEps: 1e-5, batchNormMomentum: 0.1 },
};

const LARGE: readonly string[] = ['efficientnet-b5', 'efficientnet-b6', 'efficientnet-b7'];

/**
 * torchvision pads symmetrically throughout, but takes TensorFlow's eps for B5 to B7 and V2, and its momentum for B5 to
 * B7.
 */
export function conventionsFor(convention: ConventionName, name?: string): Conventions {
  const row = CONVENTIONS[convention];
  if (convention === 'tensorflow' || name === undefined) return row;
  const { batchNormEps, batchNormMomentum } = CONVENTIONS.tensorflow;
  if (LARGE.includes(name)) return { ...row, batchNormEps, batchNormMomentum };
  return name.startsWith('efficientnet-v2') ? { ...row, batchNormEps } : row;
}
