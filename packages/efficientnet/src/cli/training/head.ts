/** A new classifier on a network that is left as it is: trained on what the network makes of each image, once. */
import {
  AdamW, Sequential, cacheFeatures, cosine, crossEntropy, decayGroups, evaluate, fit, warmup,
} from '@vitrine/nn';
import { DataLoader } from '@vitrine/data';
import type { EfficientNet } from '../../model.js';
import { freeze, unfreeze } from '../../stages.js';
import { mirrors } from './augment.js';
import type { Sets } from './data.js';
import type { RecipeValues, RunValues } from './options.js';
import type { Output } from './output.js';

export interface HeadSettings {
  readonly epochs: number;
  readonly lr: number;
}

/** Images that pass the network at a time; features a step. */
const CACHE_BATCH = 50;
const HEAD_BATCH = 64;

/**
 * Trains the classifier alone, on cached features of all training images, and of their mirror images if the
 * augmentation mirrors. Returns its accuracy on the test images. All learns afterwards.
 */
export async function trainHead(
  model: EfficientNet, { train, test, preprocessing }: Sets, { epochs, lr }: HeadSettings,
  values: RecipeValues & RunValues, { progress }: Output,
): Promise<number> {
  const { crop: size, mean, std } = preprocessing;
  const loader = (dataset: typeof train): DataLoader =>
    new DataLoader({ dataset, batchSize: CACHE_BATCH, size, mean, std });
  freeze(model, { until: 'head' });
  const flip = mirrors(values.augment);
  progress.start('features', train.length + test.length);
  const features: Parameters<typeof cacheFeatures>[2] = { features: (images) => model.pooledFeatures(images), flip };
  const cache = await cacheFeatures(model, loader(train), features);
  progress.update(train.length);
  const testing = await cacheFeatures(model, loader(test), { ...features, flip: false });
  progress.update(train.length + test.length);

  const head = new Sequential(model.dropout, model.classifier);
  const batches = cache.batches({ batchSize: HEAD_BATCH, seed: values.seed });
  const steps = epochs * batches.length;
  progress.start('head', epochs, 'epochs');
  await fit(head, batches, {
    epochs,
    optimizer: new AdamW(decayGroups(head.parameters()), { lr, weightDecay: values['weight-decay'] }),
    schedule: warmup(Math.min(50, Math.ceil(steps / 20)), cosine(lr, steps)),
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing: values['label-smoothing'] }),
    onEpoch: ({ epoch, trainLoss }) => progress.update(epoch, { loss: trainLoss }),
  });
  progress.end();
  const { accuracy } = await evaluate(head, testing.batches({ batchSize: HEAD_BATCH, shuffle: false }));
  unfreeze(model);
  return accuracy;
}
