/** What a decoder allocates is decided by a few bytes of a stranger's file: so it is bounded first. */

/**
 * The most pixels an image may have unless told otherwise: 178,956,970, where PIL too calls a file a decompression bomb
 * and stops (twice a quarter of a gibibyte of RGB). As RGB that is 537 MB.
 */
export const MAX_PIXELS = 178_956_970;

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

/** Throws unless there are between 1 and `maxPixels` pixels. */
export function checkSize(where: string, width: number, height: number, maxPixels: number = MAX_PIXELS): void {
  if (width === 0 || height === 0) throw new Error(`${where}: ${width}×${height} pixels; there must be at least one`);
  if (width * height > maxPixels) {
    throw new Error(`${where}: ${width}×${height} = ${width * height} pixels; the limit is ${maxPixels}: ` +
      'raise maxPixels if the file is trusted');
  }
}
