/** Image files, whichever they are. */
import { readFile } from '@vitrine/tensor/files';
import { decodeJpeg } from './jpeg/decode.js';
import type { DecodeOptions } from './limits.js';
import { decodePng } from './png/decode.js';
import { PNG_SIGNATURE } from './png.js';
import type { RasterImage } from './raster.js';

const ascii = (text: string): readonly number[] => Array.from(text, (letter) => letter.charCodeAt(0));

/** Formats by the bytes they have, and where. */
const FORMATS: readonly { readonly format: string; readonly at: number; readonly signature: readonly number[] }[] = [
  { format: 'PNG', at: 0, signature: [...PNG_SIGNATURE] },
  { format: 'JPEG', at: 0, signature: [0xff, 0xd8, 0xff] },
  { format: 'GIF', at: 0, signature: ascii('GIF8') },
  { format: 'WebP', at: 8, signature: ascii('WEBP') },
  { format: 'AVIF', at: 4, signature: ascii('ftypavif') },
  { format: 'HEIC', at: 4, signature: ascii('ftyphei') },
  { format: 'TIFF', at: 0, signature: [...ascii('II'), 42, 0] },
  { format: 'TIFF', at: 0, signature: [...ascii('MM'), 0, 42] },
  { format: 'BMP', at: 0, signature: ascii('BM') },
];

/**
 * The pixels of a PNG or JPEG file, told apart by their first bytes, whatever the file is called: see `decodePng` and
 * `decodeJpeg`. Throws an Error naming the file (`name`), also for any other format.
 */
export async function decodeImage(bytes: Uint8Array, name: string, options: DecodeOptions = {}): Promise<RasterImage> {
  const format = FORMATS.find(({ at, signature }) => signature.every((byte, i) => bytes[at + i] === byte))?.format;
  if (format === 'PNG') return decodePng(bytes, name, options);
  if (format === 'JPEG') return decodeJpeg(bytes, name, options);
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const found = format ?? (start === '' ? 'an empty file' : `a file that begins with ${start}`);
  throw new Error(`decodeImage: ${name}: found ${found}; expected PNG or JPEG: convert it`);
}

/**
 * The pixels of the image file at a path (in Node) or a URL (in a page). Throws an Error that names it, and why it
 * cannot be read or decoded.
 */
export const loadImage = async (path: string, options: DecodeOptions = {}): Promise<RasterImage> =>
  decodeImage(await readFile(path), path, options);

/**
 * The image with three channels, as PIL's convert('RGB') has it: grey three times, alpha dropped (not blended: colours
 * that were transparent show). An RGB image is returned as it is.
 */
export function toRgb(image: RasterImage): RasterImage {
  const { width, height, channels, data } = image;
  if (channels === 3) return image;
  const out = new Uint8Array(3 * width * height);
  const [green, blue] = channels === 4 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < out.length; from += channels, to += 3) {
    out[to] = data[from];
    out[to + 1] = data[from + green];
    out[to + 2] = data[from + blue];
  }
  return { width, height, channels: 3, data: out };
}
