/** What augmentations do to bytes, held against torchvision on PIL images: every byte. */
import {
  adjustBrightness, adjustContrast, adjustHue, adjustSaturation, adjustSharpness, affine, autocontrast, crop, equalize,
  flipLeftRight, inverseAffineMatrix, invert, posterize, randomResizedCrop, rotate, solarize,
} from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { POLICIES } from '../../packages/data/dist/augment/auto-augment.js';
import { applyStep, OPERATIONS, stepOf } from '../../packages/data/dist/augment/operations.js';
import { floatsOf, imageCases, imageOf, magnitudesCases, policyCases } from './support/augmented.js';
import type { AugmentCase } from './support/augmented.js';
import { expectSameImage } from './support/images.js';

const adjustments = {
  brightness: adjustBrightness, contrast: adjustContrast, saturation: adjustSaturation, sharpness: adjustSharpness,
  hue: adjustHue, posterize, solarize,
};
/** Of the images that the fixture's magnitudes are for. */
const SIZE = { width: 16, height: 9 };

const plain = { flip: flipLeftRight, autocontrast, equalize, invert };

function run(image: RasterImage, row: AugmentCase): RasterImage {
  switch (row.op) {
    case 'flip': case 'autocontrast': case 'equalize': case 'invert': return plain[row.op](image);
    case 'crop': {
      const [top, left, height, width] = row.box;
      return crop(image, { top, left, height, width }, { fill: row.fill });
    }
    case 'resizedCrop': // of these images a piece of the whole area never has the right shape
      return randomResizedCrop(row.size, { scale: [1, 1], interpolation: row.interpolation })(image, new Random(1));
    case 'rotate': return rotate(image, row.degrees, row);
    case 'matrix': return affine(image, row.matrix, row);
    case 'affine':
      return affine(image, inverseAffineMatrix({ ...row, centre: [image.width / 2, image.height / 2] }), row);
    case 'operation':
      return applyStep(image, stepOf(row.operation, row.bin, 31, SIZE, row.negative), { ...row, fill: 90 });
    default: return adjustments[row.op](image, row.amount);
  }
}

describe('augment: against torchvision on PIL images', () => {
  for (const op of new Set(imageCases.map((row) => row.op))) {
    const rows = imageCases.filter((row) => row.op === op);
    it(`${op}, ${rows.length} cases`, () => {
      for (const row of rows) {
        const image = imageOf(row.input);
        try {
          expectSameImage(run(image, row), imageOf(row.output));
        } catch (error) {
          throw new Error(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
        expect(image, `${row.name}: the image itself`).to.deep.equal(imageOf(row.input));
      }
    });
  }

  it('all operations, and RGB, grey and both with alpha are among them', () => {
    const of = (op: string): AugmentCase[] => imageCases.filter((row) => row.op === op);
    const operations = imageCases.flatMap((row) => (row.op === 'operation' ? [row.operation] : []));
    expect([...new Set(operations)].sort()).to.deep.equal(Object.keys(OPERATIONS).sort());
    for (const op of ['flip', 'rotate', 'brightness', 'contrast', 'saturation', 'sharpness']) {
      expect([...new Set(of(op).map((row) => imageOf(row.input).channels))].sort(), op).to.deep.equal([1, 2, 3, 4]);
    }
    for (const op of [...Object.keys(plain), ...Object.keys(adjustments)]) expect(of(op), op).to.not.be.empty;
  });

  it('magnitudes: every bin of every operation', () => {
    expect(magnitudesCases.map(({ name }) => floatsOf(name).shape[1])).to.deep.equal([2, 9, 10, 31]);
    for (const { name, operations, signed } of magnitudesCases) {
      const { shape: [, bins], data } = floatsOf(name);
      operations.forEach((operation, i) => {
        for (let bin = 0; bin < bins; bin++) {
          const at = (negative: boolean): number => stepOf(operation, bin, bins, SIZE, negative).magnitude;
          // The last bits of torch.linspace are those of the machine that it ran on.
          const tolerance = 2 ** -22 * Math.max(...data.subarray(i * bins, (i + 1) * bins));
          expect(at(false), `${operation} ${bin} of ${bins}`).to.be.closeTo(data[i * bins + bin], tolerance);
          expect(at(true)).to.equal((signed[i] ? -1 : 1) * at(false));
        }
      });
    }
  });

  for (const { policy, entries } of policyCases) {
    it(`autoAugment's policy for ${policy}`, () => {
      // Where an operation has one strength, torchvision's tables say null.
      expect(JSON.parse(JSON.stringify(POLICIES[policy]))).to.deep.equal(entries);
    });
  }

  it('colours change with alpha beside them as they do without, and alpha stays', () => {
    const rgba = imageOf('rgba');
    const without = (image: RasterImage): RasterImage => ({
      ...image, channels: 3, data: image.data.filter((_, i) => i % 4 !== 3),
    });
    for (const f of [invert, autocontrast, equalize, (image: RasterImage) => adjustHue(image, 0.3),
      (image: RasterImage) => solarize(image, 99), (image: RasterImage) => posterize(image, 3)]) {
      const got = f(rgba);
      expectSameImage(without(got), f(without(rgba)));
      expect(got.data.filter((_, i) => i % 4 === 3)).to.deep.equal(rgba.data.filter((_, i) => i % 4 === 3));
    }
  });
});
