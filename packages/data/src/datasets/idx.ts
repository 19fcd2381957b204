/**
 * IDX, the file format of MNIST and its successors: a magic number, the sizes, the bytes.
 *
 *   offset 0      00 00 tt rr    tt: element type (08 = unsigned byte), rr: rank
 *   offset 4      rr sizes       32-bit unsigned, big-endian, outermost first
 *   offset 4+4rr  the elements   row-major, nothing after them
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
 */
import { joinBytes } from '@vitrine/tensor/internal';

/** Unsigned bytes and their shape, row-major. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const TYPE_NAMES: Readonly<Record<number, string | undefined>> = {
  0x08: 'unsigned bytes', 0x09: 'signed bytes', 0x0b: 'int16', 0x0c: 'int32', 0x0d: 'float32', 0x0e: 'float64',
};

/** What data sets keep in arrays of a rank: labels are lists, grey images are stacks of planes. */
const CONTENTS: Readonly<Record<number, string | undefined>> = { 1: 'labels', 3: 'images' };

const hex = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

const describe = (magic: number): string => {
  const type = TYPE_NAMES[(magic >>> 8) & 0xff];
  if (magic >>> 16 !== 0 || type === undefined) return `${hex(magic)} (not IDX)`;
  const rank = magic & 0xff;
  const contents = CONTENTS[rank];
  return `${hex(magic)} (${type} of rank ${rank}${contents === undefined ? '' : `: ${contents}`})`;
};

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads an IDX array of unsigned bytes.
 *
 * bytes: the whole file, not compressed; name: the file's name, for messages.
 * rank: the rank the caller needs (1 for labels, 3 for images); any rank of 1 or more if left out.
 * The result's `data` is a view of `bytes`, not a copy.
 * Throws if the magic number is another, or if the file is shorter or longer than its sizes announce. Nothing is
 * allocated from the announced sizes, so a hostile header costs no memory.
 */
export const parseIdx = (bytes: Uint8Array, name: string, rank?: number): IdxArray => {
  const fail = (problem: string): never => {
    throw new Error(`parseIdx: ${name}: ${problem}`);
  };
  if (isGzip(bytes)) fail('starts with 1f 8b, a gzip file; expected IDX; call gunzip first');
  if (bytes.length < 4) fail(`${bytes.length} bytes; expected at least the 4 of a magic number; the file is truncated`);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const found = magic & 0xff;
  if (magic >>> 8 !== UNSIGNED_BYTE || found === 0 || (rank !== undefined && found !== rank)) {
    const expected = rank === undefined
      ? '0x000008rr (unsigned bytes of rank rr, 1 or more)'
      : describe((UNSIGNED_BYTE << 8) | rank);
    fail(`magic number ${describe(magic)}; expected ${expected}; is it the right file?`);
  }

  const header = 4 + 4 * found;
  if (bytes.length < header) {
    fail(`${bytes.length} bytes; expected a header of ${header} for rank ${found}; the file is truncated`);
  }
  const shape = Array.from({ length: found }, (_, i) => view.getUint32(4 + 4 * i));
  // Capped, because 255 sizes of 2³²−1 overflow to Infinity, and Infinity times a size of 0 is NaN.
  const count = shape.reduce((product, size) => Math.min(product * size, Number.MAX_SAFE_INTEGER), 1);
  const present = bytes.length - header;
  if (count !== present) {
    const wanted = count === Number.MAX_SAFE_INTEGER ? 'more than 2^53' : String(count);
    fail(`${present} bytes after the header; expected ${wanted} for shape [${shape.join(',')}]; ` +
      (present < count ? 'the file is truncated' : 'the file has extra bytes'));
  }
  return { shape, data: bytes.subarray(header) };
};

/** The inverse of parseIdx: an IDX file of unsigned bytes. Throws if the sizes do not multiply to `data.length`. */
export const encodeIdx = ({ shape, data }: IdxArray): Uint8Array => {
  const fits = shape.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32);
  if (!fits || shape.length < 1 || shape.length > 255 || shape.reduce((a, b) => a * b, 1) !== data.length) {
    throw new Error(`encodeIdx: shape [${shape.join(',')}] does not describe ${data.length} bytes; ` +
      'expected 1 to 255 sizes below 2^32 whose product is that number');
  }
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (UNSIGNED_BYTE << 8) | shape.length);
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  bytes.set(data, header);
  return bytes;
};

/** The default limit of gunzip: 256 MiB. */
const DEFAULT_LIMIT = 2 ** 28;

/**
 * Decompresses gzip (RFC 1952); bytes that do not start with the gzip signature 1f 8b are returned as they are, so that
 * `x.gz` and `x` are read alike.
 *
 * limit: the most bytes the result may have; raise it for a file that is trusted. Deflate shrinks zeros a thousandfold,
 * so a small file can claim all memory; reading stops as soon as the limit is passed.
 * Throws if the gzip stream is corrupt or truncated (its CRC-32 is checked), or if the result is larger than `limit`.
 * Whether bytes behind the stream are an error is up to the platform: see `inflate` of PNG.
 */
export const gunzip = async (bytes: Uint8Array, name: string, limit = DEFAULT_LIMIT): Promise<Uint8Array> => {
  const tooLarge = (): Error => new Error(`gunzip: ${name}: more than ${limit} bytes of content; ` +
    'expected at most that; is it the right file?');
  if (!isGzip(bytes)) {
    if (bytes.length > limit) throw tooLarge();
    return bytes;
  }

  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`gunzip: ${name}: corrupt, truncated or followed by other bytes (${reason}); ` +
        'fetch the file again', { cause });
    });
    if (done) break;
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
  return joinBytes(chunks);
};
