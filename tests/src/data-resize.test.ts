/** 8-bit images in another size, byte for byte as PIL makes them. */
import { resizeImage } from '@vitrine/data';
import type { RasterImage, ResizeImageOptions } from '@vitrine/data';
import { expect } from 'chai';
import { bytes } from './data-samples.js';
import { readFixture } from './support/fixtures.js';
import type { FixtureTensor } from './support/fixtures.js';

interface ResizeCase {
  readonly name: string;
  readonly input: string;
  readonly filter: NonNullable<ResizeImageOptions['filter']>;
  readonly pillow: string;
}

const imageOf = ({ shape: [height, width, channels], data }: FixtureTensor): RasterImage =>
  ({ width, height, channels: channels as RasterImage['channels'], data: Uint8Array.from(data) });

describe('data: resizing images', () => {
  const { cases, get } = readFixture<ResizeCase>('pil_resize.safetensors');

  for (const { name, input, filter, pillow } of cases) {
    it(`${name}, as Pillow ${pillow}`, () => {
      const want = imageOf(get(name));
      const image = imageOf(get(input));
      const before = image.data.slice();
      const got = resizeImage(image, want.width, want.height, { filter });
      expect([got.width, got.height, got.channels]).to.deep.equal([want.width, want.height, want.channels]);
      const first = want.data.findIndex((byte, i) => byte !== got.data[i]);
      expect(first, `byte ${first} is ${got.data[first]}, wanted ${want.data[first]}`).to.equal(-1);
      expect(got.data.length).to.equal(want.data.length);
      expect(image.data, 'the image itself').to.deep.equal(before);
    });
  }

  it('all filters and all numbers of channels are held against PIL', () => {
    expect([...new Set(cases.map(({ filter }) => filter))].sort())
      .to.deep.equal(['bicubic', 'bilinear', 'box', 'lanczos', 'nearest']);
    expect([...new Set(cases.map(({ input }) => get(input).shape[2]))].sort()).to.deep.equal([1, 2, 3, 4]);
  });

  it('is bicubic unless told otherwise, and never the same bytes', () => {
    const image: RasterImage = { width: 4, height: 3, channels: 3, data: bytes(36, (i) => (i * 37) % 256) };
    expect(resizeImage(image, 7, 2)).to.deep.equal(resizeImage(image, 7, 2, { filter: 'bicubic' }));
    const copy = resizeImage(image, 4, 3);
    expect(copy).to.deep.equal(image);
    expect(copy.data).to.not.equal(image.data);
  });

  it('refuses what is no image, no size, no filter', () => {
    const image: RasterImage = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) };
    expect(() => resizeImage({ ...image, data: new Uint8Array(11) }, 4, 4))
      .to.throw('resizeImage: 11 bytes of pixels; expected 2·2·3 = 12 (HWC)');
    expect(() => resizeImage({ ...image, width: 0 }, 4, 4))
      .to.throw('resizeImage: the width is 0; expected a whole number >= 1');
    expect(() => resizeImage(image, 4, 1.5)).to.throw('resizeImage: the new height is 1.5');
    expect(() => resizeImage({ ...image, channels: JSON.parse('5') as 4 }, 4, 4))
      .to.throw('resizeImage: 5 channels; expected 1, 2, 3 or 4');
    expect(() => resizeImage(image, 4, 4, { filter: JSON.parse('"hamming"') as 'box' }))
      .to.throw('resizeImage: no filter hamming; there are nearest, box, bilinear, bicubic, lanczos');
  });
});
