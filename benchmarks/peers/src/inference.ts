/** Inference of EfficientNet-B0 in all frameworks: same network, same images, and first of all same logits. */
import { relativeError } from '../../dist/harness/verify.js';
import { measuredNetwork, noise } from '../../dist/models/network.js';
import { noiseBatch } from './batch.js';
import { nativePeers, webPeers } from './onnxruntime.js';
import type { MakePeer } from './peer.js';
import { tfjsPeers } from './tfjs.js';
import { torchPeers } from './torch.js';
import { TOLERANCE, assertClose, available, takeTurns } from './turns.js';
import type { Effort, Row } from './turns.js';
import { vitrinePeers } from './vitrine.js';

const others: Readonly<Record<string, MakePeer>> = {
  tfjs: tfjsPeers,
  'onnxruntime-node': nativePeers,
  'onnxruntime-web': webPeers,
  PyTorch: torchPeers,
};

export async function measureInference(count: number, threads: number, effort: Effort): Promise<Row[]> {
  const model = measuredNetwork('b0');
  const size = model.config.imageSize;
  const batch = noiseBatch(count, size);
  const other = await logitsOfOther(model, size);
  const own = await vitrinePeers(model, batch, threads);
  const want = await own[0].logits();
  assertAlive(want, model.config.numClasses, other);
  const makers = Object.entries(others).map(([name, make]) => [name, () => make(model, batch, threads)] as const);
  const peers = [...own, ...(await available(Object.fromEntries(makers)))];
  try {
    for (const peer of peers) assertClose(peer.name, 'logits', relativeError(await peer.logits(), want), TOLERANCE);
    return await takeTurns(
      peers,
      { suite: 'inference', subject: String(count), work: count, unit: 'images/s', asked: threads },
      effort,
    );
  } finally {
    for (const peer of peers) await peer.close?.();
  }
}

/** Logits of another image: if they were the same, any comparison would pass. */
async function logitsOfOther(model: Parameters<typeof vitrinePeers>[0], size: number): Promise<Float32Array> {
  const images = noise(1, size, 10).toFloat32Array();
  const [peer] = await vitrinePeers(model, { count: 1, size, channelsLast: images, channelsFirst: images }, 1);
  return peer.logits();
}

function assertAlive(logits: Float32Array, classes: number, other: Float32Array): void {
  const difference = relativeError(logits.subarray(0, classes), other);
  if (!(difference > 100 * TOLERANCE))
    throw new Error(
      `the logits of two images differ by ${difference} of the largest only: the network's signal has died`,
    );
}
