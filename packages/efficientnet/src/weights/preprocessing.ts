/**
 * What is done to an image before the network sees it. Weights are evaluated as they were published: another
 * interpolation costs tenths of a percent, another mean and deviation far more.
 * Sources: torchvision's weight enums, timm's `default_cfgs`, lukemelas' `examples/imagenet/main.py`.
 */
import { HALF, IMAGENET } from '@vitrine/data';
import type { Normalization, PreprocessOptions } from '@vitrine/data';
import { VARIANTS, isVariant } from '../config.js';
import type { ConventionName, VariantName } from '../config.js';
import type { LayoutName } from './layouts.js';

type Interpolation = NonNullable<PreprocessOptions['interpolation']>;

/** Scale, keeping proportions, cut out the middle, then (x − mean)/std with x from 0 to 1, channel by channel. */
export interface Preprocessing extends Normalization {
  /** The shorter side, in pixels. */
  readonly resize: number;
  /** Side of the square in the middle, in pixels. */
  readonly crop: number;
  readonly interpolation: Interpolation;
}

type Row = readonly [resize: number, crop: number, interpolation: Interpolation, colours: Normalization];

/** Table of torchvision. */
const TORCHVISION: Readonly<Partial<Record<VariantName, Row>>> = {
  'efficientnet-b0': [256, 224, 'bicubic', IMAGENET],
  'efficientnet-b1': [256, 240, 'bicubic', IMAGENET],
  'efficientnet-b2': [288, 288, 'bicubic', IMAGENET],
  'efficientnet-b3': [320, 300, 'bicubic', IMAGENET],
  'efficientnet-b4': [384, 380, 'bicubic', IMAGENET],
  'efficientnet-b5': [456, 456, 'bicubic', IMAGENET],
  'efficientnet-b6': [528, 528, 'bicubic', IMAGENET],
  'efficientnet-b7': [600, 600, 'bicubic', IMAGENET],
  'efficientnet-v2-s': [384, 384, 'bilinear', IMAGENET],
  'efficientnet-v2-m': [480, 480, 'bilinear', IMAGENET],
  'efficientnet-v2-l': [480, 480, 'bicubic', HALF],
};
/** Its second weights of B1, `efficientnet_b1-c27df63c.pth`; the first have the name of their author in theirs. */
const TORCHVISION_B1_V2: Row = [255, 240, 'bilinear', IMAGENET];
const isSecondB1 = (hints: string): boolean => /efficientnet_b1-[0-9a-f]/.test(hints);

/** Side and the share of the resized image that it is. */
type Crop = readonly [crop: number, share: number, interpolation?: Interpolation];

/** timm's `tf_` weights. (Of those of V2 M and L it squeezes images into the square instead of cutting it out.) */
const TIMM_TENSORFLOW: Readonly<Record<VariantName, Crop>> = {
  'efficientnet-b0': [224, 0.875],
  'efficientnet-b1': [240, 0.882],
  'efficientnet-b2': [260, 0.89],
  'efficientnet-b3': [300, 0.904],
  'efficientnet-b4': [380, 0.922],
  'efficientnet-b5': [456, 0.934],
  'efficientnet-b6': [528, 0.942],
  'efficientnet-b7': [600, 0.949],
  'efficientnet-b8': [672, 0.954],
  'efficientnet-l2': [800, 0.96],
  'efficientnet-lite0': [224, 0.875],
  'efficientnet-lite1': [240, 0.882],
  'efficientnet-lite2': [260, 0.89],
  'efficientnet-lite3': [300, 0.904, 'bilinear'],
  'efficientnet-lite4': [380, 0.92, 'bilinear'],
  'efficientnet-v2-s': [384, 1],
  'efficientnet-v2-m': [480, 1],
  'efficientnet-v2-l': [480, 1],
};

/** timm's own weights, at the size they are tested with, where that is another. */
const TIMM_OWN: Readonly<Partial<Record<VariantName, Crop>>> = {
  'efficientnet-b1': [256, 1],
  'efficientnet-b2': [288, 1],
  'efficientnet-b3': [320, 1],
  'efficientnet-b4': [384, 1],
  'efficientnet-b5': [448, 1],
  'efficientnet-v2-m': [416, 1],
};

/**
 * AdvProp, and timm's recipe ra4: `tf_efficientnet_b0_ap-f262efe1.pth`, `adv-efficientnet-b0-b64d5a18.pth`,
 * `efficientnet_b0.ra4_e3600_r224_in1k`.
 */
const trainedOnHalf = (hints: string): boolean => /(?:^|[._/\s-])(?:ap|adv|advprop|ra4)(?:[._\s-]|$)/.test(hints);

/**
 * How the weights of a variant are evaluated in the library they come from; `hints` is all there is of names,
 * see `hintsOf`. Of weights of no known source: the variant's own resolution, not cut. Null: no variant.
 */
export function preprocessingFor(
  variant: string, layout: LayoutName, convention: ConventionName, hints = '',
): Preprocessing | null {
  if (!isVariant(variant)) return null;
  if (layout === 'torchvision') {
    const row = variant === 'efficientnet-b1' && isSecondB1(hints) ? TORCHVISION_B1_V2 : TORCHVISION[variant];
    if (row === undefined) return preprocessingFor(variant, 'vitrine', convention, hints);
    const [resize, crop, interpolation, colours] = row;
    return { resize, crop, interpolation, ...colours };
  }
  const late = /lite|v2/.test(variant) && convention === 'tensorflow';
  const colours = late || trainedOnHalf(hints) ? HALF : IMAGENET;
  if (layout === 'timm') {
    const [crop, share, interpolation = 'bicubic'] = timmCrop(variant, convention, hints);
    return { resize: Math.floor(crop / share), crop, interpolation, ...colours };
  }
  const { resolution } = VARIANTS[variant];
  return { resize: resolution, crop: resolution, interpolation: 'bicubic', ...colours };
}

/**
 * Of a network whose stem was adapted: for one channel the mean of the colours' means, and of their deviations; for n
 * the old ones in turn, as the stem takes their weights.
 */
export function forChannels({ mean, std, ...picture }: Preprocessing, channels: number): Preprocessing {
  const adapted = (values: readonly number[]): readonly number[] => (channels === 1
    ? [values.reduce((sum, value) => sum + value, 0) / values.length]
    : Array.from({ length: channels }, (_, channel) => values[channel % values.length]));
  return { ...picture, mean: adapted(mean), std: adapted(std) };
}

function timmCrop(variant: VariantName, convention: ConventionName, hints: string): Crop {
  if (convention === 'tensorflow') {
    return variant === 'efficientnet-l2' && hints.includes('_475') ? [475, 0.936] : TIMM_TENSORFLOW[variant];
  }
  if (hints.includes('ra4') && variant === 'efficientnet-b0') return [256, 1];
  if (hints.includes('ra4') && variant === 'efficientnet-b1') return [288, 1];
  return TIMM_OWN[variant] ?? TIMM_TENSORFLOW[variant];
}
