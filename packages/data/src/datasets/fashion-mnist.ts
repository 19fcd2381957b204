import { filePath, readBytes } from '#files';
import { type ImageDataset, validateDataset } from './dataset.js';
import { gunzip, type IdxArray, parseIdx } from './idx.js';

// Fashion-MNIST: 28×28 grey images of ten kinds of clothing, 60,000 for training and 10,000 for testing.
// Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
// algorithms", 2017, arXiv:1708.07747. Copyright Zalando SE, MIT licence.

/** `FASHION_MNIST_CLASSES[label]` is the name of a class. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
];

/** The published file names, each plain or with `.gz` appended. */
export const FASHION_MNIST_FILES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

const SIDE = 28;

/** Twice the published training file: room for larger sets in the same files, not for a decompression bomb. */
const MAX_BYTES = 2 * 60_000 * SIDE * SIDE;

const EMBEDDED = new URL('../../fashion-mnist/', import.meta.url);

const missing = (path: string): Error => {
  const names = Object.values(FASHION_MNIST_FILES).flatMap(({ images, labels }) => [images, labels]);
  return new Error(`loadFashionMnist: no file ${path}.gz, nor without .gz; ` +
    `expected a directory with ${names.join(', ')}, each plain or .gz; ` +
    'they come with the Debian package dataset-fashion-mnist or from the Fashion-MNIST project ' +
    '(zalandoresearch/fashion-mnist on GitHub); leave out dir to use the embedded subset');
};

const readIdx = async (dir: string | URL, name: string, rank: number): Promise<IdxArray & { path: string }> => {
  const plain = filePath(dir, name);
  for (const path of [`${plain}.gz`, plain]) {
    const bytes = await readBytes(path);
    if (bytes !== undefined) return { ...parseIdx(await gunzip(bytes, path, MAX_BYTES), path, rank), path };
  }
  throw missing(plain);
};

const readSplit = async (dir: string | URL, split: 'train' | 'test'): Promise<ImageDataset> => {
  const files = FASHION_MNIST_FILES[split];
  const [images, labels] = await Promise.all([readIdx(dir, files.images, 3), readIdx(dir, files.labels, 1)]);
  const [length, height, width] = images.shape;
  if (height !== SIDE || width !== SIDE) {
    throw new Error(`loadFashionMnist: ${images.path}: images of ${height}×${width}; expected ${SIDE}×${SIDE}`);
  }
  if (labels.data.length !== length) {
    throw new Error(`loadFashionMnist: ${images.path} has ${length} images, ${labels.path} has ` +
      `${labels.data.length} labels; expected one label an image; take both files from the same source`);
  }
  const dataset: ImageDataset = {
    name: `Fashion-MNIST ${split}`,
    classes: FASHION_MNIST_CLASSES,
    height, width, channels: 1, length, images: images.data, labels: labels.data,
  };
  // A bad label is the file's fault, so the error names the file.
  validateDataset({ ...dataset, name: labels.path });
  return dataset;
};

/**
 * Reads Fashion-MNIST: images [N,28,28,1] NHWC bytes, labels 0 to 9.
 *
 * dir: a directory with the four published files (60,000 training and 10,000 test images). If left out, the subset
 * embedded in this package: 10,000 training images (1,000 a class) and 2,000 test images (200 a class).
 * Throws, naming the file, if one is missing, corrupt, or of the wrong kind or size; if images and labels differ
 * in number; or if a label is greater than 9.
 */
export const loadFashionMnist = async (
  { dir }: { readonly dir?: string } = {},
): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> => {
  const [train, test] = await Promise.all([readSplit(dir ?? EMBEDDED, 'train'), readSplit(dir ?? EMBEDDED, 'test')]);
  return { train, test };
};
