/** Whole training steps: the same bits on any number of threads. */
import { EfficientNet } from '@vitrine/efficientnet';
import { RMSpropTF, crossEntropy, decayGroups } from '@vitrine/nn';
import { Random, fromArray, manualSeed, randn, setBackend, setThreads, threadsReady } from '@vitrine/tensor';
import { expect } from 'chai';

/** Losses and final state of three steps with dropout, stochastic depth, weight decay and moving statistics. */
async function train(threads: number): Promise<{ losses: number[]; state: Map<string, Float32Array> }> {
  setThreads(threads);
  await threadsReady();
  manualSeed(5);
  const model = EfficientNet.fromName('small-32', { numClasses: 10 });
  const optimizer = new RMSpropTF(decayGroups(model.parameters()), { lr: 0.01, weightDecay: 1e-5 });
  const random = new Random(1);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const loss = crossEntropy(
      model.call(randn([16, 32, 32, 3], random)),
      fromArray(Array.from({ length: 16 }, (_, i) => i % 10)),
      { labelSmoothing: 0.1 },
    );
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
  }
  return { losses, state: new Map(Array.from(model.stateDict(), ([name, tensor]) => [name, tensor.toFloat32Array()])) };
}

describe('threads: training', () => {
  before(() => setBackend('simd'));
  after(() => setThreads(1));

  it('1, 2 and 3 threads leave the same bits', async () => {
    const one = await train(1);
    expect(new Set(one.losses).size).to.equal(3);
    for (const threads of [2, 3]) {
      const several = await train(threads);
      expect(several.losses).to.deep.equal(one.losses);
      for (const [name, values] of one.state) expect(several.state.get(name), name).to.deep.equal(values);
    }
  });
});
