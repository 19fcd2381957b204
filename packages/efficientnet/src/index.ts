/** @vitrine/efficientnet: EfficientNet B0–B8 and L2, Lite0–4, V2 S–L, on top of @vitrine/nn. */
export { architectureFromBlocks, formatBlocks, parseBlocks } from './block-strings.js';
export type { ParsedBlocks } from './block-strings.js';
export { PAPER_COEFFICIENTS, compound, familyOf, sizeOfVariant, variantNamed } from './compound.js';
export type { CompoundCoefficients, VariantSize } from './compound.js';
export { B0, CONVENTIONS, LITE, PRESETS, V2_L, V2_M, V2_S, VARIANTS, conventionsFor, fused, mbconv } from './config.js';
export type {
  Architecture, ConventionName, Conventions, Preset, PresetName, Scaling, StageConfig, Variant, VariantName,
} from './config.js';
export { exportOnnx } from './export/onnx.js';
export type { OnnxOptions } from './export/onnx.js';
export { FusedEfficientNet, fuse } from './fuse.js';
export { FusedMBConv } from './fused-mbconv.js';
export type { FusedMBConvOptions } from './fused-mbconv.js';
export { gradCam } from './grad-cam.js';
export type { GradCamOptions } from './grad-cam.js';
export { overlayHeat, viridis } from './heat-overlay.js';
export type { OverlayOptions } from './heat-overlay.js';
export { MBConv } from './mbconv.js';
export type { MBConvOptions } from './mbconv.js';
export { EfficientNet, configFor } from './model.js';
export type { EfficientNetConfig, EfficientNetOptions, Endpoints } from './model.js';
export { ALPHA, BETA, GAMMA, compoundScale, roundFilters, roundRepeats, scale } from './scaling.js';
export type { CompoundScale } from './scaling.js';
export { SqueezeExcitation } from './squeeze-excitation.js';
export { freeze, stageGroups, stagesOf, unfreeze } from './stages.js';
export type { FreezeOptions, Stage, StageGroupsOptions, StageName, UnfreezeOptions } from './stages.js';
export { stemFilters } from './stem-filters.js';
export { summary } from './summary.js';
export { replaceClassifier } from './transfer.js';
export { LAYOUTS, keysOf } from './weights/layouts.js';
export type { LayoutName, Structure } from './weights/layouts.js';
export { preprocessingFor } from './weights/preprocessing.js';
export type { Preprocessing } from './weights/preprocessing.js';
export type { PretrainedInfo, PretrainedOptions, WeightsSource } from './weights/pretrained.js';
export { recognise } from './weights/recognise.js';
export type { Recognised } from './weights/recognise.js';
export { encodeWeights, saveWeights } from './weights/save.js';
export type { SaveWeightsOptions } from './weights/save.js';
