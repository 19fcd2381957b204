/** From a folder to images that a network can be shown: found, read, and of the size and channels that it takes. */
import { imageAt, loadImage, loadImageFolder, resizeImage, shorterSideTo, toGrey, toRgb } from '@vitrine/data';
import type { ImageDataset, ImageSource, Normalization, RasterImage } from '@vitrine/data';
import { sha256Of } from '@vitrine/tensor';
import { resolve } from 'node:path';
import type { Preprocessing } from '../../weights/preprocessing.js';
import { UsageError } from '../options.js';
import { IN_MEMORY, coloursOf, recogniseDataset } from './data-kinds.js';
import type { DatasetKind } from './data-kinds.js';
import type { DataValues } from './options.js';

/** What is known of a data set before it is read. */
export interface KnownImages {
  /** Side of all its images; null if they may differ. */
  readonly side: number | null;
  /** Null: as one likes. */
  readonly channels: 1 | 3 | null;
  readonly colours: Normalization | null;
}

/** How a network wants its images. */
export interface Wanted {
  readonly channels: 1 | 3;
  readonly preprocessing: Preprocessing;
}

export interface Sets {
  readonly kind: DatasetKind;
  /** Such as 'Fashion-MNIST'. */
  readonly title: string;
  readonly where: string;
  /** Resized and of the right channels; what is left to do is the loader's `size`, `mean` and `std`. */
  readonly train: ImageSource;
  readonly test: ImageSource;
  readonly preprocessing: Preprocessing;
  /** Damaged images that were left out. */
  readonly skipped: readonly string[];
  /** Whether pictures of a folder, or rather the first of them, are in colour and the network sees them grey. */
  readonly losesColour: boolean;
  /** Ends what reads. */
  readonly close: () => void;
}

/** The data that options name, with their folder in full. `wanted` is asked once it is known what they are. */
export async function loadSets(
  values: DataValues, wanted: (known: KnownImages) => Wanted, warn: (message: string) => void,
): Promise<Sets> {
  const { data, dataset } = values;
  const kind = dataset === 'auto' ? await recogniseDataset(data) : dataset;
  if (kind === 'folder') {
    if (data === null) throw new UsageError('--dataset folder takes --data DIR');
    return loadFolder(data, values, wanted({ side: null, channels: null, colours: null }), warn);
  }
  const { title, side, channels, mean, std, load } = IN_MEMORY[kind];
  const { train, test } = await load(data);
  const wants = wanted({ side, channels, colours: { mean, std } });
  return {
    kind, title, where: data ?? 'the embedded subset', train: prepared(train, wants), test: prepared(test, wants),
    preprocessing: wants.preprocessing, skipped: [], losesColour: false, close: () => undefined,
  };
}

async function loadFolder(
  dir: string, values: DataValues, { channels, preprocessing }: Wanted, warn: (message: string) => void,
): Promise<Sets> {
  const { resize, interpolation } = preprocessing;
  const { train, test, skipped, close } = await loadImageFolder(dir, {
    // A seed of its own, always the same: what is for testing in one run is never trained on in another.
    test: values['test-share'], seed: 0, strict: values.strict, channels, resize, interpolation, warn,
  });
  const files = skipped.map(({ file }) => file);
  const title = resolve(dir).split(/[/\\]/).at(-1) ?? dir;
  const losesColour = channels === 1 && hasColour(await loadImage(train.files[0]));
  return { kind: 'folder', title, where: dir, train, test, preprocessing, skipped: files, losesColour, close };
}

/** Whether red, green and blue differ anywhere. */
function hasColour({ channels, data }: RasterImage): boolean {
  if (channels < 3) return false;
  for (let at = 0; at < data.length; at += channels) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return true;
  }
  return false;
}

/**
 * The training images in a line that other ones do not have: their name, their number, and a digest of the names of the
 * classes and the labels. The images themselves would take as long as an epoch's reading.
 */
export async function describeImages({ title, train: { length, classes, labels } }: Sets): Promise<string> {
  const digest = await sha256Of(new TextEncoder().encode(JSON.stringify([classes, Array.from(labels)])));
  return `${title}, ${length} images of ${classes.length} classes (${digest.slice(0, 8)})`;
}

/** Images in memory, as they are if they are right, else turned into what is wanted each time they are read. */
function prepared(dataset: ImageDataset, { channels, preprocessing: { resize, interpolation } }: Wanted): ImageSource {
  const { name, classes, length, labels, width, height } = dataset;
  const own = dataset.channels === 1 ? 1 : 3;
  const read = (index: number): RasterImage => {
    const image = { width, height, channels: own, data: imageAt(dataset, index) } as const;
    const pixels = own === channels ? image : channels === 1 ? toGrey(image) : toRgb(image);
    if (Math.min(width, height) === resize) return pixels;
    const [newHeight, newWidth] = shorterSideTo(pixels, resize);
    return resizeImage(pixels, newWidth, newHeight, { filter: interpolation });
  };
  return { name, classes, channels, length, labels, read };
}

/** How much larger than the middle that is looked at photographs are resized: 256 for 224. */
const MARGIN = 0.875;

/**
 * How a network made anew is to see them: images of one size as they are, or resized if another size is asked for;
 * others with their shorter side a little larger than the square that is cut out.
 */
export function wantedBy(
  known: KnownImages, values: DataValues, model: { readonly imageSize: number; readonly inChannels: number },
): Wanted {
  const channels = known.channels ?? (model.inChannels === 1 ? 1 : 3);
  const crop = values['image-size'] ?? known.side ?? model.imageSize;
  const colours = known.colours ?? coloursOf(channels);
  const { mean, std } = { mean: values.mean ?? colours.mean, std: values.std ?? colours.std };
  for (const [name, list] of Object.entries({ mean, std })) {
    if (list.length === channels) continue;
    throw new UsageError(`--${name} has ${list.length} numbers; the images have ${channels} channels`);
  }
  const resize = known.side === null ? Math.round(crop / MARGIN) : crop;
  return { channels, preprocessing: { resize, crop, interpolation: 'bicubic', mean, std } };
}
