/** From pixels to a network's input: every float equal to torchvision's, on a PIL image. */
import { centerCrop, HALF, IMAGENET, preprocess, shorterSideTo } from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';
import { expect } from 'chai';
import { bytes } from './data-samples.js';
import { pixelsOf, preprocessed, valuesOf } from './support/images.js';

describe('image: preprocess', () => {
  it('the fixtures hold cases', () => expect(preprocessed.length).to.be.greaterThan(12));

  for (const { name, input, options } of preprocessed) {
    it(name, () => {
      const want = valuesOf(name);
      const got = preprocess(pixelsOf(input), options);
      expect(got.length).to.equal(want.length);
      const first = want.findIndex((value, i) => value !== got[i]);
      expect(first, `number ${first} is ${got[first]}, wanted ${want[first]}`).to.equal(-1);
    });
  }

  it('the presets are those of the fixtures', () => {
    const used = preprocessed.map(({ options: { mean, std } }) => JSON.stringify({ mean, std }));
    for (const preset of [IMAGENET, HALF]) expect(used).to.include(JSON.stringify(preset));
  });

  const image: RasterImage = { width: 5, height: 4, channels: 1, data: bytes(20, (i) => i) };

  it('the interpolation is bicubic unless told otherwise', () => {
    const options = { resize: 3, crop: 3, mean: [0], std: [1] };
    const edges: RasterImage = { ...image, data: bytes(20, (i) => (i * 113) % 256) };
    const plain = preprocess(edges, options);
    expect(plain).to.deep.equal(preprocess(edges, { ...options, interpolation: 'bicubic' }));
    expect(plain).to.not.deep.equal(preprocess(edges, { ...options, interpolation: 'bilinear' }));
  });

  it('cuts off the longer side\'s fraction', () => {
    expect(shorterSideTo({ width: 500, height: 375 }, 256)).to.deep.equal([256, 341]); // 341.33
    expect(shorterSideTo({ width: 375, height: 500 }, 256)).to.deep.equal([341, 256]);
    expect(shorterSideTo({ width: 300, height: 199 }, 256)).to.deep.equal([256, 385]); // 385.93
    expect(shorterSideTo({ width: 7, height: 7 }, 3)).to.deep.equal([3, 3]);
  });

  it('crops at even halves, and pads what is too small', () => {
    const cropped = (height: number, width: number): number[] => [...centerCrop(image, [height, width]).data];
    expect(cropped(1, 2)).to.deep.equal([12, 13]); // (4 − 1)/2 = 1.5 → 2; (5 − 2)/2 = 1.5 → 2
    expect(cropped(3, 4)).to.deep.equal([0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13]); // ½ → 0
    expect(cropped(1, 8)).to.deep.equal([0, 10, 11, 12, 13, 14, 0, 0]);
    expect(cropped(7, 1)).to.deep.equal([0, 2, 7, 12, 17, 0, 0]);
  });

  it('refuses what does not fit', () => {
    const rgb: RasterImage = { width: 5, height: 4, channels: 3, data: new Uint8Array(60) };
    expect(() => preprocess(rgb, { crop: 3, mean: [0.5], std: [0.5] }))
      .to.throw('preprocess: mean has 1 number, and the image 3 channels; give mean and std 3 numbers');
    expect(() => preprocess(rgb, { crop: 3, mean: [0.5, 0.5, 0.5], std: [1] }))
      .to.throw('preprocess: mean has 3 numbers, std 1; expected 3 each, or 1 for grey');
    expect(() => preprocess(rgb, { crop: 0, ...HALF }))
      .to.throw('preprocess: crop is 0×0 (height×width); expected whole numbers >= 1');
    expect(() => preprocess(rgb, { crop: 3, resize: 2.5, ...HALF }))
      .to.throw('preprocess: resize is 2.5×3 (height×width)');
    const line: RasterImage = { width: 100_000, height: 1, channels: 1, data: new Uint8Array(100_000) };
    expect(() => preprocess(line, { crop: 224, resize: 256, ...HALF }))
      .to.throw('preprocess: resized: 25600000×256 = 6553600000 pixels; the limit is 89478485: choose a smaller size');
    expect(() => preprocess(rgb, { crop: 3, mean: [0, 0, 0], std: [1, 0, 1] }))
      .to.throw('preprocess: mean is [0, 0, 0], std [1, 0, 1]; expected finite numbers, and positive ones for std');
    expect(() => preprocess(image, { crop: 3, mean: [NaN], std: [1] })).to.throw('preprocess: mean is [NaN], std [1];');
    expect(() => centerCrop(rgb, 0)).to.throw('centerCrop: size is 0×0 (height×width); expected whole numbers >= 1');
    expect(() => centerCrop(rgb, 20_000))
      .to.throw('centerCrop: 20000×20000 = 400000000 pixels; the limit is 89478485: choose a smaller size');
  });
});
