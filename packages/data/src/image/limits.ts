/** What a decoder allocates is decided by a few bytes of a stranger's file: so it is bounded first. */
import { checkChoice, refuse } from '../checks.js';

/**
 * The most pixels an image may have unless told otherwise: 89,478,485, beyond which PIL warns of a decompression bomb
 * (a quarter of a gibibyte of RGB). Decoding takes more than what comes out of it: at its peak about 12 bytes a pixel
 * of a colour JPEG without subsampling or a PNG of 16 bits with alpha, 16 of the rarest kinds. That is 1.1 to 1.4 GB
 * at the limit, on each thread that decodes.
 */
export const MAX_PIXELS = 89_478_485;

export interface DecodeOptions {
  /** The most pixels, width × height, that are decoded; more is an error, before anything is allocated. */
  readonly maxPixels?: number;
  /**
   * The EXIF orientation says how the camera was held. `apply` (the default) turns the pixels upright, as
   * `PIL.ImageOps.exif_transpose` does; `ignore` leaves them as stored, as `PIL.Image.open` alone does, and so
   * torchvision's ImageFolder.
   */
  readonly orientation?: 'apply' | 'ignore';
}

/** The options with their defaults. Throws if there is no such orientation, or the limit would limit nothing. */
export function decodeOptions(
  where: string, { maxPixels = MAX_PIXELS, orientation = 'apply' }: DecodeOptions,
): Required<DecodeOptions> {
  if (!(maxPixels >= 1)) refuse(where, 'maxPixels', maxPixels, 'a number from 1');
  checkChoice(where, 'orientation', orientation, ['apply', 'ignore']);
  return { maxPixels, orientation };
}

/** Throws unless there are between 1 and `maxPixels` pixels. `advice` is for callers whose users cannot raise it. */
export function checkSize(
  where: string, width: number, height: number,
  maxPixels: number = MAX_PIXELS, advice = 'raise maxPixels if the file is trusted',
): void {
  if (width === 0 || height === 0) throw new Error(`${where}: ${width}×${height} pixels; there must be at least one`);
  if (!(width * height <= maxPixels)) {
    throw new Error(`${where}: ${width}×${height} = ${width * height} pixels; the limit is ${maxPixels}: ${advice}`);
  }
}

/**
 * The same for `resizeImage` to width × height, which changes the rows first: halfway it holds the new width times the
 * old height, and of an image that is narrow and very high that is more than before and after.
 */
export function checkResize(
  where: string, oldHeight: number, width: number, height: number, maxPixels?: number, advice?: string,
): void {
  checkSize(`${where}: resized`, width, height, maxPixels, advice);
  checkSize(`${where}: halfway through resizing`, width, oldHeight, maxPixels, advice);
}

/** A failed allocation is a RangeError that knows of no file: the error to throw in its place. Others stay. */
export function namedIfMemory(where: string, error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new Error(`${where}: not enough memory to decode it (${error.message}); lower maxPixels or the number of ` +
    'workers', { cause: error });
}
