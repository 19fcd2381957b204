/**
 * EXIF orientation: a camera stores its sensor's rows as they come, and beside them how it was held.
 *
 * Source: Exif 2.32 (CIPA DC-008), 4.6.4, tag 0x0112; its container is TIFF 6.0, section 2.
 */
import type { RasterImage } from './raster.js';

/** Where the first stored row and the first stored column belong in the upright image. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const LONG = 4;

const isOrientation = (value: number): value is Orientation => Number.isInteger(value) && value >= 1 && value <= 8;

/**
 * The orientation in EXIF data (a TIFF file without pixels: byte order, 42, where the first directory is; the directory
 * counts its entries, 12 bytes each: tag, type, count, value). 1, which is upright, if there is none or the data are
 * damaged: the pixels are no worse for that.
 */
export function readOrientation(exif: Uint8Array): Orientation {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (view.byteLength < 8) return 1;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1; // II: least significant byte first; MM: most
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;
  const count = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < count && at + 12 <= view.byteLength; i++, at += 12) {
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const type = view.getUint16(at + 2, little);
    let value = 0;
    if (type === SHORT) value = view.getUint16(at + 8, little);
    if (type === LONG) value = view.getUint32(at + 8, little);
    return isOrientation(value) ? value : 1;
  }
  return 1;
}

/**
 * The image upright. Orientations 2 to 4 flip and turn by half; 5 to 8 exchange width and height:
 *
 *   1 as stored   2 mirrored   3 turned by half   4 upside down, mirrored
 *   5 transposed  6 turned right by a quarter   7 transposed along the other diagonal   8 turned left by a quarter
 */
export function turnUpright(image: RasterImage, orientation: Orientation): RasterImage {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  const swapped = orientation >= 5;
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  // What is mirrored is the stored image: its columns, its rows.
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const from = ((mirrorY ? height - 1 - row : row) * width + (mirrorX ? width - 1 - column : column)) * channels;
      for (let c = 0; c < channels; c++) out[to++] = data[from + c];
    }
  }
  return { width: outWidth, height: outHeight, channels, data: out };
}
