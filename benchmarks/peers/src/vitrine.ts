/** Vitrine itself: inference fused and as it is, steps of training, single operations. */
import * as t from '../../../packages/tensor/dist/index.js';
import type { Tensor } from '../../../packages/tensor/dist/index.js';
import { noGrad } from '../../../packages/autograd/dist/index.js';
import { fuse } from '../../../packages/efficientnet/dist/index.js';
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';
import { SGD, crossEntropy } from '../../../packages/nn/dist/index.js';
import { outputChannelsFirst } from '../../dist/export/network.js';
import { EPS, kernelsInProcess } from './kernel-list.js';
import type { Kernel, KernelPeer, Op } from './kernel-list.js';
import { LEARNING_RATE, inProcess, secondsOf } from './peer.js';
import type { Batch, Peer, TrainingPeer } from './peer.js';

/** Threads there are, workers booted. */
async function useThreads(threads: number): Promise<number> {
  t.setThreads(threads);
  await t.threadsReady();
  return t.info().threads;
}

export async function vitrinePeers(
  model: EfficientNet,
  { count, size, channelsLast }: Batch,
  threads: number,
): Promise<Peer[]> {
  const used = await useThreads(threads);
  const shape = [count, size, size, 3];
  const plan = fuse(model).plan(shape);
  return [
    inProcess('Vitrine, fused', used, async () =>
      t.scope(() => {
        t.copyInto(plan.input, t.fromArray(channelsLast, shape));
        return plan.run().toFloat32Array();
      }),
    ),
    inProcess('Vitrine, eval', used, async () =>
      t.scope(() => noGrad(() => model.call(t.fromArray(channelsLast, shape))).value.toFloat32Array()),
    ),
  ];
}

export async function vitrineTraining(
  model: EfficientNet,
  { count, size, channelsLast }: Batch,
  labels: readonly number[],
  threads: number,
): Promise<TrainingPeer> {
  const used = await useThreads(threads);
  const images = t.keep(t.fromArray(channelsLast, [count, size, size, 3]));
  const target = t.keep(t.fromArray(labels));
  const optimizer = new SGD(model.train().parameters(), { lr: LEARNING_RATE });
  const step = (): number =>
    t.scope(() => {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.call(images), target);
      loss.backward();
      optimizer.step();
      return loss.item();
    });
  return {
    name: 'Vitrine',
    threads: used,
    async firstStep() {
      const loss = step();
      const { grad, shape } = model.stem.weight;
      if (grad === null) throw new Error("Vitrine: backward left no gradient at the stem's weight");
      return { loss, stemGradient: outputChannelsFirst(grad.toFloat32Array(), shape) };
    },
    time: () => secondsOf(step),
  };
}

const operations: Readonly<Record<Op, (...inputs: Tensor[]) => Tensor>> = {
  matmul: t.matmul,
  silu: t.silu,
  sum: (x) => t.sum(x),
  batchNorm(x, gamma, beta) {
    const { mean, variance } = t.moments(x);
    return t.batchNorm(x, gamma, beta, mean, variance, EPS);
  },
  depthwise: (x, weight) => t.conv2d(x, weight, { padding: 1, groups: weight.shape[3] }),
};

export async function vitrineKernels(kernels: readonly Kernel[], threads: number): Promise<KernelPeer> {
  const used = await useThreads(threads);
  const operands = new Map(
    kernels.map(({ op, inputs }) => [op, inputs.map(({ shape, values }) => t.keep(t.fromArray(values, shape)))]),
  );
  const run = (op: Op): Tensor => operations[op](...(operands.get(op) ?? []));
  const output = (op: Op): Float32Array => t.scope(() => run(op).toFloat32Array());
  return kernelsInProcess('Vitrine', used, output, (op) => t.scope(() => void run(op)));
}
