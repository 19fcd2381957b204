/** @vitrine/efficientnet: EfficientNet B0–B8 and L2 on top of @vitrine/nn. */
export { B0_STAGES, CONVENTIONS, PRESETS, VARIANTS, conventionsFor } from './config.js';
export type { ConventionName, Conventions, Preset, PresetName, Scaling, StageConfig, VariantName } from './config.js';
export { FusedEfficientNet, fuse } from './fuse.js';
export { MBConv } from './mbconv.js';
export type { MBConvOptions } from './mbconv.js';
export { EfficientNet, configFor } from './model.js';
export type { EfficientNetConfig, EfficientNetOptions, Endpoints } from './model.js';
export { ALPHA, BETA, GAMMA, compoundScale, roundFilters, roundRepeats, scaleStages } from './scaling.js';
export type { CompoundScale } from './scaling.js';
export { SqueezeExcitation } from './squeeze-excitation.js';
export { summary } from './summary.js';
