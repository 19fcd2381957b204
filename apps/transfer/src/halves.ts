/** Half of the classes of a data set, and few images of each. */
import { subset } from '@vitrine/data';
import type { ImageDataset } from '@vitrine/data';
import { Random } from '@vitrine/tensor';

/** Classes of Fashion-MNIST: upper garments and trousers; shoes, shirt and bag. */
export const SOURCE = [0, 1, 2, 3, 4];
export const TARGET = [5, 6, 7, 8, 9];

/** The images of some classes, which become classes 0, 1, … of a data set of their own. */
export function ofClasses(dataset: ImageDataset, classes: readonly number[]): ImageDataset {
  const indices = Array.from({ length: dataset.length }, (_, i) => i)
    .filter((i) => classes.includes(dataset.labels[i]));
  const { labels, ...rest } = subset(dataset, indices);
  return {
    ...rest,
    classes: classes.map((label) => dataset.classes[label]),
    labels: Uint8Array.from(labels, (label) => classes.indexOf(label)),
  };
}

/** `perClass` images of every class, drawn at random. Throws if a class has fewer. */
export function draw(dataset: ImageDataset, perClass: number, random: Random): ImageDataset {
  const counts = new Array<number>(dataset.classes.length).fill(0);
  const indices = Array.from(random.permutation(dataset.length))
    .filter((i) => counts[dataset.labels[i]]++ < perClass);
  const short = counts.findIndex((count) => count < perClass);
  if (short >= 0) {
    const has = `${dataset.name} has ${counts[short]} images of ${dataset.classes[short]}`;
    throw new RangeError(`${has}; ${perClass} were asked for`);
  }
  return subset(dataset, indices);
}
