/** The profiler: what belongs to which module. Times themselves are never asserted, only that they add up. */
import { add, relu } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { EfficientNet } from '@vitrine/efficientnet';
import {
  BatchNorm2d, Dropout, Linear, Module, Sequential, crossEntropy, formatProfile, preserving, profile, summarize,
} from '@vitrine/nn';
import type { ProfileRow } from '@vitrine/nn';
import { Random, meta, ones, randn, tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { expect } from 'chai';

const images = randn([4, 28, 28, 1], new Random(1));
const network = (): EfficientNet => EfficientNet.fromName('tiny-28', { numClasses: 10 });

const byName = (rows: readonly ProfileRow[]): Map<string, ProfileRow> => new Map(rows.map((row) => [row.name, row]));
/** The rows directly below one. */
const childrenOf = (rows: readonly ProfileRow[], model: Module, name: string): ProfileRow[] => {
  const module = new Map(model.namedModules()).get(name);
  const names = Array.from(module?.namedChildren() ?? [], ([child]) => (name === '' ? child : `${name}.${child}`));
  return rows.filter((row) => names.includes(row.name));
};

/** The same layer twice, and one that is never called. */
class Twice extends Module {
  readonly inner = new Linear(3, 3);
  readonly unused = new Linear(3, 3);

  forward(x: Variable): Variable {
    return relu(add(this.inner.call(this.inner.call(x)), x));
  }
}

describe('profile', () => {
  it('has a row for every module that is called, the model first, with the summary\'s shapes and multiply-adds', () => {
    const model = network();
    const rows = profile(model, images, { runs: 1 });
    const called = Array.from(model.namedModules(), ([name]) => name);
    expect(rows.map(({ name }) => name)).to.deep.equal(called);
    const summary = summarize(model, images.shape);
    const found = byName(rows);
    for (const { name, type, outputShape, macs } of summary.layers) {
      expect(found.get(name), name).to.deep.include({ kind: type, outputShape, macs, calls: 1 });
    }
    expect(rows[0]).to.deep.include({ name: '', kind: 'EfficientNet', outputShape: [4, 10], macs: summary.macs });
  });

  it('adds up: what a module takes is its own time and its children\'s, forward and backward', () => {
    const model = network();
    const rows = profile(model, images, { runs: 3, loss: (logits) => crossEntropy(logits, tensor([1, 2, 3, 4])) });
    for (const row of rows) {
      const children = childrenOf(rows, model, row.name);
      const sum = (pick: (child: ProfileRow) => number): number =>
        children.reduce((total, child) => total + pick(child), 0);
      expect(row.forwardSelfMs, row.name).to.be.at.least(0);
      expect(row.forwardSelfMs + sum((child) => child.forwardMs), row.name).to.be.closeTo(row.forwardMs, 1e-6);
      expect(row.backwardSelfMs + sum((child) => child.backwardMs), row.name).to.be.closeTo(row.backwardMs, 1e-6);
      expect(row.macs, row.name).to.equal(children.length > 0 ? sum((child) => child.macs) : row.macs);
      for (const ms of [row.forwardMs, row.backwardMs]) {
        expect(ms, row.name).to.be.above(0).and.to.satisfy(Number.isFinite);
      }
      if (row.macs > 0) expect(row.gflops).to.be.closeTo((2 * row.macs) / row.forwardMs / 1e6, 1e-9);
      else expect(row.gflops, row.name).to.be.NaN;
    }
  });

  it('counts calls, and leaves out what is not called', () => {
    const rows = profile(new Twice(), ones([2, 3]), { runs: 1 });
    expect(rows.map(({ name, calls, macs }) => [name, calls, macs])).to.deep.equal([['', 1, 36], ['inner', 2, 36]]);
  });

  it('gives no backward time to what leaves no nodes: frozen layers before the first that is trained', () => {
    const model = new Sequential(new Linear(3, 4), new Linear(4, 5), new Linear(5, 6));
    const [first] = Array.from(model.namedChildren(), ([, child]) => child);
    first.freeze();
    const [whole, ...layers] = profile(model, ones([2, 3]), { runs: 1 });
    expect(layers[0].backwardMs).to.equal(0);
    for (const { backwardMs } of [whole, layers[1], layers[2]]) expect(backwardMs).to.be.above(0);
  });

  it('without backward: forward only', () => {
    const rows = profile(network().eval(), images, { runs: 1, backward: false });
    expect(rows.every(({ backwardMs, backwardSelfMs }) => backwardMs === 0 && backwardSelfMs === 0)).to.equal(true);
    expect(rows.every(({ forwardMs }) => forwardMs > 0)).to.equal(true);
  });

  it('a checkpointed block runs once forward, and all of its way back is its own', () => {
    const model = network();
    model.blocks[1].checkpointed = true;
    const rows = profile(model, images, { runs: 1 });
    const found = byName(rows);
    const block = found.get('blocks.1');
    expect(block).to.include({ calls: 1, backwardMs: block?.backwardSelfMs });
    expect(block?.backwardMs).to.be.above(0);
    const inside = rows.filter(({ name }) => name.startsWith('blocks.1.'));
    expect(inside.map(({ calls }) => calls)).to.deep.equal(inside.map(() => 1));
    expect(inside.map(({ backwardMs }) => backwardMs)).to.deep.equal(inside.map(() => 0));
  });

  it('leaves the model, its gradients and the random stream as they were', () => {
    const model = network();
    crossEntropy(model.call(images), tensor([1, 2, 3, 4])).backward();
    const gradients = model.parameters().map(({ grad }) => grad);
    const values = gradients.map((grad) => grad?.toFloat32Array());
    const state = Array.from(model.stateDict().values(), (value) => value.toFloat32Array());
    const { random } = runtime;
    const stream = JSON.stringify(random.state);
    profile(model, images, { runs: 1 });
    expect(model.parameters().map(({ grad }) => grad)).to.deep.equal(gradients);
    expect(gradients.map((grad) => grad?.toFloat32Array())).to.deep.equal(values);
    expect(Array.from(model.stateDict().values(), (value) => value.toFloat32Array())).to.deep.equal(state);
    expect([runtime.random, JSON.stringify(random.state), model.training]).to.deep.equal([random, stream, true]);
    expect(runtime.observer).to.equal(null);
  });

  it('does not disturb a graph that waits for its backward pass', () => {
    const model = network().eval();
    const loss = crossEntropy(model.call(images), tensor([1, 2, 3, 4]));
    profile(model, images, { runs: 1 });
    loss.backward();
    expect(model.classifier.weight.grad).not.to.equal(null);
  });

  it('what is observed gives the gradients that it gives unobserved', () => {
    const model = new Sequential(new Linear(3, 4), new BatchNorm2d(4), new Linear(4, 2));
    const x = randn([5, 3], new Random(2));
    const gradientsOf = (observer: typeof runtime.observer): number[][] => preserving(model, () => {
      runtime.observer = observer;
      try {
        crossEntropy(model.call(x), tensor([0, 1, 0, 1, 1])).backward();
      } finally {
        runtime.observer = null;
      }
      return model.parameters().map(({ grad }) => Array.from(grad?.toFloat32Array() ?? []));
    });
    let seen = 0;
    const watched = gradientsOf({
      forward: (_module, _input, run) => (seen++, run()),
      backward: (_order, run) => (seen++, run()),
    });
    const plain = gradientsOf(null);
    expect(seen, 'calls and nodes').to.be.above(4 + 4);
    expect(plain.flat().some((g) => g !== 0)).to.equal(true);
    expect(watched).to.deep.equal(plain);
  });

  it('puts everything back when the model throws', () => {
    const model = new Sequential(new Dropout(0.5), new Linear(3, 2));
    expect(() => profile(model, ones([2, 5]))).to.throw(/linear|matmul|Linear/i);
    expect(runtime.observer).to.equal(null);
    expect(profile(model, ones([2, 3]), { runs: 1 })).to.have.length(3);
  });

  it('refuses what it cannot measure', () => {
    expect(() => profile(new Linear(1, 1), ones([1, 1]), { runs: 0 })).to.throw(
      RangeError, 'profile: runs is a whole number >= 1; got 0');
    expect(() => profile(meta(() => new Linear(1, 1)), ones([1, 1]))).to.throw(/shapes only/);
  });

  it('prints a table whose columns line up', () => {
    const lines = formatProfile(profile(network(), images, { runs: 1 })).split('\n');
    expect(lines[0]).to.match(/^layer +type +output +calls +forward ms +self +backward ms +self +MACs +GFLOP\/s$/);
    expect(lines[2]).to.match(/^\(model\) +EfficientNet +\[4,10\] +1( +\d+\.\d+){4} +[\d,]+ +\d+\.\d$/);
    expect(lines.at(-1)).to.match(/^forward \d+\.\d+ ms \(\d+\.\d GFLOP\/s\), backward \d+\.\d+ ms$/);
    expect(new Set(lines.slice(0, -2).map((line) => line.indexOf(' ms')).filter((at) => at > 0)).size).to.equal(1);
    expect(formatProfile([]).split('\n')).to.have.length(2);
  });
});
