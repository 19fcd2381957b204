/** One run: a stretched network trained by the one recipe that all share, and its accuracy on the test images. */
import { DataLoader, FASHION_MNIST_COLOURS, balancedIndices, resizeImage, subset } from '@vitrine/data';
import type { ImageDataset } from '@vitrine/data';
import { EfficientNet } from '@vitrine/efficientnet';
import { AdamW, cosine, crossEntropy, decayGroups, evaluate, fit, warmup } from '@vitrine/nn';
import { manualSeed } from '@vitrine/tensor';
import { stretch } from './network.js';
import type { Coefficients } from './network.js';

/** The same for every network, as in the paper: the comparison is of shapes, not of recipes. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  /** Training images of each class; the first ones of the data set. */
  readonly imagesPerClass: number;
}

export const RECIPE: Recipe = {
  epochs: 3, batchSize: 64, lr: 6e-3, weightDecay: 0.02, labelSmoothing: 0.05, imagesPerClass: 1000,
};

export interface Data {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** Every image of a data set resized as PIL does it (bicubic), to pixels × pixels. */
export function resizeDataset(dataset: ImageDataset, pixels: number): ImageDataset {
  const { height, width, channels, length } = dataset;
  if (channels !== 1) throw new RangeError(`resizeDataset: ${dataset.name} has ${channels} channels; expected grey`);
  if (height === pixels && width === pixels) return dataset;
  const size = height * width;
  const images = new Uint8Array(length * pixels * pixels);
  for (let i = 0; i < length; i++) {
    const image = { width, height, channels, data: dataset.images.subarray(i * size, (i + 1) * size) } as const;
    images.set(resizeImage(image, pixels, pixels).data, i * pixels * pixels);
  }
  return { ...dataset, height: pixels, width: pixels, images };
}

export interface Outcome {
  /** On the test images, 0 … 1, after the last epoch: nothing is chosen by it. */
  readonly accuracy: number;
  readonly testLoss: number;
  readonly trainLoss: number;
  /** Of training, evaluation apart. */
  readonly seconds: number;
}

/** Trains and evaluates. The seed gives initialisation and order. */
export async function trainOne(
  coefficients: Coefficients, seed: number, data: Data, recipe: Recipe, signal?: AbortSignal,
): Promise<Outcome> {
  const config = stretch(coefficients);
  manualSeed(seed);
  const model = new EfficientNet(config);
  const chosen = subset(data.train, balancedIndices(data.train, recipe.imagesPerClass));
  const training = new DataLoader({
    ...FASHION_MNIST_COLOURS, dataset: resizeDataset(chosen, config.imageSize), batchSize: recipe.batchSize,
    shuffle: true, dropLast: true, seed,
  });
  const testing = new DataLoader({
    ...FASHION_MNIST_COLOURS, dataset: resizeDataset(data.test, config.imageSize), batchSize: 100,
  });
  const steps = recipe.epochs * training.length;
  const results = await fit(model, training, {
    epochs: recipe.epochs,
    optimizer: new AdamW(decayGroups(model.parameters()), { lr: recipe.lr, weightDecay: recipe.weightDecay }),
    schedule: warmup(Math.ceil(steps / 10), cosine(recipe.lr, steps)),
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing: recipe.labelSmoothing }),
    ...(signal !== undefined && { signal }),
  });
  const { accuracy, loss: testLoss } = await evaluate(model, testing, signal === undefined ? {} : { signal });
  return {
    accuracy, testLoss,
    trainLoss: results.at(-1)?.trainLoss ?? NaN,
    seconds: results.reduce((sum, result) => sum + result.seconds, 0),
  };
}
