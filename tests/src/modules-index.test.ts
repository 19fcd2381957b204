/** Modules that hold modules, change shapes, and look vectors up. */
import { Variable, noGrad } from '@vitrine/autograd';
import {
  Embedding, Flatten, Identity, Linear, Module, ModuleList, ReLU, SGD, Sequential, summarize,
} from '@vitrine/nn';
import { add, manualSeed, meta, ones, scope, tensor, zeros } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { toTensor } from './support/fixture-models.js';
import { readFixture } from './support/fixtures.js';
import type { OpCase } from './support/fixtures.js';

describe('modules-index: Flatten, Identity', () => {
  it('Flatten keeps the batch, or what it is told', () => {
    const images = zeros([2, 3, 4, 5]);
    expect(new Flatten().call(images).shape).to.deep.equal([2, 60]);
    expect(new Flatten({ startAxis: 0 }).call(images).shape).to.deep.equal([120]);
    expect(new Flatten({ startAxis: 1, endAxis: 2 }).call(images).shape).to.deep.equal([2, 12, 5]);
    expect(String(new Flatten())).to.equal('Flatten(startAxis=1, endAxis=-1)');
    expect(() => new Flatten().call(zeros([3]))).to.throw('flatten: axis 1 is out of range; axes of [3] are -1..0');
  });

  it('Flatten passes gradients in the shape they came in', () => {
    const x = new Variable(ones([2, 2, 3]), { requiresGrad: true });
    new Flatten().call(x).backward({ gradient: ones([2, 6]) });
    expect(x.grad!.shape).to.deep.equal([2, 2, 3]);
  });

  it('Identity returns what it got', () => {
    const x = new Variable(ones([2]));
    expect(new Identity().call(x)).to.equal(x);
    expect(String(new Sequential(new Flatten(), new Identity()))).to.equal(
      'Sequential(\n  (0): Flatten(startAxis=1, endAxis=-1)\n  (1): Identity()\n)');
  });
});

describe('modules-index: ModuleList', () => {
  class WithList extends Module {
    readonly blocks = new ModuleList([new Linear(2, 2), new Linear(2, 3)]);

    forward(x: Variable): Variable {
      let out = x;
      for (const block of this.blocks) out = block.call(out);
      return out;
    }
  }
  class WithArray extends Module {
    readonly blocks = [new Linear(2, 2), new Linear(2, 3)];

    forward(x: Variable): Variable {
      return this.blocks.reduce((out, block) => block.call(out), x);
    }
  }

  it('has an index, a length, and an end to push to', () => {
    const [a, b, c] = [new ReLU(), new Identity(), new Flatten()];
    const list = new ModuleList<Module>([a, b]);
    expect(list.push(c)).to.equal(3);
    expect([list.length, list.at(0), list.at(-1)]).to.deep.equal([3, a, c]);
    expect([...list]).to.deep.equal([a, b, c]);
    expect([...new ModuleList()]).to.deep.equal([]);
    for (const index of [3, -4, 0.5]) {
      expect(() => list.at(index)).to.throw(RangeError, `ModuleList: there is no module ${index}; the list has 3`);
    }
    expect(() => list.push(JSON.parse('{}') as Module)).to.throw(TypeError, 'ModuleList: item 3 is no Module');
    expect(list.length).to.equal(3);
  });

  it('names its modules 0, 1, … as PyTorch does, and as a plain array in a module does', () => {
    const names = ['blocks.0.weight', 'blocks.0.bias', 'blocks.1.weight', 'blocks.1.bias'];
    expect([...new WithList().stateDict().keys()]).to.deep.equal(names);
    expect([...new WithArray().stateDict().keys()]).to.deep.equal(names);
    const own = names.map((name) => name.replace('blocks.', ''));
    expect([...new WithList().blocks.stateDict().keys()]).to.deep.equal(own);
    expect(String(new WithList()).replace('WithList', '')).to.equal(String(new WithArray()).replace('WithArray', ''));
  });

  it('loads what an array saved, and computes the same', () => {
    const [list, array] = [new WithList(), new WithArray()];
    list.loadStateDict(array.stateDict());
    const x = tensor([[1, -2]]);
    expect(list.call(x).value.toArray()).to.deep.equal(array.call(x).value.toArray());
  });

  it('is a module: of lists, with modes and freezing of its own', () => {
    const model = new WithList();
    const nested = new ModuleList([new ModuleList([new Linear(1, 1)]), model.blocks]);
    expect([...nested.stateDict().keys()].slice(0, 3)).to.deep.equal(['0.0.weight', '0.0.bias', '1.0.weight']);
    nested.eval();
    expect([model.training, model.blocks.at(1).training]).to.deep.equal([true, false]);
    model.blocks.freeze();
    expect(model.parameters().some(({ requiresGrad }) => requiresGrad)).to.equal(false);
    expect(summarize(model, [1, 2]).layers.map(({ name }) => name)).to.deep.equal(['blocks.0', 'blocks.1']);
    expect(() => nested.call(zeros([1]))).to.throw('ModuleList: a list does not say how its modules run');
  });
});

const { cases, get } = readFixture<OpCase<{ readonly paddingIndex?: number }>>('arrange.safetensors');
const embeddings = cases.filter(({ op }) => op === 'embedding');

describeOnBackends('modules-index: Embedding against PyTorch', () => {
  it('with and without padding', () => expect(embeddings).to.have.length(2));

  for (const { name, inputs, options, output, cotangent, grads } of embeddings) {
    for (const [dtype, tolerance] of [['float64', 2e-7], ['float32', 1e-6]] as readonly [DType, number][]) {
      it(`${name}, ${dtype}`, () => scope(() => {
        const [weight, indices] = inputs.map((input) => toTensor(get(input), dtype));
        const layer = meta(() => new Embedding(6, 4, options));
        layer.loadStateDict(new Map([['weight', weight]]));
        const out = layer.call(indices);
        expectClose(out.value, get(output), tolerance, 'output');
        expectClose(noGrad(() => layer.call(indices)).value, get(output), tolerance, 'output without gradients');
        out.backward({ gradient: toTensor(get(cotangent!), dtype) });
        expectClose(layer.weight.grad!, get(grads[0]!), tolerance, 'gradient');
      }));
    }
  }
});

describe('modules-index: Embedding', () => {
  it('starts from N(0, 1), the same after the same seed, with a row of zeros for the padding', () => {
    manualSeed(3);
    const layer = new Embedding(100, 50, { paddingIndex: 7 });
    const plain = (manualSeed(3), new Embedding(100, 50));
    const rows = layer.weight.value.toArray() as number[][];
    expect(rows[7]).to.deep.equal(new Array(50).fill(0));
    expect(rows.toSpliced(7, 1)).to.deep.equal((plain.weight.value.toArray() as number[][]).toSpliced(7, 1));
    const values = plain.weight.value.toFloat64Array();
    const mean = (f: (v: number) => number): number => values.reduce((sum, v) => sum + f(v), 0) / values.length;
    expect(mean((v) => v)).to.be.closeTo(0, 4 / Math.sqrt(5000));
    expect(mean((v) => v * v)).to.be.closeTo(1, 4 * Math.sqrt(2 / 5000));
  });

  it('takes indices in any shape', () => {
    const layer = new Embedding(5, 3);
    const [row] = (layer.call(tensor(4)).value.toArray() as number[]);
    expect(layer.call(tensor(4)).shape).to.deep.equal([3]);
    expect(layer.call(tensor([[4, 1], [0, 4]])).shape).to.deep.equal([2, 2, 3]);
    expect((layer.call(tensor([[4, 1], [0, 4]])).value.toArray() as number[][][])[1][1][0]).to.equal(row);
    expect(layer.call(zeros([2, 0])).shape).to.deep.equal([2, 0, 3]);
    expect(meta(() => new Embedding(50_000, 768, { paddingIndex: 0 })).call(meta(() => zeros([8, 128]))).shape)
      .to.deep.equal([8, 128, 768]);
  });

  it('the padding does not move in training, all that was read does', () => {
    const layer = new Embedding(4, 2, { paddingIndex: 0 });
    layer.loadStateDict(new Map([['weight', ones([4, 2])]]));
    const optimizer = new SGD(layer.parameters(), { lr: 1 });
    layer.call(tensor([0, 1, 1, 3])).backward({ gradient: ones([4, 2]) });
    optimizer.step();
    expect(layer.weight.value.toArray()).to.deep.equal([[1, 1], [-1, -1], [1, 1], [0, 0]]);
  });

  it('shows its sizes, and refuses what cannot be', () => {
    expect(String(new Embedding(4, 2))).to.equal('Embedding(4, 2)');
    expect(String(new Embedding(4, 2, { paddingIndex: 3 }))).to.equal('Embedding(4, 2, paddingIndex=3)');
    expect(() => new Embedding(0, 2)).to.throw(RangeError, 'Embedding: count is a whole number >= 1; got 0');
    expect(() => new Embedding(4, 2.5)).to.throw(RangeError, 'Embedding: dim is a whole number >= 1; got 2.5');
    expect(() => new Embedding(4, 2, { paddingIndex: 4 }))
      .to.throw(RangeError, 'paddingIndex is one of the 4 rows 0..3; got 4');
    expect(() => new Embedding(4, 2).call(tensor([1, 4])))
      .to.throw(RangeError, 'index 4 at position 1 is not one of the 4');
    expect(() => new Embedding(4, 2).call(add(tensor([1]), 0.5))).to.throw(RangeError, 'index 1.5 at position 0');
  });
});
