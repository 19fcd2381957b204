/** Losses: derivatives, what they refuse, and the edges of their domains. Their numbers: fixtures-ops.test.ts. */
import { Variable, enableGrad, grad, gradcheck, mul, sum } from '@vitrine/autograd';
import * as ag from '@vitrine/autograd';
import {
  bce, bceWithLogits, crossEntropy, huber, klDivergence, l1, mse, nll, smoothL1,
} from '@vitrine/nn';
import type { Reduction } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { sent } from './bad-inputs/row.js';
import { apart } from './gradchecks/case.js';
import type { F } from './gradchecks/case.js';
import { given, lay, normal, values } from './samples/sample.js';
import type { Operand } from './samples/sample.js';

const z = (...shape: number[]): Tensor => t.zeros(shape);
const inf = Infinity;

/** ∂Σf(x)/∂x. */
function slope(f: F, x: Tensor): Tensor {
  const v = new Variable(x, { requiresGrad: true });
  sum(f(v)).backward();
  return v.grad!;
}

describe('losses: derivatives', () => {
  const probabilities = given([0.2, 0.5, 0.9, 0.7, 0.1, 0.3], [2, 3]);
  const target = given([0.6, 0.1, 0.3, 0.2, 0.2, 0.6], [2, 3]);
  const labels = t.tensor([[2, 0], [-100, 1]]);
  const weight = t.tensor([0.5, 2, 1], 'float64');
  const cases: readonly (readonly [name: string, f: F, ...inputs: Operand[]])[] = [
    ['mse', (x, y) => mse(x, y, { reduction: 'none' }), normal([2, 3]), normal([2, 3], 'permuted')],
    ['l1', (x, y) => l1(x, y), apart([2, 3]), apart([2, 3], 20)],
    ['smoothL1', (x, y) => smoothL1(x, y, { beta: 2, reduction: 'none' }), apart([3, 3]), normal([3, 3])],
    ['huber', (x, y) => huber(x, y, { delta: 2, reduction: 'sum' }), apart([3, 3]), normal([3, 3])],
    ['bceWithLogits', (x, y) => bceWithLogits(x, y, { weight, posWeight: weight }), normal([2, 3]), target],
    ['bce', (x, y) => bce(x, y, { reduction: 'none' }), probabilities, target],
    ['klDivergence', (x, y) => klDivergence(x, y, { reduction: 'batchMean' }), normal([2, 3]), target],
    ['klDivergence logTarget', (x, y) => klDivergence(x, y, { logTarget: true }), normal([2, 3]), normal([2, 3])],
    ['nll', (x) => nll(x, labels, { weight }), normal([2, 2, 3])],
    ['crossEntropy', (x) => crossEntropy(x, labels, { weight, labelSmoothing: 0.2 }), normal([2, 2, 3], 'permuted')],
    ['crossEntropy none', (x) => crossEntropy(x, labels, { reduction: 'none' }), normal([2, 2, 3], 'sliced')],
    ['crossEntropy probabilities', (x, y) => crossEntropy(x, y, { weight, labelSmoothing: 0.2 }),
      normal([2, 3]), target],
  ];
  for (const [name, f, ...inputs] of cases) {
    const tensors = (): Tensor[] => values({ op: name, name: 'loss', inputs, run: ([x]) => x, want: ([x]) => x })
      .map((x, i) => lay(x, inputs[i].layout, 'float64'));

    it(name, () => t.scope(() => {
      expect(gradcheck(f, tensors())).to.be.at.most(1e-6);
    }));

    it(`${name}: the gradient's own gradient`, () => t.scope(() => {
      const first: F = (...xs) => enableGrad(() => {
        const leaves = xs.map((x) => (x.requiresGrad ? x : new Variable(x.value, { requiresGrad: true })));
        const [g] = grad(sum(mul(f(...leaves), f(...leaves))), [leaves[0]], { createGraph: true });
        return g;
      });
      expect(gradcheck(first, tensors(), { directions: 2 })).to.be.at.most(1e-6);
    }));
  }
});

describe('losses: edges', () => {
  it('where a class is ruled out by −∞, another one can still be learnt', () => {
    const logits = t.tensor([[1, -inf, 2]]);
    for (const f of [
      (x: Variable) => crossEntropy(x, t.tensor([0])),
      (x: Variable) => nll(ag.logSoftmax(x), t.tensor([0])),
    ]) {
      expect(f(new Variable(logits)).item()).to.be.closeTo(Math.log(1 + Math.E), 1e-6);
      const s = 1 / (1 + Math.E);
      t.toDType(slope(f, logits), 'float64').toFloat64Array().forEach((g, c) =>
        expect(g).to.be.closeTo([s - 1, 0, 1 - s][c], 1e-6));
    }
  });

  it('what is ignored costs nothing, whatever stands there', () => {
    const options = { reduction: 'none' } as const;
    const logProbs = t.tensor([[NaN, -inf], [-1, -2]]);
    const losses = nll(logProbs, t.tensor([-100, 1]), options);
    expect(t.add(losses.value, 0).toArray()).to.deep.equal([0, 2]); // −0 + 0 is 0
    expect(slope((x) => nll(x, t.tensor([-100, 1]), options), logProbs).toArray()).to.deep.equal([[0, 0], [0, -1]]);
  });

  it('are NaN where everything is ignored, as in PyTorch', () => {
    expect(crossEntropy(z(2, 3), t.tensor([-100, -100])).item()).to.be.NaN;
    expect(crossEntropy(z(2, 3), t.tensor([-100, -100]), { reduction: 'sum' }).item()).to.equal(0);
  });

  it('bceWithLogits keeps what a sigmoid has lost', () => {
    const logits = t.tensor([200, -200]);
    const wrong = t.tensor([0, 1]);
    expect(bceWithLogits(logits, wrong, { reduction: 'none' }).value.toArray()).to.deep.equal([200, 200]);
    expect(slope((x) => bceWithLogits(x, wrong, { reduction: 'none' }), logits).toArray()).to.deep.equal([1, -1]);
    expect(bce(ag.sigmoid(logits), wrong, { reduction: 'none' }).value.toArray()).to.deep.equal([100, 100]);
  });

  it('sum and none of an empty batch are 0 and empty', () => {
    expect(mse(z(0, 2), z(0, 2), { reduction: 'sum' }).item()).to.equal(0);
    expect(crossEntropy(z(0, 3), z(0), { reduction: 'none' }).shape).to.deep.equal([0]);
    expect(bce(z(0), z(0), { reduction: 'sum' }).item()).to.equal(0);
  });

  it('labels may have another element type than the scores', () => {
    const logits = t.tensor([[1, 2], [3, 5]], 'float64');
    const want = crossEntropy(logits, t.tensor([0, 1], 'float64')).item();
    expect(crossEntropy(logits, t.tensor([0, 1])).item()).to.equal(want);
  });

  it('of meta tensors there is a shape', () => {
    const x = t.meta(() => z(2, 4, 3));
    expect(crossEntropy(x, t.meta(() => z(2, 4)), { reduction: 'none', labelSmoothing: 0.1 }).shape)
      .to.deep.equal([2, 4]);
    expect(crossEntropy(x, x).shape).to.deep.equal([]);
    expect(bce(x, x, { reduction: 'none' }).shape).to.deep.equal([2, 4, 3]);
    expect(bceWithLogits(x, x).value.isMeta).to.equal(true);
  });

  it('leave nothing behind but the loss, once they have been gone back from', () => {
    const x = new Variable(t.full([2, 3], 0.5), { requiresGrad: true });
    const y = t.full([2, 3], 0.25);
    const labels = t.tensor([0, 2]);
    const losses: readonly F[] = [
      (v) => mse(v, y), (v) => l1(v, y), (v) => smoothL1(v, y), (v) => huber(v, y), (v) => bceWithLogits(v, y),
      (v) => bce(v, y), (v) => klDivergence(v, y), (v) => nll(v, labels),
      (v) => crossEntropy(v, labels, { labelSmoothing: 0.1 }), (v) => crossEntropy(v, y),
    ];
    for (const loss of losses) {
      t.scope(() => loss(x).backward());
      x.zeroGrad();
      const before = t.info().heap.liveBytes;
      t.scope(() => loss(x).backward());
      x.zeroGrad();
      expect(t.info().heap.liveBytes).to.equal(before);
    }
  });

  it('with label smoothing, too, an ignored position may have any score', () => {
    const logits = t.tensor([[1, 2, 3], [-Infinity, 1, 2], [NaN, 1, 2]]);
    const first = crossEntropy(t.tensor([[1, 2, 3]]), t.tensor([2]), { labelSmoothing: 0.1 }).item();
    expect(crossEntropy(logits, t.tensor([2, -100, -100]), { labelSmoothing: 0.1 }).item()).to.equal(first);
  });
});

describe('losses: bad input', () => {
  const logits = t.tensor([[1, 2], [3, 4]]);
  const rows: readonly (readonly [call: () => unknown, message: string])[] = [
    [() => mse(z(2, 3), z(3)), 'mse: prediction and target have the same shape; got [2,3] and [3]'],
    [() => mse(z(2), t.zeros([2], 'float64')), 'sub: operands are float32 and float64'],
    [() => mse(sent('[1]'), z(1)), 'mse: x should be a Tensor; got a Array'],
    [() => mse(z(0), z(0)), "mse: the batch is empty and has no mean; use reduction 'sum'"],
    [() => mse(z(2), z(2), { reduction: 'average' as Reduction }),
      'mse: reduction is one of mean, sum, none; got average'],
    [() => l1(z(2, 1), z(2)), 'l1: prediction and target have the same shape; got [2,1] and [2]'],
    [() => smoothL1(z(2), z(2), { beta: -1 }), 'smoothL1: beta is a number >= 0; got -1'],
    [() => smoothL1(z(2), z(1)), 'smoothL1: prediction and target have the same shape'],
    [() => huber(z(2), z(2), { delta: 0 }), 'huber: delta is a number > 0; got 0'],
    [() => bceWithLogits(z(2, 3), z(3, 2)),
      'bceWithLogits: logits and target have the same shape; got [2,3] and [3,2]'],
    [() => bceWithLogits(z(3), z(3), { posWeight: z(2, 3) }),
      'bceWithLogits: posWeight broadcasts to the shape of the loss, [3]; got [2,3]'],
    [() => bceWithLogits(z(3), z(3), { weight: z(2) }), 'bceWithLogits: shapes [3] and [2] do not broadcast'],
    [() => bce(t.tensor([0.5, 1.5]), z(2)),
      'bce: probabilities are from 0 to 1; got 0.5 … 1.5; for logits use bceWithLogits'],
    [() => bce(t.tensor([0.5, NaN]), z(2)), 'bce: probabilities are from 0 to 1; got NaN … NaN'],
    [() => bce(z(2), z(2), { weight: sent('1') }), 'bce: weight should be a Tensor; got number 1'],
    [() => klDivergence(z(2, 3), z(2)), 'klDivergence: logInput and target have the same shape; got [2,3] and [2]'],
    [() => klDivergence(z(), z(), { reduction: 'batchMean' }), 'klDivergence: a scalar has no batch axis'],
    [() => klDivergence(z(2), z(2), { reduction: 'batchmean' as Reduction }),
      'klDivergence: reduction is one of mean, batchMean, sum, none; got batchmean'],
    [() => nll(z(2, 3), z(3)), 'nll: takes logProbs [N,…,classes] and labels [N,…]; got [2,3] and [3]'],
    [() => nll(z(2, 3), z(2, 3)), 'nll: takes logProbs [N,…,classes] and labels [N,…]; got [2,3] and [2,3]'],
    [() => nll(z(1, 3), t.tensor([3])),
      'nll: label 3 at index 0 is not one of the 3 classes 0..2, nor ignoreIndex -100'],
    [() => nll(z(1, 3), t.tensor([-1])), 'nll: label -1 at index 0 is not one of the 3 classes'],
    [() => nll(z(1, 3), z(1), { weight: z(2) }), 'nll: weight has one number for each of the 3 classes; got [2]'],
    [() => crossEntropy(z(2, 3, 4), z(2, 4)), 'crossEntropy: takes logits [N,…,classes] and labels [N,…], or '
      + 'probabilities of the shape of the logits; got [2,3,4] and [2,4]'],
    [() => crossEntropy(logits, t.tensor([0, NaN])), 'crossEntropy: label NaN at index 1'],
    [() => crossEntropy(logits, logits, { ignoreIndex: 0 }), 'crossEntropy: ignoreIndex is for labels; a target of the '
      + 'shape of the logits, [2,2], holds probabilities'],
    [() => crossEntropy(logits, logits, { weight: z(3) }),
      'crossEntropy: weight has one number for each of the 2 classes'],
    [() => crossEntropy(z(0, 3), z(0)), 'crossEntropy: the batch is empty and has no mean'],
    [() => crossEntropy(logits, z(2), { labelSmoothing: NaN }), 'crossEntropy: labelSmoothing is from 0 to 1; got NaN'],
  ];
  for (const [call, message] of rows) it(message, () => expect(call).to.throw(message));
});
