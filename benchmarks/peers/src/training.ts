/** Steps of training in Vitrine and PyTorch: same weights, same images, and first of all same loss and gradient. */
import { relativeError } from '../../dist/harness/verify.js';
import { freshNetwork } from '../../dist/models/network.js';
import { noiseBatch } from './batch.js';
import { torchTraining } from './torch.js';
import { TOLERANCE, assertClose, available, takeTurns } from './turns.js';
import type { Effort, Row } from './turns.js';
import { vitrineTraining } from './vitrine.js';

/** At the far end of the way back, rounding has grown. */
const GRADIENT_TOLERANCE = 1e-3;

export const TRAININGS = [
  { network: 'b0', count: 4, numClasses: 1000 },
  { network: 'small-32', count: 32, numClasses: 10 },
] as const;

export type Training = (typeof TRAININGS)[number];

/**
 * PyTorch's conventions, under which no convolution needs padding of its own in either framework, and nothing random:
 * no dropout, no stochastic depth.
 */
const OPTIONS = { conventions: 'pytorch', dropout: 0, dropPath: 0 } as const;

export async function measureTraining(
  { network, count, numClasses }: Training,
  threads: number,
  effort: Effort,
): Promise<Row[]> {
  const model = freshNetwork(network, { ...OPTIONS, numClasses });
  const size = model.config.imageSize;
  const batch = noiseBatch(count, size);
  const labels = Array.from({ length: count }, (_, i) => (i * 37) % numClasses);
  const others = await available({ PyTorch: () => torchTraining(model, batch, labels, threads) }); // before any step
  const own = await vitrineTraining(model, batch, labels, threads);
  const peers = [own, ...others];
  try {
    const want = await own.firstStep();
    for (const { name, firstStep } of others) {
      const { loss, stemGradient } = await firstStep();
      assertClose(name, 'the loss', Math.abs(loss - want.loss) / Math.abs(want.loss), TOLERANCE);
      assertClose(name, "the stem's gradient", relativeError(stemGradient, want.stemGradient), GRADIENT_TOLERANCE);
    }
    return await takeTurns(
      peers,
      { suite: 'training', subject: `${network} ×${count}`, work: count, unit: 'images/s', asked: threads },
      effort,
    );
  } finally {
    for (const peer of peers) await peer.close?.();
  }
}
