/** Modules and memory: what lives how long, what hooks see, what a frozen module does not compute. */
import { Variable, add, defineFunction, mul, sum, vjp } from '@vitrine/autograd';
import * as ag from '@vitrine/autograd';
import { BatchNorm2d, Linear, Module, Parameter, ReLU, Sequential } from '@vitrine/nn';
import { Random, add as addTensors, info, keep, mul as mulTensors, ones, randn, scope, tensor } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

/** The first operation may make what the kernels need, which counts as live. */
const warmUp = (): void => void scope(() => addTensors(tensor([1]), 1));

describe('module: hooks', () => {
  before(warmUp);
  const make = (): Sequential => new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 2));
  const x = randn([5, 3], new Random(1));

  it('see every call of their module, and not after removal', () => {
    const model = make();
    const calls: [Module, Variable, Variable][] = [];
    const remove = model.layers[1].onForward((...call) => calls.push(call));
    const out = model.call(x);
    model.call(x);
    expect(calls).to.have.length(2);
    const [[module, input, output]] = calls;
    expect(module).to.equal(model.layers[1]);
    expect(output.value.toFloat32Array())
      .to.deep.equal(input.value.toFloat32Array().map((value) => Math.max(0, value)));
    expect(model.layers[2].call(output).value.toFloat32Array()).to.deep.equal(out.value.toFloat32Array());
    remove();
    model.call(x);
    expect(calls).to.have.length(2);
  });

  it('may store an activation: it outlives the forward pass, the backward pass and every scope', () => {
    const model = make();
    const seen: { input: Variable; output: Variable; values: Float32Array }[] = [];
    for (const layer of model.layers) {
      layer.onForward((_module, input, output) => seen.push({ input, output, values: output.value.toFloat32Array() }));
    }
    scope(() => {
      const loss = sum(model.call(x));
      loss.backward();
    });
    expect(seen).to.have.length(3);
    for (const { output, values } of seen) expect(output.value.toFloat32Array()).to.deep.equal(values);
    expect(seen[1].input.value.toFloat32Array()).to.deep.equal(seen[0].values);
  });

  it('without a hook, an activation is released: evaluation keeps the result only', () => {
    const model = make().eval();
    const before = info().heap.liveTensors;
    const out = scope(() => ag.noGrad(() => model.call(x)));
    expect(info().heap.liveTensors - before).to.equal(1);
    out.value.storage.release('the test');
    expect(info().heap.liveTensors).to.equal(before);
  });
});

/** Remembers its output, and something it made on the way. */
class Hoarder extends Module {
  middle: Variable | null = null;
  last: Variable | null = null;

  constructor(private readonly treasure: (middle: Variable) => Variable = (middle) => middle) {
    super();
  }

  forward(x: Variable): Variable {
    const middle = this.treasure(mul(x, 2));
    this.middle = middle;
    this.last = add(middle, 1);
    return this.last;
  }
}

describe('module: what a forward pass leaves', () => {
  before(warmUp);
  it('a stored output is usable until the outer scope ends, and then names that scope', () => {
    const module = new Hoarder();
    scope(() => {
      module.call(tensor([1, 2]));
      expect(module.last!.value.toArray()).to.deep.equal([3, 5]);
    }, 'the outer scope');
    expect(() => module.last!.value.toArray())
      .to.throw(
        /made as \[2\] was released by the end of the outer scope; return it from its scope, or keep\(\) it there/
      );
  });

  it('a stored intermediate is released by the module\'s own scope', () => {
    const module = new Hoarder();
    module.call(tensor([1, 2]));
    expect(module.last!.value.toArray()).to.deep.equal([3, 5]);
    expect(() => add(module.middle!, 1)).to.throw(/was released by the end of Hoarder/);
  });

  it('keep() makes it usable', () => {
    const module = new Hoarder((middle) => keep(middle));
    scope(() => module.call(tensor([1, 2])));
    expect(module.middle!.value.toArray()).to.deep.equal([2, 4]);
  });

  it('a forward that returns a Promise is refused', () => {
    const module = Object.assign(new ReLU(), { forward: (x: Variable) => Promise.resolve(x) });
    expect(() => module.call(ones([1]))).to.throw(TypeError, /"ReLU": the function returned a Promise/);
  });

  it('a whole training step leaves the parameters, their gradients and what was made outside', () => {
    const model = new Sequential(new Linear(3, 4), new BatchNorm2d(4), new ReLU(), new Linear(4, 2));
    const x = randn([5, 3], new Random(1));
    const before = info().heap.liveTensors;
    const loss = scope(() => {
      const value = sum(model.call(x));
      value.backward();
      return value.item();
    });
    expect(loss).to.be.a('number');
    expect(info().heap.liveTensors - before).to.equal(model.parameters().length);
    model.zeroGrad();
    expect(info().heap.liveTensors).to.equal(before);
  });
});

/** weight ∘ x, counting how often each gradient is computed. */
class Counting extends Module {
  readonly weight = new Parameter(tensor([2, 3]));
  readonly pulls = { x: 0, weight: 0 };
  readonly multiply = defineFunction('count', (x: Tensor, w: Tensor) => mulTensors(x, w), [
    vjp([1], (g, _out, _x, w) => {
      this.pulls.x++;
      return ag.mul(g, w);
    }),
    vjp([0], (g, _out, x) => {
      this.pulls.weight++;
      return ag.mul(g, x);
    }),
  ]);

  forward(x: Variable): Variable {
    return this.multiply(x, this.weight);
  }
}

describe('module: freeze', () => {
  it('no gradient, and none is computed: neither for the frozen weight nor for an input that wants none', () => {
    const [first, second, third] = [new Counting(), new Counting(), new Counting()];
    const model = new Sequential(first, second, third);
    second.freeze();
    sum(model.call(tensor([1, 1]))).backward();
    expect([first, second, third].map(({ pulls }) => pulls))
      .to.deep.equal([{ x: 0, weight: 1 }, { x: 1, weight: 0 }, { x: 1, weight: 1 }]);
    expect(second.weight.grad).to.equal(null);
    expect(first.weight.grad!.toArray()).to.deep.equal([4, 9]);

    model.zeroGrad();
    second.unfreeze();
    sum(model.call(tensor([1, 1]))).backward();
    expect(second.pulls).to.deep.equal({ x: 2, weight: 1 });
    expect(second.weight.grad!.toArray()).to.deep.equal([4, 9]);
  });

  it('a frozen trunk leaves no graph; the head trains alone', () => {
    const trunk = new Sequential(new Linear(3, 4), new ReLU()).freeze();
    const head = new Linear(4, 2);
    const features = trunk.call(randn([5, 3], new Random(1)));
    expect(features.node).to.equal(null);
    expect(features.requiresGrad).to.equal(false);
    sum(head.call(features)).backward();
    expect(head.weight.grad).not.to.equal(null);
    expect(trunk.parameters().every(({ grad }) => grad === null)).to.equal(true);
  });

  it('statistics of a frozen batch norm follow train and eval, as before', () => {
    const norm = new BatchNorm2d(1).freeze();
    norm.call(tensor([[0], [2]]));
    expect(norm.runningMean.value.item()).to.be.closeTo(0.1, 1e-6);
    norm.eval().call(tensor([[0], [2]]));
    expect(norm.runningMean.value.item()).to.be.closeTo(0.1, 1e-6);
  });
});

describe('module: two losses on one trunk', () => {
  before(warmUp);
  const setUp = (): { trunk: Sequential; losses: () => [Variable, Variable]; gradient: () => number[] } => {
    const trunk = new Sequential(new Counting());
    const [a, b] = [new Hoarder(), new Hoarder()];
    return {
      trunk,
      losses: () => {
        const features = trunk.call(tensor([1, 5]));
        return [sum(a.call(features)), sum(mul(b.call(features), 10))];
      },
      gradient: () => Array.from(trunk.parameters()[0].grad!.toFloat32Array()),
    };
  };

  it('added up, they go back once', () => {
    const { losses, gradient } = setUp();
    add(...losses()).backward();
    expect(gradient()).to.deep.equal([22, 110]);
  });

  it('one after the other, the first keeps the graph', () => {
    const { losses, gradient } = setUp();
    const [first, second] = losses();
    first.backward({ retainGraph: true });
    expect(gradient()).to.deep.equal([2, 10]);
    second.backward();
    expect(gradient(), 'gradients add up').to.deep.equal([22, 110]);
  });

  it('without that, the error says what to do', () => {
    const { losses } = setUp();
    const [first, second] = losses();
    first.backward();
    expect(() => second.backward()).to.throw(/an earlier pass has released what count saved; .*retainGraph: true/);
  });

  it('in a scope, both leave nothing but gradients', () => {
    const { trunk, losses } = setUp();
    const before = info().heap.liveTensors;
    scope(() => {
      add(...losses()).backward();
      return addTensors(tensor([1]), 1);
    }).storage.release('the test');
    trunk.zeroGrad();
    expect(info().heap.liveTensors).to.equal(before);
  });
});
