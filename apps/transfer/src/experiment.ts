/** The two ways to a classifier of few images: from another one, and from nothing. */
import type { Variable } from '@vitrine/autograd';
import { DataLoader, FASHION_MNIST_COLOURS, randomFlip } from '@vitrine/data';
import type { ImageDataset } from '@vitrine/data';
import { EfficientNet, freeze, replaceClassifier, stageGroups, unfreeze } from '@vitrine/efficientnet';
import {
  AdamW, Sequential, cacheFeatures, calibrationError, cosine, crossEntropy, decayGroups, evaluate, fit, warmup,
} from '@vitrine/nn';
import { manualSeed } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { fitFor } from './timed.js';
import type { Clock } from './timed.js';

/** What all trainings have in common, as in `efficientnet train`. */
const COMMON = { batchSize: 32, weightDecay: 0.02, labelSmoothing: 0.05 };
const { weightDecay, labelSmoothing } = COMMON;

/*
 * Learning rates. Each way's own was chosen on training images, with one seed and 4 seconds: from scratch among 2e-3,
 * 4e-3 and 8e-3; for fine-tuning 2e-3 and 4e-3, with decays of 0.8 and 1 (0.9 lies between).
 */
const BACKBONE = { lr: 4e-3 };
const SCRATCH = { lr: 8e-3 };
/** The head on its cached features, for this share of the time; then all stages, the early ones more slowly. */
const HEAD = { share: 0.2, batchSize: 64, lr: 3e-2 };
const TUNE = { lr: 4e-3, decay: 0.9 };

export interface Score {
  readonly accuracy: number;
  /** Expected calibration error, 15 bins. */
  readonly calibration: number;
  /** Accuracy with test-time flip. */
  readonly flipped: number;
  /** What training took, and the images that the whole network saw, each as often as it did. */
  readonly seconds: number;
  readonly images: number;
}

/** Mirrored at random; a last batch that is smaller is left out, unless it is the only one. */
const training = (dataset: ImageDataset, seed: number): DataLoader => {
  const { batchSize } = COMMON;
  const dropLast = dataset.length >= batchSize;
  return new DataLoader({
    dataset, batchSize, shuffle: true, dropLast, seed, augment: randomFlip, ...FASHION_MNIST_COLOURS,
  });
};

const plain = (dataset: ImageDataset): DataLoader =>
  new DataLoader({ dataset, batchSize: 100, ...FASHION_MNIST_COLOURS });

const fresh = (classes: number): EfficientNet =>
  EfficientNet.fromName('tiny-28', { numClasses: classes, batchNormMomentum: 0.1 });

async function score(model: EfficientNet, test: ImageDataset, seconds: number, images: number): Promise<Score> {
  const evaluation = await evaluate(model, plain(test));
  const { accuracy: flipped } = await evaluate(model, plain(test), { flip: true });
  return { accuracy: evaluation.accuracy, calibration: calibrationError(evaluation).error, flipped, seconds, images };
}

export interface Task {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly seconds: number;
  readonly clock: Clock;
  readonly seed: number;
}

/** A network for the classes that have many images. */
export async function trainBackbone(
  { train, test, clock, seed }: Omit<Task, 'seconds'>, epochs: number,
): Promise<{ readonly model: EfficientNet; readonly score: Score }> {
  manualSeed(seed);
  const started = clock();
  const { lr } = BACKBONE;
  const model = fresh(train.classes.length);
  const data = training(train, seed);
  const steps = epochs * data.length;
  await fit(model, data, {
    epochs,
    optimizer: new AdamW(decayGroups(model.parameters()), { lr, weightDecay }),
    schedule: warmup(Math.ceil(steps / 20), cosine(lr, steps)),
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing }),
  });
  const seconds = clock() - started;
  return { model, score: await score(model, test, seconds, epochs * data.length * COMMON.batchSize) };
}

/** From nothing. */
export async function fromScratch({ train, test, seconds, clock, seed }: Task): Promise<Score> {
  manualSeed(seed + 1000);
  const started = clock();
  const model = fresh(train.classes.length);
  const optimizer = new AdamW(decayGroups(model.parameters()), { lr: SCRATCH.lr, weightDecay });
  const left = seconds - (clock() - started);
  const images = await fitFor(model, training(train, seed), { seconds: left, clock, optimizer, labelSmoothing });
  return score(model, test, clock() - started, images);
}

/**
 * From a backbone: a new classifier is trained on cached features of the frozen rest, then everything goes on together.
 * The time holds all of it: the new network, the cache, the head, the rest.
 */
export async function fromBackbone(
  backbone: EfficientNet, { train, test, seconds, clock, seed }: Task,
): Promise<{ readonly head: Score; readonly all: Score }> {
  manualSeed(seed + 2000);
  const started = clock();
  const model = replaceClassifier(backbone, train.classes.length);
  freeze(model, { until: 'head', batchNormStats: true });
  const features = (images: Tensor): Variable => model.pooledFeatures(images);
  const cache = await cacheFeatures(model, plain(train), { features, flip: true });
  const head = new Sequential(model.dropout, model.classifier);
  await fitFor(head, cache.batches({ batchSize: HEAD.batchSize, seed }), {
    seconds: Math.max(0, HEAD.share * seconds - (clock() - started)),
    clock,
    optimizer: new AdamW(decayGroups(head.parameters()), { lr: HEAD.lr, weightDecay }),
    labelSmoothing,
  });
  const headSeconds = clock() - started;
  const headScore = await score(model, test, headSeconds, cache.length);

  const resumed = clock();
  unfreeze(model);
  const optimizer = new AdamW(stageGroups(model, { decay: TUNE.decay }), { lr: TUNE.lr, weightDecay });
  const images = await fitFor(model, training(train, seed), {
    seconds: Math.max(0, seconds - headSeconds - (clock() - resumed)), clock, optimizer, labelSmoothing,
  });
  return { head: headScore, all: await score(model, test, headSeconds + clock() - resumed, cache.length + images) };
}
