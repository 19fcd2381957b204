/** Data sets for the command line to train on: a few dozen images, one grey level or colour a class, with noise. */
import { FASHION_MNIST_FILES, encodeIdx, encodePng } from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Ten classes of grey 28 × 28 images under the published names, some gzipped, some plain. */
export function writeIdx(folder: string, sizes = { train: 40, test: 20 }): void {
  mkdirSync(folder, { recursive: true });
  const random = new Random(1);
  for (const [split, length] of Object.entries(sizes)) {
    const labels = Uint8Array.from({ length }, (_, i) => i % 10);
    const level = (i: number): number => 25 * labels[Math.floor(i / 784)] + random.integer(20);
    const images = Uint8Array.from({ length: length * 784 }, (_, i) => level(i));
    const files = FASHION_MNIST_FILES[split === 'train' ? 'train' : 'test'];
    writeFileSync(join(folder, `${files.images}.gz`), gzipSync(encodeIdx({ shape: [length, 28, 28], data: images })));
    writeFileSync(join(folder, files.labels), encodeIdx({ shape: [length], data: labels }));
  }
}

/** `perClass` PNG files of `side` × `side` in a folder for each class. */
export function writeFolders(folder: string, classes: readonly string[], perClass: number, side: number): void {
  const random = new Random(2);
  for (const [c, name] of classes.entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const data = Uint8Array.from({ length: side * side * 3 }, (_, at) =>
        (at % 3 === c % 3 ? 200 : 40) + random.integer(40));
      writeFileSync(join(folder, name, `${i}.png`), encodePng(side, side, 3, data));
    }
  }
}
