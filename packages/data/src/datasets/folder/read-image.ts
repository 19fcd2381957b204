/** From an image's file to its pixels in the size a data set has them: what the caller and its workers do alike. */
import { loadImage, toRgb } from '../../image/decode.js';
import { toGrey } from '../../image/grey.js';
import { checkResize, type DecodeOptions, namedIfMemory } from '../../image/limits.js';
import { type PreprocessOptions, shorterSideTo } from '../../image/preprocess.js';
import type { RasterImage } from '../../image/raster.js';
import { resizeImage } from '../../image/resize.js';

export interface ReadImageOptions extends DecodeOptions, Pick<PreprocessOptions, 'resize' | 'interpolation'> {
  /** 3 (the default) makes grey images RGB, 1 makes colours grey; alpha is dropped. */
  readonly channels?: 1 | 3;
}

/** The image of a file. Throws an Error that names the file, and why it cannot be read. */
export async function readImage(path: string, options: ReadImageOptions): Promise<RasterImage> {
  const { channels = 3, resize, interpolation = 'bicubic', ...decode } = options;
  const where = `readImage: ${path}`;
  const image = await loadImage(path, decode);
  try {
    const pixels = channels === 3 ? toRgb(image) : toGrey(image);
    if (resize === undefined) return pixels;
    const [height, width] = typeof resize === 'number' ? shorterSideTo(pixels, resize) : resize;
    checkResize(where, pixels.height, width, height, decode.maxPixels);
    return resizeImage(pixels, width, height, { filter: interpolation });
  } catch (error) {
    throw namedIfMemory(where, error);
  }
}
