/** Whole networks: inference as the model gives it and as it is fused, and steps of training. */
import { clone, copyInto, fromArray, keep, manualSeed, meta, scope } from '@vitrine/tensor';
import { elements } from '@vitrine/tensor/internal';
import { noGrad } from '@vitrine/autograd';
import { SGD, crossEntropy } from '@vitrine/nn';
import type { Plan } from '@vitrine/nn';
import { EfficientNet, fuse, summary } from '@vitrine/efficientnet';
import type { Case } from '../harness/case.js';
import { verify } from '../harness/verify.js';
import { freshNetwork, measuredNetwork, noise } from './network.js';

/** Multiply-adds make two flops; bytes are not counted, so the roof of a network is that of its arithmetic. */
const flopsOf = (name: string, batch: number): number =>
  2
  * summary(
    meta(() => EfficientNet.fromName(name)),
    { batch },
  ).macs;

interface Inference {
  readonly name: string;
  readonly batch: number;
  /**
   * Without, the network is as initialised: for measuring memory, which should not include what measuring statistics
   * takes.
   */
  readonly measured: boolean;
}

const inferenceModel = ({ name, measured }: Inference): EfficientNet =>
  measured ? measuredNetwork(name) : freshNetwork(name).eval();

/** The model in evaluation, layer by layer. */
export const eagerCase = (inference: Inference): Case => {
  const { name, batch } = inference;
  return {
    family: 'inference',
    name: `${name} ×${batch}, eval`,
    rate: 'images/s',
    images: batch,
    flops: flopsOf(name, batch),
    bytes: 0,
    tolerance: 1e-4,
    timeReference: batch === 1,
    prepare(arrays) {
      const net = inferenceModel(inference);
      const images = keep(noise(batch, net.config.imageSize, 9));
      const logits = arrays.empty(batch * net.config.numClasses);
      return {
        plan: () => () => scope(() => logits.set(elements(noGrad(() => net.call(images)).value))),
        outputs: () => [logits],
      };
    },
  };
};

/** The same network, fused. On every face it must also agree with the model itself. */
export const fusedCase = (inference: Inference): Case => {
  const { name, batch, measured } = inference;
  return {
    family: 'inference',
    name: `${name} ×${batch}, fused`,
    rate: 'images/s',
    images: batch,
    flops: flopsOf(name, batch),
    bytes: 0,
    tolerance: 1e-4,
    timeReference: batch === 1,
    prepare() {
      const net = inferenceModel(inference);
      const size = net.config.imageSize;
      const fused = fuse(net);
      const images = keep(noise(batch, size, 9));
      let plan: Plan | null = null;
      return {
        plan() {
          const planned = fused.plan([batch, size, size, net.config.inChannels]);
          plan = planned;
          copyInto(planned.input, images);
          if (measured)
            scope(() =>
              verify(
                `fused ${name} ×${batch}`,
                [elements(planned.run())],
                [elements(noGrad(() => net.call(images)).value)],
                1e-4,
              ),
            );
          return () => void planned.run();
        },
        outputs: () => (plan === null ? [] : [elements(plan.output)]),
      };
    },
  };
};

/**
 * Forward, cross-entropy, backward, a step of SGD, all in a scope, as the trainer does. Verified after one step: the
 * loss, and
 * the momentum of the stem's weight, which after one step is its gradient, at the far end of the network.
 */
export const trainCase = (name: string, batch: number): Case => {
  return {
    family: 'training',
    name: `${name} ×${batch}`,
    rate: 'images/s',
    images: batch,
    flops: 3 * flopsOf(name, batch),
    bytes: 0,
    tolerance: 1e-3,
    timeReference: false,
    prepare(arrays) {
      const net = freshNetwork(name).train();
      const initial = new Map(Array.from(net.stateDict(), ([key, value]) => [key, keep(clone(value))]));
      const images = keep(noise(batch, net.config.imageSize, 9));
      const labels = keep(fromArray(Array.from({ length: batch }, (_, i) => (i * 37) % net.config.numClasses)));
      const loss = arrays.empty(1);
      let optimizer = new SGD(net.parameters(), { lr: 1e-3, momentum: 0.9 });
      const stemVelocity = (): Float32Array => {
        const velocity = optimizer.stateDict().get('0.velocity');
        if (velocity === undefined) throw new Error('the optimizer has no velocity of the stem to be compared');
        return velocity.toFloat32Array();
      };
      return {
        reset() {
          net.loadStateDict(initial);
          optimizer = new SGD(net.parameters(), { lr: 1e-3, momentum: 0.9 });
          manualSeed(11); // the same dropout and stochastic depth
        },
        plan: () => () =>
          scope(() => {
            const value = crossEntropy(net.call(images), labels);
            loss[0] = value.item();
            value.backward();
            optimizer.step();
            optimizer.zeroGrad();
          }),
        outputs: () => [loss, stemVelocity()],
      };
    },
  };
};

/** Whole-network cases by the key memory.ts asks a process of its own for. */
export const networkCases = (measured: boolean): ReadonlyMap<string, () => Case> =>
  new Map([
    ['b0-eval-1', () => eagerCase({ name: 'b0', batch: 1, measured })],
    ['b0-fused-1', () => fusedCase({ name: 'b0', batch: 1, measured })],
    ['b0-eval-8', () => eagerCase({ name: 'b0', batch: 8, measured })],
    ['b0-fused-8', () => fusedCase({ name: 'b0', batch: 8, measured })],
    ['b0-train-4', () => trainCase('b0', 4)],
    ['small-32-train-32', () => trainCase('small-32', 32)],
  ]);

export const modelCases = (): Case[] => Array.from(networkCases(true).values(), (make) => make());
