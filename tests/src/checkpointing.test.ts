/** Checkpoints: less memory, and for all else no difference. */
import * as ag from '@vitrine/autograd';
import { Variable, checkpoint, grad, gradcheck, noGrad } from '@vitrine/autograd';
import { CONVENTIONS, EfficientNet, MBConv } from '@vitrine/efficientnet';
import { BatchNorm2d, Dropout, Linear, Module, RMSpropTF, Sequential, SiLU, crossEntropy } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { describeOnBackends } from './support/backends.js';
import { withHeap } from './support/heaps.js';

const leaf = (...values: number[]): Variable => new Variable(t.tensor(values), { requiresGrad: true });
const numbers = (x: t.Tensor | null): number[] | null => (x === null ? null : Array.from(x.toFloat64Array()));
const double = (shape: number[], seed: number): t.Tensor => t.randn(shape, new t.Random(seed), { dtype: 'float64' });

interface Trained {
  readonly losses: number[];
  readonly gradients: Map<string, Float32Array>;
  readonly state: Map<string, Float32Array>;
  /** Words drawn from the default stream. */
  readonly drawn: number;
}

/** Two steps of a whole network, with dropout, stochastic depth and moving statistics, and what they leave. */
function train(
  checkpointed: (model: EfficientNet) => readonly Module[], prepare = (_model: EfficientNet): void => {},
): Trained {
  t.manualSeed(3);
  const model = EfficientNet.fromName('small-32', { numClasses: 10, dropPath: 0.5 });
  prepare(model);
  for (const module of checkpointed(model)) module.checkpointed = true;
  const optimizer =
    new RMSpropTF([{ parameters: model.parameters().filter(({ requiresGrad }) => requiresGrad) }], { lr: 0.01 });
  const images = t.randn([4, 32, 32, 3], new t.Random(1));
  const labels = t.tensor([0, 3, 3, 9]);
  const losses: number[] = [];
  const gradients = new Map<string, Float32Array>();
  for (let step = 0; step < 2; step++) {
    losses.push(t.scope(() => {
      const loss = crossEntropy(model.call(images), labels);
      loss.backward();
      return loss.item();
    }));
    for (const [name, parameter] of model.namedParameters()) {
      if (parameter.grad !== null) gradients.set(`${step} ${name}`, parameter.grad.toFloat32Array());
    }
    optimizer.step();
    optimizer.zeroGrad();
  }
  const state = new Map(Array.from(model.stateDict(), ([name, tensor]) => [name, tensor.toFloat32Array()]));
  return { losses, gradients, state, drawn: runtime.random.state.counter };
}

describeOnBackends('checkpoint: a network, bit for bit as without', () => {
  const plain = new Map<string, Trained>();
  const cases: readonly (readonly [string, (model: EfficientNet) => readonly Module[]])[] = [
    ['every block', ({ blocks }) => blocks],
    ['some blocks, the stem (whose input is a constant) and the head', ({ blocks, stem, stemNorm, head }) =>
      [stem, stemNorm, blocks[1], blocks[2], head]],
    ['one inside another', (model) => [model, ...model.blocks, ...model.blocks.flatMap((block) =>
      (block instanceof MBConv && block.squeezeExcitation !== null ? [block.squeezeExcitation] : []))]],
  ];
  const preparations: Readonly<Record<string, (model: EfficientNet) => void>> = {
    'all trained': () => {},
    'batch norm in evaluation mode, half of it frozen': (model) => {
      for (const [name, module] of model.namedModules()) {
        if (module instanceof BatchNorm2d) module.eval();
        if (/^blocks\.[02]/.test(name)) module.freeze();
      }
    },
  };
  for (const [preparation, prepare] of Object.entries(preparations)) {
    for (const [name, checkpointed] of cases) {
      it(`${preparation}: ${name}`, () => {
        const want = plain.get(preparation) ?? train(() => [], prepare);
        plain.set(preparation, want);
        expect(new Set(want.losses).size).to.equal(2);
        const got = train(checkpointed, prepare);
        expect(got.losses).to.deep.equal(want.losses);
        expect(got.drawn).to.equal(want.drawn);
        expect([...got.gradients.keys()]).to.deep.equal([...want.gradients.keys()]);
        for (const [key, values] of want.gradients) expect(got.gradients.get(key), key).to.deep.equal(values);
        for (const [key, values] of want.state) expect(got.state.get(key), key).to.deep.equal(values);
      });
    }
  }
});

describe('checkpoint: threads', () => {
  before(() => t.setBackend('simd'));
  after(() => t.setThreads(1));

  it('1 and 2 threads, with and without, leave the same bits', async () => {
    const runs: Trained[] = [];
    for (const threads of [1, 2]) {
      t.setThreads(threads);
      await t.threadsReady();
      runs.push(train(() => []), train(({ blocks }) => blocks));
    }
    for (const { losses, state } of runs.slice(1)) {
      expect(losses).to.deep.equal(runs[0].losses);
      for (const [key, values] of runs[0].state) expect(state.get(key), key).to.deep.equal(values);
    }
  });
});

describe('checkpoint: memory', () => {
  /**
   * Bytes over what was there before: at the end of the forward pass, at most, and after the backward pass without the
   * gradients.
   */
  function measure(checkpointed: boolean): { afterForward: number; peak: number; left: number } {
    const heap = new Heap(['private']);
    return withHeap(heap, () => {
      t.manualSeed(1);
      const block = (): MBConv => new MBConv({
        inChannels: 8, outChannels: 8, kernel: 3, stride: 1, expandRatio: 4, dropPath: 0.2, squeezeRatio: 0.25,
        activation: 'silu', conventions: CONVENTIONS.pytorch,
      });
      const model = new Sequential(...Array.from({ length: 6 }, block));
      for (const layer of model.layers) layer.checkpointed = checkpointed;
      const images = t.randn([4, 12, 12, 8], new t.Random(2));
      const before = heap.liveBytes;
      const afterForward = t.scope(() => {
        const loss = ag.mean(ag.square(model.call(images)));
        const bytes = heap.liveBytes;
        loss.backward();
        return bytes;
      });
      const peak = heap.peakBytes;
      model.zeroGrad();
      return { afterForward: afterForward - before, peak: peak - before, left: heap.liveBytes - before };
    });
  }

  it('six MBConv blocks: a third of the peak, and nothing is left over', () => {
    const [plain, checkpointed] = [measure(false), measure(true)];
    expect([plain.left, checkpointed.left]).to.deep.equal([0, 0]);
    expect(checkpointed.afterForward).to.be.lessThan(plain.afterForward / 8);
    expect(checkpointed.peak).to.be.lessThan(plain.peak / 2.5);
  });

  it('the forward pass keeps the input and nothing else', () => {
    const x = leaf(1, 2, 3);
    const out = t.scope(() => checkpoint((v) => ag.exp(ag.mul(ag.tanh(v), v)), x));
    expect(out.node?.saved?.map(({ storage }) => storage)).to.deep.equal([x.value.storage]);
  });
});

describe('checkpoint: gradients', () => {
  it('reach inputs, leaves and intermediate values that the function reads from outside', () => {
    const run = (wrap: boolean): (number[] | null)[] => {
      const [x, w, v] = [leaf(1, 2), leaf(3, -1), leaf(0.5, 2)];
      const outer = ag.exp(v);
      const f = (y: Variable): Variable => ag.mul(ag.add(ag.square(y), ag.mul(outer, w)), outer);
      ag.sum(ag.mul(wrap ? checkpoint(f, x) : f(x), w)).backward();
      return [x, w, v].map(({ grad: g }) => numbers(g));
    };
    expect(run(true)).to.deep.equal(run(false));
  });

  it('an input that is also read from outside, or given twice, or not read, or needs none', () => {
    const [x, unused] = [leaf(3), leaf(4)];
    const constant = t.tensor([10]);
    ag.sum(checkpoint((a, _unused, c) => ag.mul(ag.mul(a, x), c), x, unused, constant)).backward();
    expect([numbers(x.grad), unused.grad]).to.deep.equal([[60], null]);
    const y = leaf(3);
    checkpoint((a, b) => ag.mul(a, ag.square(b)), y, y).backward();
    expect(numbers(y.grad)).to.deep.equal([27]);
  });

  it('a function that returns its input, or what needs no gradient, leaves no node', () => {
    const x = leaf(1, 2);
    expect(checkpoint((v) => v, x)).to.equal(x);
    expect(checkpoint(() => ag.exp(t.tensor([1])), x).node).to.equal(null);
    expect(checkpoint((v) => noGrad(() => ag.exp(v)), x).node).to.equal(null);
    const quiet = noGrad(() => checkpoint((v) => ag.exp(v), x));
    expect([quiet.node, quiet.requiresGrad]).to.deep.equal([null, false]);
  });

  it('grad() by parameters and inputs, and a second pass over a retained graph', () => {
    const [x, w] = [leaf(2), leaf(5)];
    const out = checkpoint((v) => ag.mul(ag.square(v), w), x);
    expect(grad(out, [w, x], { retainGraph: true }).map((g) => g.item())).to.deep.equal([4, 20]);
    out.backward({ retainGraph: true });
    out.backward();
    expect([numbers(x.grad), numbers(w.grad)]).to.deep.equal([[40], [8]]);
    expect(() => out.backward()).to.throw('an earlier pass has released what checkpoint saved');
  });

  it('of gradients: as without, and as the definition of the derivative', () => {
    const [x, w] = [double([3, 4], 1), double([4, 4], 2)];
    const body = (a: Variable, b: Variable): Variable => ag.silu(ag.matmul(ag.tanh(ag.matmul(a, b)), b));
    const penalty = (f: typeof body) => (a: Variable, b: Variable): Variable =>
      ag.sum(ag.square(ag.enableGrad(() => {
        const [input, weight] = [a, b].map((v) => (v.requiresGrad ? v : new Variable(v.value, { requiresGrad: true })));
        return grad(ag.sum(ag.square(f(input, weight))), [input], { createGraph: true })[0];
      })));
    const checkpointed = (a: Variable, b: Variable): Variable => checkpoint((v) => body(v, b), a);
    gradcheck(penalty(checkpointed), [x, w]);
    const gradientsOf = (f: typeof body): (number[] | null)[] => {
      const leaves = [x, w].map((value) => new Variable(value, { requiresGrad: true }));
      penalty(f)(leaves[0], leaves[1]).backward();
      return leaves.map(({ grad: g }) => numbers(g));
    };
    const [got, want] = [gradientsOf(checkpointed), gradientsOf(body)];
    got.flat().forEach((value, i) =>
      expect(value).to.be.closeTo(want.flat()[i]!, 1e-12 * Math.abs(want.flat()[i]!) + 1e-13));
  });

  it('of a block with dropout and batch norm, twice, with one inside the other', () => {
    const layers = (): Module => new Sequential(
      new Linear(4, 4), new BatchNorm2d(4, { activation: 'silu' }), new Dropout(0.5), new Linear(4, 2));
    const run = (inner: boolean, outer: boolean): (number[] | null)[] => {
      t.manualSeed(7);
      const model = new Sequential(layers(), new SiLU());
      model.layers[0].checkpointed = inner;
      model.checkpointed = outer;
      const x = new Variable(t.randn([6, 4], new t.Random(1)), { requiresGrad: true });
      const [dx] = grad(ag.sum(ag.square(model.call(x))), [x], { createGraph: true });
      ag.sum(ag.square(dx)).backward();
      return [...model.parameters().map(({ grad: g }) => numbers(g)), [runtime.random.state.counter],
        ...Array.from(model.namedBuffers(), ([, { value }]) => numbers(value))];
    };
    const want = run(false, false);
    for (const [inner, outer] of [[true, false], [false, true], [true, true]]) {
      run(inner, outer).flat().forEach((value, i) => {
        const wanted = want.flat()[i];
        if (value === null || wanted === null) expect(value).to.equal(wanted);
        else expect(value, `${inner} ${outer} ${i}`).to.be.closeTo(wanted, 1e-5 * Math.max(1, Math.abs(wanted)));
      });
    }
  });
});

describe('checkpoint: once or twice', () => {
  it('hooks run once, statistics move once, the stream goes on where it was', () => {
    t.manualSeed(1);
    const norm = new BatchNorm2d(2);
    const model = new Sequential(norm, new Dropout(0.5));
    let calls = 0;
    norm.onForward(() => calls++);
    model.checkpointed = true;
    const loss = ag.sum(model.call(new Variable(t.tensor([[0, 1], [2, 5]]), { requiresGrad: true })));
    const [mean, after] = [numbers(norm.runningMean.value), runtime.random.state];
    loss.backward();
    expect([calls, numbers(norm.runningMean.value), runtime.random.state, runtime.recomputing])
      .to.deep.equal([1, mean, after, false]);
    expect(mean![1]).to.be.closeTo(0.3, 1e-6);
  });

  it('a failure leaves modes and stream as they were', () => {
    const { random } = runtime;
    let runs = 0;
    const out = checkpoint((v) => {
      if (++runs === 2) throw new Error('not again');
      return ag.exp(v);
    }, leaf(1));
    expect(() => out.backward()).to.throw('not again');
    expect(() => checkpoint(() => {
      throw new Error('not at all');
    }, leaf(1))).to.throw('not at all');
    expect([runtime.random, runtime.recomputing, runtime.tracing, runtime.gradientMode, runtime.scope])
      .to.deep.equal([random, false, null, true, null]);
  });
});

describe('checkpoint: mistakes', () => {
  const rows: readonly (readonly [name: string, f: () => unknown, message: string])[] = [
    ['a function that does something else the second time', () => {
      let runs = 0;
      checkpoint((v) => ag.mul(v, ++runs), leaf(1)).backward();
    }, 'checkpoint: the function gave another result when it ran again for its gradient, [1], before [1]; ' +
      'it must do the same both times'],
    ['another mode', () => {
      const norm = new BatchNorm2d(1);
      norm.checkpointed = true;
      const loss = ag.sum(ag.square(norm.call(new Variable(t.tensor([[1], [4]]), { requiresGrad: true }))));
      norm.eval();
      loss.backward();
    }, 'same mode (train or eval)'],
    ['a random stream of its own', () => {
      const stream = new t.Random(1);
      ag.sum(checkpoint((v) => ag.mul(v, t.randn([8], stream)), new Variable(t.ones([8]), { requiresGrad: true })))
        .backward();
    }, 'random numbers from the default stream'],
    ['another shape', () => {
      let runs = 0;
      checkpoint((v) => ag.slice(v, 0, runs++, 2), leaf(1, 2)).backward({ gradient: t.ones([2]) });
    }, 'another result when it ran again for its gradient, [1], before [2]'],
    ['a parameter changed before the way back', () => {
      const w = leaf(1);
      const out = checkpoint((v) => ag.mul(v, w), leaf(1));
      t.addInto(w.value, t.ones([1]));
      out.backward();
    }, 'backward: checkpoint saved a tensor of shape [1] that was changed in place'],
    ['what was put aside inside', () => {
      const aside: Variable[] = [];
      checkpoint((v) => {
        aside.push(t.keep(ag.exp(v)));
        return ag.exp(aside[0]);
      }, leaf(1));
      ag.square(aside[0]).backward();
    }, "backward: exp ran inside checkpoint, which kept nothing of it; " +
      "only what the checkpoint's function returns has a past"],
    ['a backward pass inside', () => checkpoint((v) => grad(ag.square(v), [v])[0], leaf(1)),
      'backward: a checkpoint is being made, and inside it there is no graph'],
    ['a Promise', () => checkpoint((v) => Object.assign(ag.exp(v), { then: () => {} }), leaf(1)),
      'scope "checkpoint": the function returned a Promise'],
  ];
  for (const [name, f, message] of rows) it(name, () => expect(f).to.throw(message));
});
