/** @vitrine/efficientnet: EfficientNet B0–B8 and L2, Lite0–4, V2 S–L, on top of @vitrine/nn. */
export { architectureFromBlocks, formatBlocks, parseBlocks } from './block-strings.js';
export type { ParsedBlocks } from './block-strings.js';
export { B0, CONVENTIONS, LITE, PRESETS, V2_L, V2_M, V2_S, VARIANTS, conventionsFor, fused, mbconv } from './config.js';
export type {
  Architecture, ConventionName, Conventions, Preset, PresetName, Scaling, StageConfig, Variant, VariantName,
} from './config.js';
export { FusedEfficientNet, fuse } from './fuse.js';
export { FusedMBConv } from './fused-mbconv.js';
export type { FusedMBConvOptions } from './fused-mbconv.js';
export { MBConv } from './mbconv.js';
export type { MBConvOptions } from './mbconv.js';
export { EfficientNet, configFor } from './model.js';
export type { EfficientNetConfig, EfficientNetOptions, Endpoints } from './model.js';
export { ALPHA, BETA, GAMMA, compoundScale, roundFilters, roundRepeats, scale } from './scaling.js';
export type { CompoundScale } from './scaling.js';
export { SqueezeExcitation } from './squeeze-excitation.js';
export { summary } from './summary.js';
