/** Networks whose logits mean something, without pretrained weights. */
import { manualSeed, randn, Random, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { noGrad } from '@vitrine/autograd';
import { EfficientNet } from '@vitrine/efficientnet';
import type { EfficientNetOptions } from '@vitrine/efficientnet';

/** Images of noise, `[N,size,size,3]`. */
export const noise = (count: number, size: number, seed: number): Tensor =>
  randn([count, size, size, 3], new Random(seed));

/** Same name, same weights. */
export function freshNetwork(name: string, options: EfficientNetOptions = {}): EfficientNet {
  manualSeed(3);
  return EfficientNet.fromName(name, options);
}

/**
 * A seeded network with batch-norm statistics measured on two images of noise, ready for inference. As initialised, a
 * deep network lets its signal die: all images get the same logits, and any comparison of them would pass.
 */
export function measuredNetwork(name: string): EfficientNet {
  const model = freshNetwork(name, { batchNormMomentum: 1, dropout: 0, dropPath: 0 });
  model.train();
  scope(() => noGrad(() => void model.call(noise(2, model.config.imageSize, 5))));
  return model.eval();
}
