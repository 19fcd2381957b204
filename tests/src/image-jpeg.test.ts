/** JPEG files, decoded to PIL's pixels, every byte; and files that are damaged, or of another kind. */
import { decodeJpeg } from '@vitrine/data';
import { expect } from 'chai';
import { encoded, expectSameImage, fileOf, pixelsOf } from './support/images.js';

/** Where the first segment with this marker begins. */
function find(file: Uint8Array, marker: number): number {
  for (let at = 2; at + 3 < file.length; at += 2 + file[at + 2] * 256 + file[at + 3]) {
    if (file[at + 1] === marker) return at;
  }
  throw new Error(`no marker ${marker.toString(16)}`);
}

/** The file with bytes from `at` on replaced. */
function patched(file: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = file.slice();
  copy.set(bytes, at);
  return copy;
}

/** The file without the segment with this marker. */
function without(file: Uint8Array, marker: number): Uint8Array {
  const at = find(file, marker);
  const end = at + 2 + file[at + 2] * 256 + file[at + 3];
  return Uint8Array.of(...file.subarray(0, at), ...file.subarray(end));
}

const [SOF0, SOF2, DHT, SOS, DQT] = [0xc0, 0xc2, 0xc4, 0xda, 0xdb];

describe('image: JPEG', () => {
  const cases = encoded('jpeg');

  it('the fixtures hold files', () => expect(cases.length).to.be.greaterThan(80));

  for (const { name } of cases) {
    it(name, () => {
      const file = fileOf(name);
      expectSameImage(decodeJpeg(file, `${name}.jpg`), pixelsOf(name));
      expect(Buffer.compare(file, fileOf(name)), 'the file itself').to.equal(0);
    });
  }

  it('is turned only if asked for', () => {
    const upright = decodeJpeg(fileOf('turned 1 MM'), 'x.jpg');
    for (const { name } of cases.filter(({ orientation }) => orientation !== undefined)) {
      const stored = decodeJpeg(fileOf(name), 'x.jpg', { orientation: 'ignore' });
      expectSameImage(stored, upright);
    }
    const orientations = cases.map(({ orientation }) => orientation ?? 0).filter((n) => n > 0);
    expect(orientations).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('EXIF data that make no sense turn nothing', () => {
    const file = fileOf('turned 6 II');
    const at = find(file, 0xe1) + 10; // the TIFF header
    const stored = decodeJpeg(file, 'x.jpg', { orientation: 'ignore' });
    const nonsense = { order: [at, 0], offset: [at + 4, 255, 255], type: [at + 12, 2], value: [at + 18, 9] };
    for (const [what, [place, ...bytes]] of Object.entries(nonsense)) {
      const got = decodeJpeg(patched(file, place, ...bytes), 'x.jpg');
      expect(got, what).to.deep.equal(stored);
    }
  });

  it('stands anywhere in a buffer', () => {
    const file = fileOf('4:2:0 quality 75');
    const buffer = new Uint8Array(file.length + 7);
    buffer.set(file, 3);
    expectSameImage(decodeJpeg(buffer.subarray(3, 3 + file.length), 'x.jpg'), pixelsOf('4:2:0 quality 75'));
  });

  const file = fileOf('4:2:0 quality 75');
  const frame = find(file, SOF0);
  const scan = find(file, SOS);
  const grey = fileOf('grey baseline');
  const progressive = fileOf('4:2:0 progressive quality 95');
  const bands = fileOf('restart 2 progressive');

  const refused: readonly (readonly [title: string, file: Uint8Array, message: RegExp])[] = [
    ['arithmetic coding', patched(file, frame + 1, 0xc9), /arithmetic-coded JPEG is not read; expected baseline/],
    ['progressive arithmetic coding', patched(file, frame + 1, 0xca), /arithmetic-coded progressive JPEG is not read/],
    ['lossless', patched(file, frame + 1, 0xc3), /lossless JPEG is not read/],
    ['hierarchical', patched(file, frame + 1, 0xc5), /hierarchical JPEG is not read/],
    ['12 bits', patched(patched(file, frame + 1, 0xc1), frame + 4, 12), /12 bits a sample; only 8 are read/],
    ['a height behind the pixels', patched(file, frame + 5, 0, 0), /DNL/],
    ['no width', patched(file, frame + 7, 0, 0), /0×37 pixels; there must be at least one/],
    ['two components', patched(file, frame + 9, 2), /frame header of 15 bytes/],
    ['fractions of sampling', patched(file, frame + 11, 0x32, 0, 2, 0x22),
      /component 2 is sampled 2×2 to 3×2 of the densest/],
    ['no sampling', patched(file, frame + 11, 0x02), /component 1 has sampling factors 0×2/],
    ['a component twice', patched(file, frame + 13, 1), /components 1, 1, 3/],
    ['two frames', Uint8Array.of(...file.subarray(0, scan), ...file.subarray(frame)), /two frame headers/],
    ['no frame', without(file, SOF0), /a scan comes before the frame header/],
    ['only a beginning and an end', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), /no frame header/],
    ['no scan', Uint8Array.of(...file.subarray(0, scan), 0xff, 0xd9), /no scan has component 1/],
    ['a scan of something else', patched(file, scan + 5, 9), /scan 1: component 9; the frame has none/],
    ['a scan of one twice', patched(file, scan + 7, 1), /scan 1: has a component twice/],
    ['half a scan in a baseline file', patched(file, scan + 12, 5), /coefficients 0 to 5, .* sequential/],
    ['DC and AC at once', patched(progressive, find(progressive, SOS) + 12, 5), /coefficients 0 to 5, .* progressive/],
    ['no quantization table', without(without(file, DQT), DQT), /needs quantization table 0, which no DQT has defined/],
    ['no Huffman table', without(file, DHT), /scan 1: no DHT has defined its table for DC/],
    ['a Huffman table of too many codes', patched(file, find(file, DHT) + 5, 3), /a Huffman table \(DHT\) is damaged/],
    ['a quantization table cut off', patched(file, find(file, DQT) + 4, 0x10),
      /a quantization table \(DQT\) is damaged/],
    ['a marker cut off', file.subarray(0, frame + 9), /ends in the middle of marker segment 0xc0/],
    ['a scan that is repeated', Uint8Array.of(...grey.subarray(0, -2), ...grey.subarray(find(grey, SOS))),
      /scan 2: coefficient 0 of component 1 is known to bit 0/],
    ['no PNG either', Uint8Array.of(1, 2, 3), /no JPEG/],
    ['nothing', new Uint8Array(0), /no JPEG/],
  ];
  for (const [title, bytes, message] of refused) {
    it(`refuses ${title}`, () => {
      expect(() => decodeJpeg(bytes, 'cat.jpg')).to.throw(Error, message).with.property('message')
        .match(/^decodeJpeg: cat\.jpg: /);
    });
  }

  it('says where the data end', () => {
    expect(() => decodeJpeg(file.subarray(0, -30), 'cat.jpg'))
      .to.throw(/^decodeJpeg: cat\.jpg: ends in the middle of scan 1, after \d+ of 9 MCUs/);
    expect(() => decodeJpeg(file.subarray(0, -2), 'cat.jpg'))
      .to.throw(/ends without its EOI marker, after scan 1: it is cut short/);
    const ends = new Set<string>();
    for (let end = progressive.length - 1; end > 2; end--) {
      try {
        decodeJpeg(progressive.subarray(0, end), 'cat.jpg');
        expect.fail(`the first ${end} bytes decode`);
      } catch (error) {
        const text = String(error);
        expect(text).to.match(/^Error: decodeJpeg: cat\.jpg: ends (in the middle of|without)/);
        ends.add(/middle of scan \d+|middle of marker|without/.exec(text)?.[0] ?? '');
      }
    }
    expect(ends.size, [...ends].join()).to.equal(12); // PIL writes ten scans
  });

  it('misses a restart marker', () => {
    const at = bands.findIndex((byte, i) => byte === 0xff && bands[i + 1] === 0xd1);
    expect(() => decodeJpeg(patched(bands, at + 1, 0xd5), 'cat.jpg'))
      .to.throw(/cat\.jpg: scan 1: no restart marker after 4 of 12 MCUs/);
  });

  it('bounds what it allocates by the limit, and by the bytes there are', () => {
    expect(() => decodeJpeg(file, 'cat.jpg', { maxPixels: 43 * 37 - 1 }))
      .to.throw('decodeJpeg: cat.jpg: 43×37 = 1591 pixels; the limit is 1590: raise maxPixels if the file is trusted');
    expect(decodeJpeg(file, 'cat.jpg', { maxPixels: 43 * 37 }).width).to.equal(43);
    const huge = patched(file, frame + 5, 255, 255, 255, 255);
    expect(() => decodeJpeg(huge, 'cat.jpg')).to.throw(/65535×65535 = 4294836225 pixels; the limit is 89478485/);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeJpeg(huge, 'cat.jpg', { maxPixels: Infinity }))
      .to.throw(/65535×65535 pixels are \d+ blocks, too many for \d+ bytes: it is cut short/);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(1e6);
  });

  it('stops after 500 scans, though each brings something', () => {
    // One block whose coefficients come one by one, and then bit by bit; all are zero. The codes are PIL's.
    const head = patched(patched(grey, find(grey, SOF0) + 1, SOF2), find(grey, SOF0) + 5, 0, 8, 0, 8);
    const coefficients = Array.from({ length: 64 }, (_, k) => k);
    const scans = Array.from({ length: 14 }, (_, i) => 13 - i).flatMap((low) => coefficients.map((k) => {
      const data = k > 0 ? 0b1010_1111 : low === 13 ? 0b0011_1111 : 0b0111_1111; // end of block; no bits; bit 0
      return [0xff, SOS, 0, 8, 1, 1, 0, k, k, low === 13 ? 13 : 16 * (low + 1) + low, data];
    }));
    const fileOfScans = (n: number): Uint8Array =>
      Uint8Array.of(...head.subarray(0, find(head, SOS)), ...scans.slice(0, n).flat(), 0xff, 0xd9);
    expect([...decodeJpeg(fileOfScans(500), 'cat.jpg').data]).to.deep.equal(new Array(64).fill(128));
    expect(() => decodeJpeg(fileOfScans(501), 'cat.jpg'))
      .to.throw('decodeJpeg: cat.jpg: scan 501: more than 500 scans are not read');
    expect(() => decodeJpeg(fileOfScans(0), 'cat.jpg')).to.throw('no scan has component 1');
    const acFirst = Uint8Array.of(...head.subarray(0, find(head, SOS)), ...scans[1], 0xff, 0xd9);
    expect(() => decodeJpeg(acFirst, 'cat.jpg')).to.throw('scan 1: AC of component 1 comes before its DC');
  });
});
