/** Data sets that are wholly in memory: images of one size, as bytes outside the heap of tensors. */
import { checkLabels, type LabelledImages, makeLabels } from './labels.js';

/** Labelled images of one size, in memory. */
export interface ImageDataset extends LabelledImages {
  readonly height: number;
  readonly width: number;
  /** `length`·H·W·C bytes, NHWC, 0 to 255. */
  readonly images: Uint8Array;
}

/**
 * Checks that the parts of a data set fit together, and returns it.
 * Throws if a size is not a positive integer, if there are too few or too many bytes or labels, or if a label
 * names no class.
 */
export const validateDataset = (dataset: ImageDataset): ImageDataset => {
  const { name, height, width, channels, length, images } = dataset;
  for (const [size, value] of Object.entries({ height, width, channels })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new Error(`validateDataset: ${name}: ${size} is ${value}; expected a positive integer`);
  }
  if (!Number.isInteger(length) || length < 0) {
    throw new Error(`validateDataset: ${name}: length is ${length}; expected a non-negative integer`);
  }
  const bytes = length * height * width * channels;
  if (images.length !== bytes) {
    throw new Error(`validateDataset: ${name}: ${images.length} bytes of images; ` +
      `expected ${length}·${height}·${width}·${channels} = ${bytes} (NHWC)`);
  }
  checkLabels('validateDataset', dataset);
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
  for (let i = 0; i < indices.length; i++) images.set(imageAt(dataset, indices[i]), i * size);
  const labels = makeLabels(dataset.classes.length, Array.from(indices, (index) => dataset.labels[index]));
  return { ...dataset, length: indices.length, images, labels };
};

/** More classes than any data set has; higher labels are years, times or identifiers. */
const MAX_UNNAMED = 100_000;

export interface FromArraysOptions {
  /** N·H·W·C numbers, NHWC, whole and from 0 to 255. A Uint8Array is used as it is, anything else copied. */
  readonly images: ArrayLike<number>;
  /** [N,H,W,C], or [N,H,W] for grey images. */
  readonly shape: readonly number[];
  /** N class indices. */
  readonly labels: ArrayLike<number>;
  /** Names of the classes. Default '0', '1' … up to the highest label, which must then be below 100,000. */
  readonly classes?: readonly string[];
  /** What messages call the data set. Default 'arrays'. */
  readonly name?: string;
}

/**
 * A data set of one's own arrays: of an .npy file, of a canvas.
 * Throws if the parts do not fit together, or a number is not a byte or a class.
 */
export const fromArrays = ({ images, shape, labels, classes, name = 'arrays' }: FromArraysOptions): ImageDataset => {
  const [length, height, width, channels = 1] = shape;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new Error(`fromArrays: ${name}: shape is [${shape.join(', ')}]; ` +
      'expected [N, H, W, C], or [N, H, W] for grey');
  }
  let highest = -1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= 2 ** 31) {
      throw new Error(`fromArrays: ${name}: label ${i} is ${label}; expected a class index, a whole number from 0`);
    }
    if (classes === undefined && label >= MAX_UNNAMED) {
      throw new Error(`fromArrays: ${name}: label ${i} is ${label}, so there would be ${label + 1} classes; ` +
        `expected class indices, numbered from 0, below ${MAX_UNNAMED}; number the classes so, or give classes`);
    }
    highest = Math.max(highest, label);
  }
  const names = classes ?? Array.from({ length: highest + 1 }, (_, label) => String(label));
  return validateDataset({
    name, classes: names, height, width, channels, length, images: toBytes(images, name),
    labels: makeLabels(Math.max(names.length, highest + 1), labels),
  });
};

function toBytes(values: ArrayLike<number>, name: string): Uint8Array {
  if (values instanceof Uint8Array) return values;
  for (let i = 0; i < values.length; i++) {
    if (Number.isInteger(values[i]) && values[i] >= 0 && values[i] <= 255) continue;
    throw new Error(`fromArrays: ${name}: images[${i}] is ${values[i]}; expected bytes, whole numbers from 0 to 255; ` +
      'multiply pixels on the scale of 0 to 1 by 255 and round them');
  }
  return Uint8Array.from(values);
}
