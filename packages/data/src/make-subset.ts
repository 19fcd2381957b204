/**
 * Makes the embedded subset of Fashion-MNIST from the full published files:
 *
 *   node packages/data/dist/make-subset.js DIR OUT
 *
 * DIR holds the four published files, OUT receives four of the same names. Chosen are the first 1,000 training and
 * the first 200 test images of each class, in file order: no random choice, so anyone can make the same subset again.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { type ImageDataset, subset } from './datasets/dataset.js';
import { FASHION_MNIST_FILES, loadFashionMnist } from './datasets/fashion-mnist.js';
import { encodeIdx } from './datasets/idx.js';
import { balancedIndices } from './datasets/labels.js';

const PER_CLASS = { train: 1000, test: 200 };

/** The subset travels with the package and with every clone. */
const MAX_TOTAL_BYTES = 6_000_000;

const gzip = (bytes: Uint8Array): Uint8Array => {
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  // RFC 1952: bytes 4–7 are a time (zlib writes 0, none), byte 9 the operating system; 255 is "unknown".
  packed[9] = 255;
  return packed;
};

const encodeSplit = (dataset: ImageDataset, split: 'train' | 'test'): (readonly [string, Uint8Array])[] => {
  const { length, height, width, images, labels } = subset(dataset, balancedIndices(dataset, PER_CLASS[split]));
  const names = FASHION_MNIST_FILES[split];
  return [
    [`${names.images}.gz`, gzip(encodeIdx({ shape: [length, height, width], data: images }))],
    [`${names.labels}.gz`, gzip(encodeIdx({ shape: [length], data: Uint8Array.from(labels) }))],
  ];
};

const main = async (dir: string, out: string): Promise<void> => {
  const { train, test } = await loadFashionMnist({ dir });
  const files = [...encodeSplit(train, 'train'), ...encodeSplit(test, 'test')];
  const total = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  if (total > MAX_TOTAL_BYTES) {
    throw new Error(`make-subset: the four files have ${total} bytes; expected at most ${MAX_TOTAL_BYTES}; ` +
      'choose fewer images a class');
  }
  await mkdir(out, { recursive: true });
  for (const [name, bytes] of files) {
    const path = join(out, name);
    await writeFileAtomic(path, bytes);
    console.log(`${path}  ${bytes.length} bytes`);
  }
  console.log(`total ${total} bytes`);
};

const [dir, out, ...rest] = process.argv.slice(2);
if (dir === undefined || out === undefined || rest.length > 0) {
  console.error('usage: node packages/data/dist/make-subset.js DIR OUT');
  process.exitCode = 2;
} else {
  await main(dir, out).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
