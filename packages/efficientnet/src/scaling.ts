/**
 * Compound scaling: a network that may use 2^φ times the multiply-adds gets deeper by α^φ, wider by β^φ, and sees
 * images larger by γ^φ. Source: Tan & Le 2019, section 3.3.
 */
import type { Architecture, Scaling } from './config.js';

/** Found by grid search at φ = 1 under α·β²·γ² ≈ 2, so that each step of φ doubles the multiply-adds. */
export const ALPHA = 1.2;
export const BETA = 1.1;
export const GAMMA = 1.15;

export interface CompoundScale {
  readonly depthCoefficient: number;
  readonly widthCoefficient: number;
  /** Side of the input, in pixels, rounded to a whole number. */
  readonly resolution: number;
  /** (α·β²·γ²)^φ: the factor by which multiply-adds grow, rounding aside. */
  readonly macsFactor: number;
}

/** The coefficients at φ, which may be negative or broken: φ = −2 gives a quarter of the multiply-adds. */
export function compoundScale(
  phi: number, { baseResolution = 224, alpha = ALPHA, beta = BETA, gamma = GAMMA } = {},
): CompoundScale {
  for (const [name, value] of Object.entries({ phi, baseResolution, alpha, beta, gamma })) {
    if (!Number.isFinite(value) || (name !== 'phi' && value <= 0)) {
      throw new RangeError(`compoundScale: ${name} is a finite number${name === 'phi' ? '' : ' above 0'}; ` +
        `got ${value}`);
    }
  }
  return {
    depthCoefficient: alpha ** phi,
    widthCoefficient: beta ** phi,
    resolution: Math.max(1, Math.round(baseResolution * gamma ** phi)),
    macsFactor: (alpha * beta ** 2 * gamma ** 2) ** phi,
  };
}

/**
 * Channels times width, rounded to a multiple of 8, never below 90 % of what was asked. Source: tpu `round_filters`.
 */
export function roundFilters(channels: number, widthCoefficient: number): number {
  const wanted = channels * widthCoefficient;
  const rounded = Math.max(8, Math.floor(Math.floor(wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

/** Repeats times depth, rounded up. Source: tpu `round_repeats`. */
export const roundRepeats = (repeats: number, depthCoefficient: number): number =>
  Math.ceil(depthCoefficient * repeats);

/** Far beyond any network, and what one can be counted in seconds: L2 has 87 blocks, of up to 1376 channels. */
export const MOST_BLOCKS = 1000;
export const MOST_CHANNELS = 1e6;

/**
 * An architecture stretched: channels by the width, repeats by the depth. Throws a RangeError for more than
 * `MOST_BLOCKS` and `MOST_CHANNELS`, before anything is made of them.
 */
export function scale(
  architecture: Architecture,
  { widthCoefficient, depthCoefficient }: Pick<Scaling, 'widthCoefficient' | 'depthCoefficient'>,
): Architecture {
  const { stemChannels, stages, headChannels, fixedEnds } = architecture;
  const isEnd = (i: number): boolean => i === 0 || i === stages.length - 1;
  const scaled: Architecture = {
    ...architecture,
    stemChannels: fixedEnds ? stemChannels : roundFilters(stemChannels, widthCoefficient),
    headChannels: fixedEnds ? headChannels : roundFilters(headChannels, widthCoefficient),
    stages: stages.map((stage, i) => ({
      ...stage,
      channels: roundFilters(stage.channels, widthCoefficient),
      repeats: fixedEnds && isEnd(i) ? stage.repeats : roundRepeats(stage.repeats, depthCoefficient),
    })),
  };
  const blocks = scaled.stages.reduce((sum, { repeats }) => sum + repeats, 0);
  const widest = Math.max(scaled.stemChannels, scaled.headChannels, ...scaled.stages.map(({ channels }) => channels));
  if (blocks <= MOST_BLOCKS && widest <= MOST_CHANNELS) return scaled; // NaN is more, too
  throw new RangeError(`scale: depth × ${depthCoefficient} and width × ${widthCoefficient} make ${blocks} blocks of ` +
    `up to ${widest} channels; at most ${MOST_BLOCKS} and ${MOST_CHANNELS} can be made; take smaller coefficients`);
}
