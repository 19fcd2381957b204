import type { ImageDataset } from './dataset.js';
import { readIdxImages } from './idx-images.js';

// MNIST: 28×28 grey images of handwritten digits, 60,000 for training and 10,000 for testing.
// Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", 1998.

/**
 * Reads MNIST: images [N,28,28,1] NHWC bytes, white on black, labels 0 to 9.
 *
 * dir: a directory with the four published files, plain or .gz.
 * Throws, naming the file, if one is missing, corrupt, or of the wrong kind or size; if images and labels differ
 * in number; or if a label is greater than 9.
 */
export const loadMnist = (dir: string): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> =>
  readIdxImages(dir, {
    where: 'loadMnist',
    name: 'MNIST',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    advice: 'torchvision keeps them in MNIST/raw',
  });
