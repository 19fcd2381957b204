/**
 * The training loop as anybody would write it, without a scope around it, for long enough to see whether memory grows.
 */
import { DataLoader } from '@vitrine/data';
import type { ImageDataset } from '@vitrine/data';
import { EfficientNet, mbconv } from '@vitrine/efficientnet';
import { SGD, crossEntropy } from '@vitrine/nn';
import { info, manualSeed, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

const STEPS = 2000;
const BATCH = 16;
const SIDE = 8;
const MIB = 2 ** 20;

/** Noise, one image a batch entry of a hundred steps; what is learned does not matter here. */
const dataset: ImageDataset = {
  name: 'noise', classes: ['a', 'b'], height: SIDE, width: SIDE, channels: 1, length: 100 * BATCH,
  images: Uint8Array.from({ length: 100 * BATCH * SIDE * SIDE }, (_, i) => (i * 2654435761) >>> 24),
  labels: Uint8Array.from({ length: 100 * BATCH }, (_, i) => i % 2),
};

const makeModel = (): EfficientNet => {
  manualSeed(1);
  return new EfficientNet({
    name: 'narrow', stemChannels: 4, headChannels: 8,
    stages: [mbconv(3, 2, 1, 4, 1), mbconv(3, 2, 2, 8, 1)], activation: 'silu',
    numClasses: 2, inChannels: 1, imageSize: SIDE, dropout: 0.1, dropPath: 0.1, stemStride: 2,
    convention: 'tensorflow', batchNormMomentum: 0.1,
  });
};

/** Live heap bytes after step 50, and the most there were after any later one. */
async function liveBytes(
  model: EfficientNet, unscoped: () => Tensor | undefined,
): Promise<{ early: number; most: number; made: number }> {
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const loader = new DataLoader({ dataset, batchSize: BATCH, shuffle: true });
  let [step, early, most, made] = [0, 0, 0, 0];
  while (step < STEPS) {
    for await (const { images, labels } of loader) {
      const loss = crossEntropy(model.call(images), labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      made += 4 * (unscoped()?.size ?? 0);
      step++;
      const { liveBytes: now } = info().heap;
      if (step <= 50) early = now;
      else most = Math.max(most, now);
    }
  }
  return { early, most, made };
}

describe('memory: 2,000 steps without a scope', () => {
  it('stay within 128 MiB of step 50', async () => {
    const { early, most } = await liveBytes(makeModel(), () => undefined);
    expect(most - early).to.be.below(128 * MIB);
  });

  it('with half a megabyte of unscoped tensors a step as well: the collector\'s valve opens', async () => {
    const { early, most, made } = await liveBytes(makeModel(), () => zeros([MIB / 8]));
    expect(made, 'far more than may stay').to.be.above(900 * MIB);
    // The valve opens at 128 MiB, and may find everything in use once or twice.
    expect(most - early).to.be.below(384 * MIB);
  });
});
