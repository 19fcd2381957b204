/** PNG files of every kind, decoded to the pixels PIL sees; damaged ones; and image files in general. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { decodeImage, decodePng, encodePng, loadImage, toRgb } from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';
import { expect } from 'chai';
import { bytes, rejection } from './data-samples.js';
import { encoded, expectSameImage, fileOf, pixelsOf } from './support/images.js';
import { pngChunks, pngOf } from './support/png.js';
import type { PngChunk } from './support/png.js';

describe('image: PNG', () => {
  const cases = encoded('png');

  it('the fixtures hold every colour type and depth, interlaced and not', () => {
    const kinds = new Set(cases.map(({ name }) => [...fileOf(name).subarray(24, 26), fileOf(name)[28]].join()));
    expect(kinds.size).to.equal(2 * (5 + 2 + 4 + 2 + 2));
  });

  for (const { name } of cases) {
    it(name, async () => {
      const file = fileOf(name);
      expectSameImage(await decodePng(file, `${name}.png`), pixelsOf(name));
      expect(Buffer.compare(file, fileOf(name)), 'the file itself').to.equal(0);
    });
  }

  it('is turned only if asked for', async () => {
    const stored = await decodePng(fileOf('PNG turned 6'), 'x.png', { orientation: 'ignore' });
    expect([stored.width, stored.height]).to.deep.equal([11, 7]);
  });

  for (const channels of [1, 3, 4] as const) {
    it(`reads what encodePng writes, ${channels} channels, in two stored blocks`, async () => {
      const data = bytes(150 * 170 * channels, (i) => (i * 7 + (i >> 8)) % 256);
      expectSameImage(await decodePng(encodePng(150, 170, channels, data), 'x.png'),
        { width: 150, height: 170, channels, data });
    });
  }

  const file = fileOf('RGB 8');
  const chunks = pngChunks(file);
  const replaced = (type: string, data: Uint8Array): Uint8Array =>
    pngOf(chunks.map((chunk) => (chunk.type === type ? { type, data } : chunk)));
  const ihdr = (at: number, ...values: readonly number[]): Uint8Array => {
    const data = chunks[0].data.slice();
    data.set(values, at);
    return replaced('IHDR', data);
  };
  const withChunk = (type: string, length: number, before = 'IDAT'): Uint8Array =>
    pngOf(chunks.flatMap((chunk): PngChunk[] => {
      const added = { type, data: new Uint8Array(length) };
      return chunk.type === before ? [added, chunk] : [chunk];
    }));
  const raw = 13 * (1 + 3 * 19);
  const pixels = (length: number, fill = 0): Uint8Array => deflateSync(new Uint8Array(length).fill(fill));
  const palette = pngChunks(fileOf('palette 4'));
  const text: PngChunk = { type: 'tEXt', data: new Uint8Array(3) };
  const plte = (length: number): PngChunk => ({ type: 'PLTE', data: new Uint8Array(length) });
  const greyHeader = { type: 'IHDR', data: Uint8Array.of(...chunks[0].data.subarray(0, 9), 0, 0, 0, 0) };

  const refused: readonly (readonly [title: string, file: Uint8Array, message: RegExp])[] = [
    ['another format', fileOf('grey baseline'), /no PNG/],
    ['nothing', new Uint8Array(0), /no PNG/],
    ['a signature alone', file.subarray(0, 8), /ends without its IEND chunk, after its signature: it is cut short/],
    ['colour type 5', ihdr(9, 5), /colour type 5; there are 0, 2, 3, 4 and 6/],
    ['RGB of 4 bits', ihdr(8, 4), /4 bits a sample; colour type 2 has 8, 16/],
    ['other methods', ihdr(12, 2), /interlace 2/],
    ['no width', ihdr(0, 0, 0, 0, 0), /0×13 pixels/],
    ['a header of another length', replaced('IHDR', new Uint8Array(12)), /IHDR has 12 bytes; expected 13/],
    ['another chunk first', pngOf(chunks.slice(1)), /begins with chunk IDAT; expected IHDR/],
    ['two headers', pngOf([chunks[0], ...chunks]), /chunk IHDR comes twice/],
    ['an unknown critical chunk', withChunk('ABCD', 3), /chunk ABCD is unknown, and needed to read the pixels/],
    ['no pixels', pngOf(chunks.filter(({ type }) => type !== 'IDAT')), /no IDAT chunk/],
    ['no end', pngOf(chunks.slice(0, -1)), /ends without its IEND chunk, after IDAT: it is cut short/],
    ['pixels in two places', pngOf([...chunks.slice(0, -1), text, ...chunks.slice(1)]),
      /tEXt stands between IDAT chunks/],
    ['pixels that are not compressed', replaced('IDAT', bytes(300, (i) => i)),
      /compressed pixels are damaged, cut short or followed by other bytes \(/],
    ['a zlib stream cut short', replaced('IDAT', chunks[1].data.subarray(0, -9)),
      /compressed pixels are damaged, cut short or/],
    ['a wrong Adler-32', replaced('IDAT', Uint8Array.of(...chunks[1].data.subarray(0, -1), 1 ^ chunks[1].data.at(-1)!)),
      /compressed pixels are damaged/],
    ['too few pixels', replaced('IDAT', pixels(raw - 1)),
      new RegExp(`${raw - 1} bytes of pixels; its size comes to ${raw}`)],
    ['too many pixels', replaced('IDAT', pixels(raw + 1)), new RegExp(`more than ${raw} bytes of pixels`)],
    ['a bomb', replaced('IDAT', pixels(50e6)), new RegExp(`more than ${raw} bytes of pixels`)],
    ['filter 5', replaced('IDAT', pixels(raw, 5)), /filter 5 in row 0; there are 0 to 4/],
    ['a palette behind the pixels', withChunk('PLTE', 3, 'IEND'), /PLTE comes after IDAT/],
    ['a palette of half a colour', withChunk('PLTE', 4), /PLTE has 4 bytes; expected 3 for each of 1 to 256 colours/],
    ['alpha of another length', withChunk('tRNS', 5), /tRNS has 5 bytes; expected 6/],
    ['no palette', pngOf(palette.filter(({ type }) => type !== 'PLTE')), /no PLTE chunk/],
    ['alpha before the palette', pngOf([palette[0], { type: 'tRNS', data: new Uint8Array(1) }, ...palette.slice(1)]),
      /tRNS comes before PLTE/],
    ['a colour beyond the palette', pngOf(palette.map((chunk) => (chunk.type === 'PLTE' ? plte(6) : chunk))),
      /has colour \d+; PLTE has 2 colours/],
    ['a palette and grey', pngOf([greyHeader, plte(3), ...chunks.slice(1)]), /PLTE, but it is grey/],
  ];
  for (const [title, bad, message] of refused) {
    it(`refuses ${title}`, async () => {
      const told = await rejection(decodePng(bad, 'cat.png'));
      expect(told).to.match(message).and.match(/^decodePng: cat\.png: /);
    });
  }

  it('names the chunk whose CRC is wrong, whichever', async () => {
    const withText = withChunk('tEXt', 5);
    let at = 8;
    for (const { type, data } of pngChunks(withText)) {
      for (const place of [at + 8 + data.length, ...(data.length > 0 ? [at + 8] : [])]) {
        const bad = withText.slice();
        bad[place] ^= 16;
        expect(await rejection(decodePng(bad, 'cat.png'))).to.match(
          new RegExp(`^decodePng: cat\\.png: chunk ${type}: its CRC is [0-9a-f]{8}, and should be [0-9a-f]{8}: `));
      }
      at += 12 + data.length;
    }
  });

  it('is an error wherever it is cut', async () => {
    for (let end = 0; end < file.length; end++) {
      expect(await rejection(decodePng(file.subarray(0, end), 'cat.png'))).to.match(/^decodePng: cat\.png: /);
    }
  });

  it('bounds what it allocates by the limit, and by the bytes there are', async () => {
    expect(await rejection(decodePng(file, 'cat.png', { maxPixels: 19 * 13 - 1 })))
      .to.equal('decodePng: cat.png: 19×13 = 247 pixels; the limit is 246: raise maxPixels if the file is trusted');
    expect((await decodePng(file, 'cat.png', { maxPixels: 19 * 13 })).height).to.equal(13);
    expect(await rejection(decodePng(ihdr(0, 0, 0, 36, 244, 0, 0, 36, 244), 'cat.png')))
      .to.match(/9460×9460 = \d+ pixels; the limit is 89478485/);
    const before = process.memoryUsage().arrayBuffers;
    expect(await rejection(decodePng(ihdr(0, 0, 0, 36, 243, 0, 0, 36, 243), 'cat.png')))
      .to.match(/\d+ bytes of compressed pixels cannot hold \d+: it is cut short/);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(1e6);
  });
});

describe('image: files', () => {
  it('tells PNG and JPEG apart, whatever they are called', async () => {
    expectSameImage(await decodeImage(fileOf('RGB 8'), 'cat.jpg'), pixelsOf('RGB 8'));
    expectSameImage(await decodeImage(fileOf('4:2:0 quality 75'), 'cat.png'), pixelsOf('4:2:0 quality 75'));
    const stored = await decodeImage(fileOf('turned 6 II'), 'cat.jpg', { orientation: 'ignore' });
    expect([stored.width, stored.height]).to.deep.equal([21, 14]);
  });

  it('names other formats', async () => {
    const file = (text: string, at = 0): Uint8Array => new Uint8Array(Buffer.from(text.padStart(at + text.length)));
    expect(await rejection(decodeImage(file('WEBP', 8), 'cat')))
      .to.equal('decodeImage: cat: found WebP; expected PNG or JPEG: convert it');
    expect(await rejection(decodeImage(file('GIF89a'), 'cat'))).to.match(/found GIF/);
    expect(await rejection(decodeImage(file('ftypavif', 4), 'cat'))).to.match(/found AVIF/);
    expect(await rejection(decodeImage(file('<svg'), 'cat'))).to.match(/found a file that begins with 3c 73 76 67/);
    expect(await rejection(decodeImage(new Uint8Array(0), 'cat'))).to.match(/found an empty file/);
  });

  it('loads from a path, and names it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-image-'));
    try {
      const path = join(folder, 'cat.png');
      writeFileSync(path, fileOf('RGB 8'));
      expectSameImage(await loadImage(path), pixelsOf('RGB 8'));
      expect(await rejection(loadImage(path, { maxPixels: 5 }))).to.include(`decodePng: ${path}: 19×13`);
      const missing = join(folder, 'dog.png');
      expect(await rejection(loadImage(missing))).to.include(`${missing}: no such file`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('toRgb repeats grey and drops alpha', () => {
    const image = (channels: RasterImage['channels']): RasterImage =>
      ({ width: 2, height: 1, channels, data: bytes(2 * channels, (i) => 10 * i + 1) });
    expect([...toRgb(image(1)).data]).to.deep.equal([1, 1, 1, 11, 11, 11]);
    expect([...toRgb(image(2)).data]).to.deep.equal([1, 1, 1, 21, 21, 21]);
    expect([...toRgb(image(4)).data]).to.deep.equal([1, 11, 21, 41, 51, 61]);
    const rgb = image(3);
    expect(toRgb(rgb)).to.equal(rgb);
    expect(toRgb(image(4)).channels).to.equal(3);
  });
});
