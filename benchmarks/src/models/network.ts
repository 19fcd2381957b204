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

/** Running statistics become those of the batch, and nothing is dropped. */
const MEASURING = { batchNormMomentum: 1, dropout: 0, dropPath: 0 } as const satisfies EfficientNetOptions;

/**
 * A seeded network with batch-norm statistics measured on two images of noise, ready for inference. As initialised, a
 * deep network lets its signal die: all images get the same logits, and any comparison of them would pass.
 */
export const measuredNetwork = (name: string): EfficientNet => measured((options) => freshNetwork(name, options));

/** The same of any network, made with the options given, on images of a number and a size of their own. */
export function measured(
  make: (options: EfficientNetOptions) => EfficientNet,
  { count = 2, size }: { readonly count?: number; readonly size?: readonly [height: number, width: number] } = {},
): EfficientNet {
  const model = make(MEASURING).train();
  const { inChannels, imageSize } = model.config;
  const images = randn([count, ...(size ?? [imageSize, imageSize]), inChannels], new Random(5));
  scope(() => noGrad(() => void model.call(images)));
  return model.eval();
}
