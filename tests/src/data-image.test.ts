import { inflateSync } from 'node:zlib';
import { drawImage, encodePng } from '@vitrine/data';
import { expect } from 'chai';
import { bytes } from './data-samples.js';

describe('data: PNG', () => {
  /** CRC-32, bit by bit: another way than the writer's table. */
  const crc32 = (data: Uint8Array): number => {
    let crc = -1;
    for (const byte of data) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc >>> 0;
  };
  const chunks = (png: Uint8Array): { type: string; data: Uint8Array }[] => {
    const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
    const out = [];
    for (let at = 8; at < png.length;) {
      const length = view.getUint32(at);
      const body = png.subarray(at + 4, at + 8 + length);
      expect(view.getUint32(at + 8 + length), 'CRC-32').to.equal(crc32(body));
      out.push({ type: Buffer.from(body.subarray(0, 4)).toString('latin1'), data: body.subarray(4) });
      at += 12 + length;
    }
    return out;
  };

  const cases: [width: number, height: number, channels: 1 | 3 | 4, colourType: number][] = [
    [1, 1, 1, 0], [5, 3, 1, 0], [3, 5, 3, 2], [2, 2, 4, 6],
    [65534, 1, 1, 0], [65535, 1, 1, 0], [200, 150, 4, 6], // one stored block, just two, two
  ];
  for (const [width, height, channels, colourType] of cases) {
    it(`${width}×${height}×${channels} decodes to the same pixels`, () => {
      const stride = width * channels;
      const pixels = bytes(height * stride, (i) => (i * 7 + (i >> 8)) % 256);
      const png = encodePng(width, height, channels, pixels);
      expect([...png.subarray(0, 8)]).to.deep.equal([137, 80, 78, 71, 13, 10, 26, 10]);
      const [ihdr, idat, iend, ...rest] = chunks(png);
      expect([ihdr?.type, idat?.type, iend?.type, rest.length]).to.deep.equal(['IHDR', 'IDAT', 'IEND', 0]);
      const header = Buffer.from(ihdr?.data ?? []);
      expect([header.readUInt32BE(0), header.readUInt32BE(4), ...header.subarray(8)])
        .to.deep.equal([width, height, 8, colourType, 0, 0, 0]);
      const rows = inflateSync(idat?.data ?? new Uint8Array(0)); // checks Adler-32
      expect(rows.length).to.equal(height * (1 + stride));
      for (let y = 0; y < height; y++) {
        const row = rows.subarray(y * (1 + stride), (y + 1) * (1 + stride));
        expect(row[0], 'filter').to.equal(0);
        expect(Buffer.compare(row.subarray(1), pixels.subarray(y * stride, (y + 1) * stride)), `row ${y}`).to.equal(0);
      }
    });
  }

  it('refuses sizes that do not fit', () => {
    expect(() => encodePng(2, 2, 3, new Uint8Array(11))).to.throw(/encodePng: 11 bytes of pixels; expected 2·2·3 = 12/);
    expect(() => encodePng(0, 2, 1, new Uint8Array(0))).to.throw(/encodePng: width is 0/);
  });
});

describe('data: terminal', () => {
  it('draws two rows a line with the upper half block', () => {
    expect(drawImage(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 3, 1, 3)).to.deep.equal([
      '\x1b[38;2;1;2;3m\x1b[48;2;4;5;6m▀\x1b[0m',
      '\x1b[38;2;7;8;9m▀\x1b[0m',
    ]);
    expect(drawImage(Uint8Array.of(200, 100, 50, 51), 1, 1, 4)).to.deep.equal(['\x1b[38;2;40;20;10m▀\x1b[0m']);
  });

  it('draws a ramp without colour', () => {
    expect(drawImage(Uint8Array.of(0, 255, 128, 0, 255, 127, 0, 30, 255), 3, 3, 1, { color: false }))
      .to.deep.equal([' @=', ' .@']);
    expect(() => drawImage(new Uint8Array(5), 2, 3, 1)).to.throw(/drawImage: 5 bytes of pixels; expected 2·3·1 = 6/);
    expect(() => drawImage(new Uint8Array(4), 1, 2, 2)).to.throw(/drawImage: 2 channels/);
  });
});
