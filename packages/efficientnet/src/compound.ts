/**
 * Compound scaling as a table: a base network, stretched by (α, β, γ)^φ, and what that gives and costs.
 * Source: Tan & Le 2019, section 3.3.
 */
import { meta } from '@vitrine/tensor';
import { PRESETS, VARIANTS, isPreset, isVariant } from './config.js';
import type { Preset } from './config.js';
import { EfficientNet, configFor } from './model.js';
import type { EfficientNetOptions } from './model.js';
import { ALPHA, BETA, GAMMA, compoundScale } from './scaling.js';
import { summary } from './summary.js';

/** How much deeper, wider and finer each step of φ makes a network. */
export interface CompoundCoefficients {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
}

/** The paper's, found for B0. */
export const PAPER_COEFFICIENTS: CompoundCoefficients = { alpha: ALPHA, beta: BETA, gamma: GAMMA };

/**
 * A base stretched: depth by α^φ, width by β^φ, resolution by γ^φ, on top of what the base itself says. The result
 * makes a network:
 *
 *     const variant = compound({ alpha: 1.2, beta: 1.1, gamma: 1.15 }, 3, VARIANTS['efficientnet-b0']);
 *     const model = EfficientNet.fromVariant('mine', variant);
 *
 * φ = 0 is the base. Dropout stays the base's; the paper raises it with the size by hand. Throws a RangeError for
 * coefficients that are not finite and positive.
 */
export function compound({ alpha, beta, gamma }: CompoundCoefficients, phi: number, base: Preset): Preset {
  const scale = compoundScale(phi, { alpha, beta, gamma, baseResolution: base.resolution });
  return {
    ...base,
    depthCoefficient: base.depthCoefficient * scale.depthCoefficient,
    widthCoefficient: base.widthCoefficient * scale.widthCoefficient,
    resolution: scale.resolution,
  };
}

/** The row behind a name: 'b0', 'efficientnet-b0', 'tiny-28'. Throws a RangeError naming the known names. */
export function variantNamed(name: string): Preset {
  const full = configFor(name).name;
  if (isPreset(full)) return PRESETS[full];
  if (isVariant(full)) return VARIANTS[full];
  throw new RangeError(`variantNamed: ${full} is neither a variant nor a preset`);
}

/** The names of the published variants that stretch the same architecture as `base`, smallest first. */
export const familyOf = (base: Preset): string[] =>
  Object.entries(VARIANTS).filter(([, { architecture }]) => architecture === base.architecture).map(([name]) => name);

/** What a stretched network has and costs, on one image of its resolution. */
export interface VariantSize {
  readonly depthCoefficient: number;
  readonly widthCoefficient: number;
  readonly resolution: number;
  readonly stemChannels: number;
  readonly headChannels: number;
  /** Repeats of all stages. */
  readonly blocks: number;
  readonly params: number;
  /** Multiply-adds of convolutions and the classifier. */
  readonly macs: number;
}

/**
 * Counted on shapes alone, in milliseconds. Throws a RangeError for a network that is stretched beyond all sense: see
 * `scale`.
 */
export function sizeOfVariant(variant: Preset, options: EfficientNetOptions = {}): VariantSize {
  const model = meta(() => EfficientNet.fromVariant('scaled', variant, options));
  const { stemChannels, headChannels, stages } = model.config;
  const { params, macs } = summary(model);
  const { depthCoefficient, widthCoefficient, resolution } = variant;
  const blocks = stages.reduce((sum, { repeats }) => sum + repeats, 0);
  return { depthCoefficient, widthCoefficient, resolution, stemChannels, headChannels, blocks, params, macs };
}
