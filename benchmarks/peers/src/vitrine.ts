/** Vitrine itself: the fused plan, and the model as it is. */
import { copyInto, fromArray, info, scope, setThreads, threadsReady } from '../../../packages/tensor/dist/index.js';
import { noGrad } from '../../../packages/autograd/dist/index.js';
import { fuse } from '../../../packages/efficientnet/dist/index.js';
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';
import { inProcess } from './peer.js';
import type { Batch, Peer } from './peer.js';

export async function vitrinePeers(
  model: EfficientNet,
  { count, size, channelsLast }: Batch,
  threads: number,
): Promise<Peer[]> {
  setThreads(threads);
  await threadsReady();
  const shape = [count, size, size, 3];
  const plan = fuse(model).plan(shape);
  const used = info().threads;
  return [
    inProcess('Vitrine, fused', used, async () =>
      scope(() => {
        copyInto(plan.input, fromArray(channelsLast, shape));
        return plan.run().toFloat32Array();
      }),
    ),
    inProcess('Vitrine, eval', used, async () =>
      scope(() => noGrad(() => model.call(fromArray(channelsLast, shape))).value.toFloat32Array()),
    ),
  ];
}
