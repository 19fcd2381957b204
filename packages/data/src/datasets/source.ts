/** What the loader reads: images one at a time, be they in memory or files. */
import type { RasterImage } from '../image/raster.js';
import { type ImageDataset, imageAt, validateDataset } from './dataset.js';
import { checkLabels, type LabelledImages } from './labels.js';

/** Labelled images that are read one at a time, perhaps of different sizes. All have `channels` channels. */
export interface ImageSource extends LabelledImages {
  /**
   * Image `index`, the same whenever it is asked for; its bytes belong to the source. A promise where reading takes
   * time: many may be asked for at once. Throws, or rejects, if there is no such image or it cannot be read.
   */
  readonly read: (index: number) => RasterImage | Promise<RasterImage>;
}

const isChannels = (channels: number): channels is RasterImage['channels'] => [1, 2, 3, 4].includes(channels);

/** The data set as a source, checked: one in memory is read without copying. Throws, for `where`, what is wrong. */
export function sourceOf(where: string, dataset: ImageDataset | ImageSource): ImageSource {
  const { name, channels } = dataset;
  if (!isChannels(channels)) throw new Error(`${where}: ${name}: ${channels} channels; expected 1 to 4`);
  if ('read' in dataset) {
    checkLabels(where, dataset);
    return dataset;
  }
  const { width, height } = validateDataset(dataset);
  return { ...dataset, read: (index) => ({ width, height, channels, data: imageAt(dataset, index) }) };
}
