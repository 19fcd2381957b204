/**
 * The operations that AutoAugment and RandAugment choose from, under the papers' names, and how strong each is at a
 * magnitude.
 *
 * Source: Cubuk et al. 2019, arXiv:1805.09501; torchvision's autoaugment.py (_apply_op, _augmentation_space),
 * whose ranges and ways of counting these are.
 */
import type { RasterImage } from '../image/raster.js';
import { adjustBrightness, adjustContrast, adjustSaturation, adjustSharpness } from './adjust.js';
import { affine, type AffineOptions, type AffineParameters, inverseAffineMatrix, rotate } from './affine.js';
import { roundHalfEven } from '../round.js';
import { autocontrast, equalize, invert, posterize, solarize } from './tables.js';

export type OperationName =
  | 'Identity' | 'ShearX' | 'ShearY' | 'TranslateX' | 'TranslateY' | 'Rotate' | 'Brightness' | 'Color' | 'Contrast'
  | 'Sharpness' | 'Posterize' | 'Solarize' | 'AutoContrast' | 'Equalize' | 'Invert';

type Size = Pick<RasterImage, 'width' | 'height'>;

interface Operation {
  readonly apply: (image: RasterImage, magnitude: number, options: AffineOptions) => RasterImage;
  /** The magnitude in bin `bin` of `bins`; none where an operation has but one strength. */
  readonly magnitude?: (bin: number, bins: number, size: Size) => number;
  /** Whether the magnitude is as often negative. */
  readonly signed?: boolean;
}

/**
 * Number `i` of `steps` numbers from 0 or 255 to `end`, in float32, from both ends to the middle: the formula of
 * torch.linspace. Its vector instructions add lane to lane, differently on different machines: equal to 2⁻²² of the
 * end.
 */
function linspace(start: 0 | 255, end: number, steps: number, i: number): number {
  const { fround } = Math;
  const last = fround(end);
  const step = fround(fround(last - start) / (steps - 1));
  return i < Math.floor(steps / 2) ? fround(start + fround(step * i)) : fround(last - fround(step * (steps - i - 1)));
}

const upTo = (end: number) => (bin: number, bins: number): number => linspace(0, end, bins, bin);

/** `centre` is the corner for shears, as the papers have it, and the middle for the others. */
const moved = (image: RasterImage, parameters: AffineParameters, options: AffineOptions): RasterImage =>
  affine(image, inverseAffineMatrix(parameters), options);

const middle = ({ width, height }: Size): readonly [number, number] => [width * 0.5, height * 0.5];

/** The angle at which an edge leans by `share` pixels a pixel. */
const degreesOf = (share: number): number => Math.atan(share) * (180 / Math.PI);

export const OPERATIONS: { readonly [Name in OperationName]: Operation } = {
  Identity: { apply: (image) => image },
  ShearX: {
    magnitude: upTo(0.3), signed: true,
    apply: (image, share, options) => moved(image, { shear: [degreesOf(share), 0], centre: [0, 0] }, options),
  },
  ShearY: {
    magnitude: upTo(0.3), signed: true,
    apply: (image, share, options) => moved(image, { shear: [0, degreesOf(share)], centre: [0, 0] }, options),
  },
  TranslateX: {
    magnitude: (bin, bins, { width }) => linspace(0, (150 / 331) * width, bins, bin), signed: true,
    apply: (image, pixels, options) =>
      moved(image, { translate: [Math.trunc(pixels), 0], centre: middle(image) }, options),
  },
  TranslateY: {
    magnitude: (bin, bins, { height }) => linspace(0, (150 / 331) * height, bins, bin), signed: true,
    apply: (image, pixels, options) =>
      moved(image, { translate: [0, Math.trunc(pixels)], centre: middle(image) }, options),
  },
  Rotate: { magnitude: upTo(30), signed: true, apply: rotate },
  Brightness: { magnitude: upTo(0.9), signed: true, apply: (image, more) => adjustBrightness(image, 1 + more) },
  Color: { magnitude: upTo(0.9), signed: true, apply: (image, more) => adjustSaturation(image, 1 + more) },
  Contrast: { magnitude: upTo(0.9), signed: true, apply: (image, more) => adjustContrast(image, 1 + more) },
  Sharpness: { magnitude: upTo(0.9), signed: true, apply: (image, more) => adjustSharpness(image, 1 + more) },
  Posterize: {
    magnitude: (bin, bins) => 8 - roundHalfEven(Math.fround(bin / Math.fround((bins - 1) / 4))),
    apply: posterize,
  },
  Solarize: { magnitude: (bin, bins) => linspace(255, 0, bins, bin), apply: solarize },
  AutoContrast: { apply: autocontrast },
  Equalize: { apply: equalize },
  Invert: { apply: invert },
};

/** An operation and the number it is done with; `apply`s that take none get 0. */
export interface Step {
  readonly name: OperationName;
  readonly magnitude: number;
}

/** The magnitude of a bin, turned round if `negative` and the operation knows that. */
export function stepOf(name: OperationName, bin: number, bins: number, size: Size, negative: boolean): Step {
  const { magnitude, signed = false } = OPERATIONS[name];
  const amount = magnitude === undefined ? 0 : magnitude(bin, bins, size);
  return { name, magnitude: signed && negative ? -amount : amount };
}

export const applyStep = (image: RasterImage, { name, magnitude }: Step, options: AffineOptions): RasterImage =>
  OPERATIONS[name].apply(image, magnitude, options);
