import type { Normalization } from '../image/preprocess.js';
import type { ImageDataset } from './dataset.js';
import { MNIST_FILES, readIdxImages } from './idx-images.js';

// Fashion-MNIST: 28×28 grey images of ten kinds of clothing, 60,000 for training and 10,000 for testing.
// Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
// algorithms", 2017, arXiv:1708.07747. Copyright Zalando SE, MIT licence.

/** `FASHION_MNIST_CLASSES[label]` is the name of a class. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
];

/** The published file names, MNIST's, each plain or with `.gz` appended. */
export const FASHION_MNIST_FILES = MNIST_FILES;

/** Mean and deviation of the 60,000 training images' pixels, on the scale of 0 to 1. */
export const FASHION_MNIST_COLOURS: Normalization = { mean: [0.286], std: [0.353] };

const EMBEDDED = new URL('../../fashion-mnist/', import.meta.url);

/**
 * Reads Fashion-MNIST: images [N,28,28,1] NHWC bytes, labels 0 to 9.
 *
 * dir: a directory with the four published files (60,000 training and 10,000 test images). If left out, the subset
 * embedded in this package: 10,000 training images (1,000 a class) and 2,000 test images (200 a class).
 * Throws, naming the file, if one is missing, corrupt, or of the wrong kind or size; if images and labels differ
 * in number; or if a label is greater than 9.
 */
export const loadFashionMnist = (
  { dir }: { readonly dir?: string } = {},
): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> => readIdxImages(dir ?? EMBEDDED, {
  where: 'loadFashionMnist',
  name: 'Fashion-MNIST',
  classes: FASHION_MNIST_CLASSES,
  advice: 'they come with the Debian package dataset-fashion-mnist or from the Fashion-MNIST project ' +
    '(zalandoresearch/fashion-mnist on GitHub); leave out dir to use the embedded subset',
});
