/** What all data sets have: images in some order, each of one class. */

/** A class index an image; the array's type is wide enough for the number of classes. */
export type Labels = Uint8Array | Uint16Array | Int32Array;

export interface LabelledImages {
  readonly name: string;
  /** `classes[label]` is the name of a class. */
  readonly classes: readonly string[];
  readonly channels: number;
  /** The number of images. */
  readonly length: number;
  /** `length` class indices. */
  readonly labels: Labels;
}

/** Labels of `classes` classes, in the smallest type that holds them. */
export const makeLabels = (classes: number, values: ArrayLike<number>): Labels => {
  if (classes <= 2 ** 8) return Uint8Array.from(values);
  return classes <= 2 ** 16 ? Uint16Array.from(values) : Int32Array.from(values);
};

/** Throws, for the function `where`, unless there is one label an image and each names a class. */
export function checkLabels(where: string, { name, classes, length, labels }: LabelledImages): void {
  if (labels.length !== length) {
    throw new Error(`${where}: ${name}: ${labels.length} labels for ${length} images; expected one label an image`);
  }
  for (let i = 0; i < length; i++) {
    if (labels[i] >= 0 && labels[i] < classes.length) continue;
    throw new Error(`${where}: ${name}: label ${i} is ${labels[i]}; expected 0 to ${classes.length - 1}, ` +
      `one of ${classes.length} classes`);
  }
}

/** How many images there are of each class: `result[label]`. */
export const countLabels = ({ classes, labels }: LabelledImages): number[] => {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label] += 1;
  return counts;
};

/**
 * The indices of the first `perClass` images of every class, ascending, so that classes stay mixed as they were.
 * Throws if a class has fewer.
 */
export const balancedIndices = ({ name, classes, labels }: LabelledImages, perClass: number): Int32Array => {
  if (!Number.isInteger(perClass) || perClass < 0) {
    throw new Error(`balancedIndices: perClass is ${perClass}; expected a non-negative integer`);
  }
  const taken = new Array<number>(classes.length).fill(0);
  const indices: number[] = [];
  for (const [index, label] of labels.entries()) {
    if (taken[label] >= perClass) continue;
    taken[label] += 1;
    indices.push(index);
  }
  const short = taken.findIndex((count) => count < perClass);
  if (short >= 0) {
    throw new Error(`balancedIndices: ${name}: class ${short} (${classes[short]}) has ` +
      `${taken[short]} images; expected at least ${perClass}; ask for fewer a class`);
  }
  return Int32Array.from(indices);
};
