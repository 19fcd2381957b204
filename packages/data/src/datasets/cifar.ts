/**
 * CIFAR-10 and CIFAR-100, in their binary version: a file is records of one length and nothing else,
 *
 *   CIFAR-10    label, 3072 pixels               CIFAR-100   coarse label, fine label, 3072 pixels
 *
 * all of them bytes; the pixels are planes (1024 red, 1024 green, 1024 blue), rows from the top.
 *
 * Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the page of the data sets.
 */
import { filePath } from '#files';
import { readFileIfThere } from '@vitrine/tensor/files';
import { CIFAR100_CLASSES, CIFAR100_COARSE_CLASSES, CIFAR10_CLASSES } from './cifar-classes.js';
import { type ImageDataset, validateDataset } from './dataset.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

interface Cifar {
  readonly where: string;
  readonly name: string;
  /** What the published archive unpacks to. */
  readonly folder: string;
  readonly archive: string;
  readonly files: { readonly train: readonly string[]; readonly test: readonly string[] };
  /** Names of the classes, a line each; `classes` where the file is missing. */
  readonly names: string;
  readonly classes: readonly string[];
  /** Labels before the pixels, and which of them is taken. */
  readonly labelBytes: number;
  readonly label: number;
}

const CIFAR10: Cifar = {
  where: 'loadCifar10', name: 'CIFAR-10', folder: 'cifar-10-batches-bin', archive: 'cifar-10-binary.tar.gz',
  files: { train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), test: ['test_batch.bin'] },
  names: 'batches.meta.txt', classes: CIFAR10_CLASSES, labelBytes: 1, label: 0,
};

const CIFAR100 = {
  where: 'loadCifar100', name: 'CIFAR-100', folder: 'cifar-100-binary', archive: 'cifar-100-binary.tar.gz',
  files: { train: ['train.bin'], test: ['test.bin'] }, labelBytes: 2,
} as const;
const COARSE: Cifar = { ...CIFAR100, names: 'coarse_label_names.txt', classes: CIFAR100_COARSE_CLASSES, label: 0 };
const FINE: Cifar = { ...CIFAR100, names: 'fine_label_names.txt', classes: CIFAR100_CLASSES, label: 1 };

export interface Cifar100Options {
  /** 'fine' (the default): 100 classes; 'coarse': 20 classes of five fine ones each. */
  readonly labels?: 'fine' | 'coarse';
}

/**
 * Reads CIFAR-10: 50,000 training and 10,000 test images [N,32,32,3] NHWC bytes, RGB, of ten classes.
 *
 * dir: a directory with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or with the folder
 * `cifar-10-batches-bin` that the archive unpacks to. Class names are those of `batches.meta.txt`, if it is there.
 * Throws, naming the file, if one is missing or not whole records, or if a label names no class.
 */
export const loadCifar10 = (dir: string): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> =>
  readCifar(dir, CIFAR10);

/**
 * Reads CIFAR-100: 50,000 training and 10,000 test images [N,32,32,3] NHWC bytes, RGB, of 100 or 20 classes.
 *
 * dir: a directory with `train.bin` and `test.bin`, or with the folder `cifar-100-binary` that the archive unpacks to.
 * Class names are those of `fine_label_names.txt` or `coarse_label_names.txt`, if it is there.
 * Throws, naming the file, if one is missing or not whole records, or if a label names no class.
 */
export const loadCifar100 = (
  dir: string, { labels = 'fine' }: Cifar100Options = {},
): Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }> =>
  readCifar(dir, labels === 'coarse' ? COARSE : FINE);

async function readCifar(dir: string, set: Cifar): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const folder = await folderOf(dir, set);
  const classes = await readNames(filePath(folder, set.names), set);
  const train = await readSplit(folder, 'train', { ...set, classes });
  return { train, test: await readSplit(folder, 'test', { ...set, classes }) };
}

/** Where the files are: in `dir`, or in the folder that the archive unpacks to, if any of them is there. */
async function folderOf(dir: string, { folder, names, files }: Cifar): Promise<string> {
  const unpacked = filePath(dir, folder);
  // The names first, which are the smallest file: what is found is read once more.
  for (const file of [names, ...files.test, ...files.train]) {
    if (await readFileIfThere(filePath(unpacked, file)) !== undefined) return unpacked;
  }
  return dir;
}

async function readNames(path: string, { where, classes }: Cifar): Promise<readonly string[]> {
  const bytes = await readFileIfThere(path);
  if (bytes === undefined) return classes;
  const names = new TextDecoder().decode(bytes).split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (names.length === classes.length) return names;
  throw new Error(`${where}: ${path}: ${names.length} names; expected ${classes.length}, one a line; ` +
    'remove the file to use the published names');
}

async function readSplit(dir: string, split: 'train' | 'test', set: Cifar): Promise<ImageDataset> {
  const { name, classes, labelBytes, files } = set;
  const record = labelBytes + PIXELS;
  const parts: Uint8Array[] = [];
  for (const file of files[split]) parts.push(await readRecords(dir, file, set));
  const length = parts.reduce((sum, part) => sum + part.length / record, 0);
  const images = new Uint8Array(length * PIXELS);
  const labels = new Uint8Array(length);
  let index = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += record) {
      labels[index] = part[at + set.label];
      interleave(part.subarray(at + labelBytes, at + record), images.subarray(index * PIXELS, (index + 1) * PIXELS));
      index++;
    }
  }
  return validateDataset({
    name: `${name} ${split}`, classes, height: SIDE, width: SIDE, channels: 3, length, images, labels,
  });
}

/** out[p,c] = planes[c,p] */
function interleave(planes: Uint8Array, out: Uint8Array): void {
  for (let p = 0; p < PLANE; p++) {
    for (let c = 0; c < 3; c++) out[3 * p + c] = planes[c * PLANE + p];
  }
}

/** The bytes of one file, whole records with labels of the set. */
async function readRecords(dir: string, file: string, set: Cifar): Promise<Uint8Array> {
  const { where, name, archive, classes, labelBytes, label } = set;
  const path = filePath(dir, file);
  const record = labelBytes + PIXELS;
  const bytes = await readFileIfThere(path);
  if (bytes === undefined) {
    throw new Error(`${where}: no file ${path}; expected a directory with ` +
      `${[...set.files.train, ...set.files.test].join(', ')}, the binary version of ${name} (${archive}): ` +
      'the versions for Python and Matlab are not read');
  }
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw new Error(`${where}: ${path}: ${bytes.length} bytes; expected a multiple of ${record} ` +
      `(${labelBytes} of labels and ${PIXELS} of pixels an image); the file is truncated, or of another data set; ` +
      `unpack ${archive} again`);
  }
  for (let at = 0; at < bytes.length; at += record) {
    if (bytes[at + label] < classes.length) continue;
    throw new Error(`${where}: ${path}: image ${at / record} has label ${bytes[at + label]}; ` +
      `expected 0 to ${classes.length - 1}; the file is damaged, or of another data set; unpack ${archive} again`);
  }
  return bytes;
}
