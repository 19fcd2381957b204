import { Variable, mul, noGrad, sum } from '@vitrine/autograd';
import { BatchNorm2d, SiLU } from '@vitrine/nn';
import { Random, info, randn, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

const SHAPE = [3, 4, 5, 6] as const;

/** The module with silu in it, the module without, and silu as a module of its own: the first is the other two. */
function pair(): { fused: BatchNorm2d; plain: BatchNorm2d; silu: SiLU } {
  const fused = new BatchNorm2d(6, { momentum: 0.25, activation: 'silu' });
  const plain = new BatchNorm2d(6, { momentum: 0.25 });
  const random = new Random(5);
  for (const name of ['weight', 'bias'] as const) {
    fused[name].value = randn([6], random);
    plain[name].value = fused[name].value;
  }
  return { fused, plain, silu: new SiLU() };
}

describe('BatchNorm2d with silu', () => {
  const input = (): Variable => new Variable(randn(SHAPE, new Random(1)), { requiresGrad: true });

  for (const training of [true, false]) {
    it('is batch norm, then silu: value, gradients, statistics ' +
      `(${training ? 'training' : 'evaluation'})`, () => scope(() => {
      const { fused, plain, silu } = pair();
      const g = randn(SHAPE, new Random(2));
      const [a, b] = [input(), input()];
      const outs = [fused.train(training).call(a), silu.call(plain.train(training).call(b))];
      for (const out of outs) sum(mul(out, g)).backward();
      const compare = (got: Tensor | null, want: Tensor | null, name: string): void => {
        expectClose(got!, { shape: want!.shape, data: want!.toFloat64Array() }, 1e-6, name);
      };
      compare(outs[0].value, outs[1].value, 'value');
      compare(a.grad, b.grad, 'gradient of x');
      compare(fused.weight.grad, plain.weight.grad, 'gradient of weight');
      compare(fused.bias.grad, plain.bias.grad, 'gradient of bias');
      compare(fused.runningMean.value, plain.runningMean.value, 'running mean');
      compare(fused.runningVar.value, plain.runningVar.value, 'running variance');
    }));
  }

  it('gives the same in evaluation without gradients', () => scope(() => {
    const { fused, plain, silu } = pair();
    const [got, want] = noGrad(() => [fused.eval().call(input()), silu.call(plain.eval().call(input()))]);
    expect(got.requiresGrad).to.equal(false);
    expectClose(got.value, { shape: SHAPE, data: want.value.toFloat64Array() }, 1e-6, 'value');
  }));

  it('keeps one activation for the way back, not two', () => {
    const kept = (run: (x: Variable) => Variable): number => scope(() => {
      const x = input();
      const before = info().heap.liveBytes;
      run(x);
      return info().heap.liveBytes - before;
    });
    const { fused, plain, silu } = pair();
    const activation = 4 * 3 * 4 * 5 * 6;
    const saved = kept((x) => silu.call(plain.call(x))) - kept((x) => fused.call(x));
    expect(saved).to.be.at.least(activation).and.below(activation + 64);
  });

  it('prints its activation and refuses others', () => {
    expect(String(new BatchNorm2d(2, { activation: 'silu' })))
      .to.equal('BatchNorm2d(2, eps=0.00001, momentum=0.1, activation=silu)');
    const options = JSON.parse('{"activation":"relu"}') as { activation: 'silu' };
    expect(() => new BatchNorm2d(2, options))
      .to.throw(RangeError, "BatchNorm2d: activation is 'silu', 'relu6' or left out; got relu");
  });
});
