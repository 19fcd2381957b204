/** PNG files taken apart and put together, with the right CRCs, by nothing of Vitrine. */

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** CRC-32, bit by bit: another way than the decoder's table. */
export function crc32(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** The chunks of a sound file. */
export function pngChunks(png: Uint8Array): PngChunk[] {
  const view = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const chunks: PngChunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = view.readUInt32BE(at);
    chunks.push({ type: view.toString('latin1', at + 4, at + 8), data: png.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

export function pngOf(chunks: readonly PngChunk[]): Uint8Array {
  const parts = chunks.map(({ type, data }) => {
    const chunk = Buffer.alloc(12 + data.length);
    chunk.writeUInt32BE(data.length);
    chunk.write(type, 4, 'latin1');
    chunk.set(data, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
    return chunk;
  });
  return new Uint8Array(Buffer.concat([Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), ...parts]));
}
