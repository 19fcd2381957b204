/** What augmentations refuse: as soon as they are made, by the name of function and option, with rule and value. */
import * as data from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';

const image: RasterImage = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) };
const broken: RasterImage = { ...image, data: new Uint8Array(11) };
const size: Pick<data.AffineParameters, 'centre'> = { centre: [1, 1] };

const refused: readonly (readonly [message: string, act: () => unknown])[] = [
  ['randomApply: probability is 1.5; expected a number >= 0 and <= 1',
    () => data.randomApply(1.5, data.randomFlip)],
  ['padAndCrop: pixels is -1; expected a whole number >= 0', () => data.padAndCrop(-1)],
  ['padAndCrop: pixels is 0.5; expected a whole number >= 0', () => data.padAndCrop(0.5)],
  ['padAndCrop: fill is 256; expected a whole number from 0 to 255, or one for each channel',
    () => data.padAndCrop(1, { fill: 256 })],
  ['padAndCrop: fill is [1, 2]; expected 3 numbers, as many as the image has channels',
    () => data.padAndCrop(1, { fill: [1, 2] })(image, new Random(1))],
  ['randomCrop: size is 0; expected a whole number >= 1, or two of them: [height, width]', () => data.randomCrop(0)],
  ['crop: top is 0.5; expected a whole number', () => data.crop(image, { top: 0.5, left: 0, height: 1, width: 1 })],
  ['crop: width is 0; expected a whole number >= 1',
    () => data.crop(image, { top: 0, left: 0, height: 1, width: 0 })],
  ['randomResizedCrop: size is [3, 0]; expected', () => data.randomResizedCrop([3, 0])],
  ['randomResizedCrop: scale is [0.5, 2]; expected [min, max] with 0 <= min <= max <= 1',
    () => data.randomResizedCrop(3, { scale: [0.5, 2] })],
  ['randomResizedCrop: ratio is [0, 1]; expected [min, max] with 0 < min <= max',
    () => data.randomResizedCrop(3, { ratio: [0, 1] })],
  ['randomResizedCrop: interpolation is cubic; expected nearest, box, bilinear, bicubic, lanczos',
    () => data.randomResizedCrop(3, { interpolation: JSON.parse('"cubic"') as 'bicubic' })],
  ['randomAffine: degrees is -5; expected a number >= 0', () => data.randomAffine({ degrees: -5 })],
  ['randomAffine: degrees is [5, 1]; expected [min, max] with min <= max',
    () => data.randomAffine({ degrees: [5, 1] })],
  ['randomAffine: translate is 2; expected a number >= 0 and <= 1',
    () => data.randomAffine({ degrees: 0, translate: [0, 2] })],
  ['randomAffine: scale is [0, 1]; expected [min, max] with 0 < min <= max',
    () => data.randomAffine({ degrees: 0, scale: [0, 1] })],
  ['randomAffine: shear is [-90, 90]; expected [min, max] with -89 <= min <= max <= 89',
    () => data.randomAffine({ degrees: 0, shear: 90 })],
  ['randomAffine: interpolation is bicubic; expected nearest, bilinear',
    () => data.randomAffine({ degrees: 0, interpolation: JSON.parse('"bicubic"') as 'nearest' })],
  ['affine: matrix is [1, 0, 0, 0, 1, NaN]; expected six finite numbers',
    () => data.affine(image, [1, 0, 0, 0, 1, NaN])],
  ['inverseAffineMatrix: scale is 0; expected a number > 0',
    () => data.inverseAffineMatrix({ ...size, scale: 0 })],
  ['rotate: degrees is NaN; expected a number', () => data.rotate(image, NaN)],
  ['colourJitter: brightness is -1; expected a number >= 0', () => data.colourJitter({ brightness: -1 })],
  ['colourJitter: contrast is [2, 1]; expected [min, max] with 0 <= min <= max',
    () => data.colourJitter({ contrast: [2, 1] })],
  ['colourJitter: hue is 0.6; expected a number >= 0 and <= 0.5', () => data.colourJitter({ hue: 0.6 })],
  ['colourJitter: hue is [-1, 0]; expected [min, max] with -0.5 <= min <= max <= 0.5',
    () => data.colourJitter({ hue: [-1, 0] })],
  ['adjustBrightness: factor is -1; expected a number >= 0', () => data.adjustBrightness(image, -1)],
  ['adjustHue: turns is 0.7; expected a number >= -0.5 and <= 0.5', () => data.adjustHue(image, 0.7)],
  ['posterize: bits is 9; expected a whole number >= 0 and <= 8', () => data.posterize(image, 9)],
  ['solarize: threshold is NaN; expected a number', () => data.solarize(image, NaN)],
  ['randAugment: numOps is -1; expected a whole number >= 0', () => data.randAugment({ numOps: -1 })],
  ['randAugment: magnitude is 31; expected a whole number >= 0 and <= 30', () => data.randAugment({ magnitude: 31 })],
  ['randAugment: magnitudeBins is 1; expected a whole number >= 2', () => data.randAugment({ magnitudeBins: 1 })],
  ['randAugment: fill is []; expected', () => data.randAugment({ fill: [] })],
  ['autoAugment: policy is svhn; expected imagenet, cifar10',
    () => data.autoAugment(JSON.parse('"svhn"') as 'imagenet')],
  ['randomErasing: probability is -0.1; expected', () => data.randomErasing({ probability: -0.1 })],
  ['randomErasing: scale is [0, 1.1]; expected', () => data.randomErasing({ scale: [0, 1.1] })],
  ['randomErasing: ratio is [3, 1]; expected', () => data.randomErasing({ ratio: [3, 1] })],
  ['randomErasing: value is black; expected a whole number from 0 to 255, or one for each channel',
    () => data.randomErasing({ value: JSON.parse('"black"') as 'random' })],
  ['mixup: alpha is 0; expected a number > 0', () => data.mixup({ alpha: 0 })],
  ['cutMix: probability is 2; expected a number >= 0 and <= 1', () => data.cutMix({ alpha: 1, probability: 2 })],
  ['mixOneOf: the number of mixes is 0; expected at least one', () => data.mixOneOf()],
];

describe('augment: what is refused', () => {
  for (const [message, act] of refused) it(message, () => expect(act).to.throw(RangeError, message));

  it('bytes that are no image', () => {
    const functions = {
      flipLeftRight: data.flipLeftRight, invert: data.invert, autocontrast: data.autocontrast, equalize: data.equalize,
      posterize: (given: RasterImage) => data.posterize(given, 3),
      solarize: (given: RasterImage) => data.solarize(given, 3),
      affine: (given: RasterImage) => data.affine(given, [1, 0, 0, 0, 1, 0]),
      adjustHue: (given: RasterImage) => data.adjustHue(given, 0),
      adjustSharpness: (given: RasterImage) => data.adjustSharpness(given, 1),
      crop: (given: RasterImage) => data.crop(given, { top: 0, left: 0, height: 1, width: 1 }),
      padAndCrop: (given: RasterImage) => data.padAndCrop(1)(given, new Random(1)),
      randomErasing: (given: RasterImage) => data.randomErasing()(given, new Random(1)),
    };
    for (const [name, f] of Object.entries(functions)) {
      expect(() => f(broken)).to.throw(`${name}: 11 bytes of pixels; expected 2·2·3 = 12 (HWC), at least one`);
    }
  });
});
