/** MNIST and the sets that took its place: four IDX files of fixed names. */
import { filePath } from '#files';
import { readFileIfThere } from '@vitrine/tensor/files';
import { type ImageDataset, validateDataset } from './dataset.js';
import { gunzip, type IdxArray, parseIdx } from './idx.js';

/** The published file names, each plain or with `.gz` appended. */
export const MNIST_FILES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

const SIDE = 28;

/** Twice the published training file: room for larger sets in the same files, not for a decompression bomb. */
const MAX_BYTES = 2 * 60_000 * SIDE * SIDE;

/** One of the sets that come in these files. */
export interface IdxImages {
  /** The function users call, for messages. */
  readonly where: string;
  readonly name: string;
  readonly classes: readonly string[];
  /** Where the files are to be had. */
  readonly advice: string;
}

async function readIdx(
  dir: string | URL, name: string, rank: number, { where, advice }: IdxImages,
): Promise<IdxArray & { path: string }> {
  const plain = filePath(dir, name);
  for (const path of [`${plain}.gz`, plain]) {
    const bytes = await readFileIfThere(path);
    if (bytes !== undefined) return { ...parseIdx(await gunzip(bytes, path, MAX_BYTES), path, rank), path };
  }
  const names = Object.values(MNIST_FILES).flatMap(({ images, labels }) => [images, labels]);
  throw new Error(`${where}: no file ${plain}.gz, nor without .gz; ` +
    `expected a directory with ${names.join(', ')}, each plain or .gz; ${advice}`);
}

async function readSplit(dir: string | URL, split: 'train' | 'test', set: IdxImages): Promise<ImageDataset> {
  const files = MNIST_FILES[split];
  // One after the other, that of several missing files the same one is named each time.
  const images = await readIdx(dir, files.images, 3, set);
  const labels = await readIdx(dir, files.labels, 1, set);
  const [length, height, width] = images.shape;
  if (height !== SIDE || width !== SIDE) {
    throw new Error(`${set.where}: ${images.path}: images of ${height}×${width}; expected ${SIDE}×${SIDE}`);
  }
  if (labels.data.length !== length) {
    throw new Error(`${set.where}: ${images.path} has ${length} images, ${labels.path} has ` +
      `${labels.data.length} labels; expected one label an image; take both files from the same source`);
  }
  const dataset: ImageDataset = {
    name: `${set.name} ${split}`,
    classes: set.classes,
    height, width, channels: 1, length, images: images.data, labels: labels.data,
  };
  // A bad label is the file's fault, so the error names the file.
  validateDataset({ ...dataset, name: labels.path });
  return dataset;
}

/**
 * Both splits: images [N,28,28,1] NHWC bytes, and labels.
 * Throws, naming the file, if one is missing, corrupt, or of the wrong kind or size; if images and labels differ
 * in number; or if a label names no class.
 */
export async function readIdxImages(
  dir: string | URL, set: IdxImages,
): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> {
  const train = await readSplit(dir, 'train', set);
  return { train, test: await readSplit(dir, 'test', set) };
}
