/** The data sets that the command line knows: what is known of their images, and how a folder is recognised. */
import {
  FASHION_MNIST_COLOURS, IMAGENET, gunzip, loadCifar10, loadCifar100, loadFashionMnist, loadMnist, parseIdx,
} from '@vitrine/data';
import type { ImageDataset, Normalization } from '@vitrine/data';
import { readFile } from '@vitrine/tensor/files';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../options.js';

export const DATASETS = ['fashion-mnist', 'mnist', 'cifar-10', 'cifar-100', 'folder'] as const;

export type DatasetKind = (typeof DATASETS)[number];

/** Images that are wholly in memory. */
interface InMemory extends Normalization {
  readonly title: string;
  readonly side: number;
  readonly channels: 1 | 3;
  readonly load: (dir: string | null) => Promise<{ readonly train: ImageDataset; readonly test: ImageDataset }>;
}

const inFolder = (name: string, load: (dir: string) => ReturnType<InMemory['load']>): InMemory['load'] => (dir) => {
  if (dir !== null) return load(dir);
  throw new UsageError(`${name} takes --data DIR; only Fashion-MNIST comes with the program, in part`);
};

/** Means and deviations of the training pixels. */
export const IN_MEMORY: Readonly<Record<Exclude<DatasetKind, 'folder'>, InMemory>> = {
  'fashion-mnist': {
    title: 'Fashion-MNIST', side: 28, channels: 1, ...FASHION_MNIST_COLOURS,
    load: (dir) => loadFashionMnist(dir === null ? {} : { dir }),
  },
  mnist: {
    title: 'MNIST', side: 28, channels: 1, mean: [0.1307], std: [0.3081], load: inFolder('mnist', loadMnist),
  },
  'cifar-10': {
    title: 'CIFAR-10', side: 32, channels: 3, mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616],
    load: inFolder('cifar-10', loadCifar10),
  },
  'cifar-100': {
    title: 'CIFAR-100', side: 32, channels: 3, mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762],
    load: inFolder('cifar-100', loadCifar100),
  },
};

/** Of photographs in folders; grey ones are near the middle of the three. */
export const coloursOf = (channels: number): Normalization =>
  (channels === 3 ? IMAGENET : { mean: [0.449], std: [0.226] });

/** The first eight labels of the published training file. */
const MNIST_LABELS = '5,0,4,1,9,2,1,3';

/**
 * What a folder holds, by the names of the files in it. Those of MNIST and Fashion-MNIST are the same: which it is, the
 * first labels tell; what does not begin as MNIST does is taken for Fashion-MNIST. Null is the embedded subset.
 */
export async function recogniseDataset(dir: string | null): Promise<DatasetKind> {
  if (dir === null) return 'fashion-mnist';
  const names = await readdir(dir).catch((error: unknown) => {
    throw new Error(`${dir}: ${error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? 'there is no such folder' : String(error)}`, { cause: error });
  });
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^(?:data_batch_1\.bin|cifar-10-batches-bin)$/)) return 'cifar-10';
  if (has(/^cifar-100-binary$/) || (has(/^train\.bin$/) && has(/^test\.bin$/))) return 'cifar-100';
  if (!has(/^(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte/)) return 'folder';
  const file = names.find((name) => /^train-labels-idx1-ubyte(?:\.gz)?$/.test(name));
  // The loader says what is missing.
  if (file === undefined) return /fashion/i.test(basename(dir)) ? 'fashion-mnist' : 'mnist';
  const path = join(dir, file);
  const { data: labels } = parseIdx(await gunzip(await readFile(path), path), path, 1);
  return labels.subarray(0, 8).join() === MNIST_LABELS ? 'mnist' : 'fashion-mnist';
}
