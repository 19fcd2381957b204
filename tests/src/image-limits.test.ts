/** What a stranger's file can make a decoder allocate, and what is said when that is too much. */
import { deflateSync } from 'node:zlib';
import { decodeJpeg, decodePng, loadImage, loadImageFolder, preprocess } from '@vitrine/data';
import { expect } from 'chai';
import { rejection } from './data-samples.js';
import { expectSameImage, fileOf, pixelsOf } from './support/images.js';
import { withFolder } from './support/folders.js';
import { pngChunks, pngOf } from './support/png.js';

/** One pixel wide and a million high, black and white, in about 2 KB. */
function thin(): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, 1);
  header.setUint32(4, 1_000_000);
  header.setUint8(8, 1);
  const pixels = new Uint8Array(deflateSync(new Uint8Array(2_000_000)));
  const end = pngChunks(fileOf('RGB 8')).slice(-1);
  return pngOf([{ type: 'IHDR', data: new Uint8Array(header.buffer) }, { type: 'IDAT', data: pixels }, ...end]);
}

/** The class, whose arrays of `least` elements or more there is no memory for. */
const limited = <T extends new (...args: never[]) => object>(kind: T, least: number): T => new Proxy(kind, {
  construct: (target, args: unknown[]) => {
    if (Number(args[0]) >= least) throw new RangeError('Array buffer allocation failed');
    return Reflect.construct(target, args) as object;
  },
});

type ByteArrays = 'Uint8Array' | 'Uint8ClampedArray' | 'Uint16Array';

/** Runs `work` where no array of these kinds can have `least` elements or more. */
async function withoutMemory<T>(kinds: readonly ByteArrays[], least: number, work: () => Promise<T>): Promise<T> {
  const { Uint8Array, Uint8ClampedArray, Uint16Array } = globalThis;
  try {
    if (kinds.includes('Uint8Array')) globalThis.Uint8Array = limited(Uint8Array, least);
    if (kinds.includes('Uint8ClampedArray')) globalThis.Uint8ClampedArray = limited(Uint8ClampedArray, least);
    if (kinds.includes('Uint16Array')) globalThis.Uint16Array = limited(Uint16Array, least);
    return await work();
  } finally {
    Object.assign(globalThis, { Uint8Array, Uint8ClampedArray, Uint16Array });
  }
}

describe('image: limits', () => {
  it('hold for what a narrow, high image is halfway through resizing', () => withFolder({
    'a/thin.png': thin(),
  }, async (dir) => {
    const path = `${dir}/a/thin.png`;
    const halfway = '224×1000000 = 224000000 pixels; the limit is 89478485: ';
    const image = await loadImage(path);
    expect(() => preprocess(image, { resize: [224, 224], crop: 224, mean: [0], std: [1] }))
      .to.throw(`preprocess: halfway through resizing: ${halfway}choose a smaller size`);
    const { train } = await loadImageFolder(dir, { test: 0, workers: 0, verify: false, resize: [224, 224] });
    expect(await rejection(Promise.resolve(train.read(0)))).to.equal(
      `readImage: ${path}: halfway through resizing: ${halfway}raise maxPixels if the file is trusted`);
  }));

  it('name the file for which there is no memory', async () => {
    const png = fileOf('RGB 8');
    const told = ': not enough memory to decode it (Array buffer allocation failed); ' +
      'lower maxPixels or the number of workers';
    expect(await withoutMemory(['Uint8Array'], 700, () => rejection(decodePng(png, 'cat.png'))))
      .to.equal(`decodePng: cat.png${told}`);
    const jpeg = fileOf('4:2:0 quality 75');
    const decoded = async (): Promise<unknown> => decodeJpeg(jpeg, 'cat.jpg');
    expect(await withoutMemory(['Uint8ClampedArray'], 700, () => rejection(decoded())))
      .to.equal(`decodeJpeg: cat.jpg${told}`);
    await withFolder({ 'a/1.png': png }, async (dir) => {
      const { train } = await loadImageFolder(dir, { test: 0, workers: 0, resize: [40, 40] });
      // 40·40·3 bytes are more than decoding takes.
      expect(await withoutMemory(['Uint8Array'], 4000, () => rejection(Promise.resolve(train.read(0)))))
        .to.equal(`readImage: ${train.files[0]}${told}`);
    });
  });

  it('16 bits a sample are not kept where 8 will do', async () => {
    const name = 'grey 16 interlaced';
    const image = await withoutMemory(['Uint16Array'], 100, () => decodePng(fileOf(name), 'x.png'));
    expectSameImage(image, pixelsOf(name));
  });

  it('are positive, and an orientation is one of two', async () => {
    const [png, jpeg] = [fileOf('RGB 8'), fileOf('4:2:0 quality 75')];
    for (const maxPixels of [NaN, 0, -1]) {
      const told = `maxPixels is ${maxPixels}; expected a number from 1`;
      expect(await rejection(decodePng(png, 'cat.png', { maxPixels }))).to.equal(`decodePng: cat.png: ${told}`);
      expect(() => decodeJpeg(jpeg, 'cat.jpg', { maxPixels })).to.throw(`decodeJpeg: cat.jpg: ${told}`);
    }
    const orientation = JSON.parse('"aply"') as 'apply';
    expect(await rejection(decodePng(png, 'cat.png', { orientation })))
      .to.equal('decodePng: cat.png: orientation is aply; expected apply, ignore');
    expect(() => decodeJpeg(jpeg, 'cat.jpg', { orientation }))
      .to.throw('decodeJpeg: cat.jpg: orientation is aply; expected apply, ignore');
  });
});
