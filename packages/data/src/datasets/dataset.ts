/** Labelled images of one size, in memory. */
export interface ImageDataset {
  readonly name: string;
  /** `classes[label]` is the name of a class. */
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The number of images. */
  readonly length: number;
  /** `length`·H·W·C bytes, NHWC, 0 to 255. */
  readonly images: Uint8Array;
  /** `length` class indices. */
  readonly labels: Uint8Array;
}

/**
 * Checks that the parts of a data set fit together, and returns it.
 * Throws if a size is not a positive integer, if there are too few or too many bytes or labels, or if a label
 * names no class.
 */
export const validateDataset = (dataset: ImageDataset): ImageDataset => {
  const { name, classes, height, width, channels, length, images, labels } = dataset;
  const fail = (problem: string): never => {
    throw new Error(`validateDataset: ${name}: ${problem}`);
  };
  for (const [size, value] of Object.entries({ height, width, channels })) {
    if (!Number.isInteger(value) || value < 1) fail(`${size} is ${value}; expected a positive integer`);
  }
  if (!Number.isInteger(length) || length < 0) fail(`length is ${length}; expected a non-negative integer`);
  const bytes = length * height * width * channels;
  if (images.length !== bytes) {
    fail(`${images.length} bytes of images; expected ${length}·${height}·${width}·${channels} = ${bytes} (NHWC)`);
  }
  if (labels.length !== length) fail(`${labels.length} labels for ${length} images; expected one label an image`);
  const bad = labels.findIndex((label) => label >= classes.length);
  if (bad >= 0) {
    fail(`label ${bad} is ${labels[bad]}; expected 0 to ${classes.length - 1}, one of ${classes.length} classes`);
  }
  return dataset;
};

/** The bytes of one image, H·W·C, as a view. Throws if there is no such image. */
export const imageAt = ({ name, height, width, channels, length, images }: ImageDataset, index: number): Uint8Array => {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new Error(`imageAt: ${name}: index ${index}; expected an integer from 0 to ${length - 1}`);
  }
  const size = height * width * channels;
  return images.subarray(index * size, (index + 1) * size);
};

/** A copy of the images and labels at `indices`, in that order; an index may appear twice. */
export const subset = (dataset: ImageDataset, indices: ArrayLike<number>): ImageDataset => {
  const size = dataset.height * dataset.width * dataset.channels;
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    images.set(imageAt(dataset, index), i * size);
    labels[i] = dataset.labels[index];
  }
  return { ...dataset, length: indices.length, images, labels };
};

/** How many images there are of each class: `result[label]`. */
export const countLabels = ({ classes, labels }: ImageDataset): number[] => {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label] += 1;
  return counts;
};

/**
 * The indices of the first `perClass` images of every class, ascending, so that classes stay mixed as they were.
 * Throws if a class has fewer.
 */
export const balancedIndices = (dataset: ImageDataset, perClass: number): Int32Array => {
  if (!Number.isInteger(perClass) || perClass < 0) {
    throw new Error(`balancedIndices: perClass is ${perClass}; expected a non-negative integer`);
  }
  const taken = new Array<number>(dataset.classes.length).fill(0);
  const indices: number[] = [];
  dataset.labels.forEach((label, index) => {
    const count = taken[label];
    if (count >= perClass) return;
    taken[label] = count + 1;
    indices.push(index);
  });
  const short = taken.findIndex((count) => count < perClass);
  if (short >= 0) {
    throw new Error(`balancedIndices: ${dataset.name}: class ${short} (${dataset.classes[short]}) has ` +
      `${taken[short]} images; expected at least ${perClass}; ask for fewer a class`);
  }
  return Int32Array.from(indices);
};
