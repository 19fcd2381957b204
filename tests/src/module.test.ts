/** Modules: names, state, modes, printing. */
import { add, relu } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { CONVENTIONS, EfficientNet, MBConv, mbconv } from '@vitrine/efficientnet';
import { BatchNorm2d, Conv2d, Dropout, Linear, Module, ModuleBuffer, Parameter, ReLU, Sequential } from '@vitrine/nn';
import { full, meta, ones, randn, Random, tensor, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

/**
 * Everything a module can have: parameters and buffers of its own, a child, an array of children, null, plain values.
 */
class Everything extends Module {
  readonly scale = new Parameter(ones([2]));
  readonly first = new Linear(2, 2, { bias: false });
  readonly absent: Linear | null = null;
  readonly branches: readonly Module[] = [new Linear(2, 2), new Sequential(new ReLU(), new BatchNorm2d(2))];
  readonly count = new ModuleBuffer(zeros([1]));
  readonly note = 'plain';

  forward(x: Variable): Variable {
    return this.branches.reduce((sum, branch) => add(sum, branch.call(x)), this.first.call(x));
  }
}

const PARAMETERS = [
  'scale', 'first.weight', 'branches.0.weight', 'branches.0.bias', 'branches.1.1.weight', 'branches.1.1.bias',
];
const BUFFERS = ['count', 'branches.1.1.runningMean', 'branches.1.1.runningVar'];

const values = (state: ReadonlyMap<string, Tensor>): [string, number[]][] =>
  Array.from(state, ([name, value]) => [name, Array.from(value.toFloat64Array())]);
const names = (entries: Iterable<[string, unknown]>): string[] => Array.from(entries, ([name]) => name);

describe('module: names', () => {
  it('parameters, buffers and modules are named by their properties, in order of definition', () => {
    const module = new Everything();
    expect(names(module.namedParameters())).to.deep.equal(PARAMETERS);
    expect(names(module.namedBuffers())).to.deep.equal(BUFFERS);
    expect(names(module.namedModules())).to.deep.equal([
      '', 'first', 'branches.0', 'branches.1', 'branches.1.0', 'branches.1.1',
    ]);
    expect(names(module.namedChildren())).to.deep.equal(['first', 'branches.0', 'branches.1']);
    expect([...module.stateDict().keys()]).to.have.members([...PARAMETERS, ...BUFFERS]);
    expect(module.parameters()).to.deep.equal(Array.from(module.namedParameters(), ([, parameter]) => parameter));
    expect(module.parameterCount()).to.equal(2 + 4 + 4 + 2 + 2 + 2);
  });

  it('an MBConv names its parts as the paper draws them', () => {
    const block = meta(() => new MBConv({
      inChannels: 4, outChannels: 4, kernel: 3, stride: 1, expandRatio: 2, dropPath: 0.1, squeezeRatio: 0.25,
      activation: 'silu', conventions: CONVENTIONS.tensorflow,
    }));
    expect(names(block.namedChildren())).to.deep.equal([
      'expand', 'expandNorm', 'depthwise', 'depthwiseNorm', 'squeezeExcitation', 'project', 'projectNorm',
      'stochasticDepth',
    ]);
  });

  it('the state is the module\'s own, not a copy', () => {
    const module = new Linear(1, 1);
    expect(module.stateDict().get('weight')).to.equal(module.weight.value);
  });
});

describe('module: modes', () => {
  it('train and eval reach every module below', () => {
    const module = new Everything();
    const modes = (): boolean[] => Array.from(module.namedModules(), ([, { training }]) => training);
    expect(modes().every((training) => training)).to.equal(true);
    expect(module.eval()).to.equal(module);
    expect(modes().some((training) => training)).to.equal(false);
    module.train();
    expect(modes().every((training) => training)).to.equal(true);
    module.branches[1].eval();
    expect(modes()).to.deep.equal([true, true, true, false, false, false]);
  });
});

describe('module: loadStateDict', () => {
  const filled = (value: number): Map<string, Tensor> =>
    new Map(Array.from(new Everything().stateDict(), ([name, { shape }]) => [name, full(shape, value)]));

  it('copies every tensor, and keeps copies', () => {
    const module = new Everything();
    const before = module.first.weight.value;
    const source = filled(3);
    expect(module.loadStateDict(source)).to.deep.equal({ missing: [], unexpected: [] });
    expect(values(module.stateDict()).every(([, numbers]) => numbers.every((number) => number === 3))).to.equal(true);
    expect(module.first.weight.value, 'in place: an optimizer may hold it').to.equal(before);
    for (const tensor of source.values()) tensor.storage.release('the test');
    expect(module.first.weight.value.toArray()).to.deep.equal([[3, 3], [3, 3]]);
  });

  it('one error lists all that is missing, unexpected and misshapen, and nothing is loaded', () => {
    const module = new Everything();
    const before = values(module.stateDict());
    const source = filled(3);
    source.delete('scale');
    source.delete('branches.1.1.runningVar');
    source.set('extra', zeros([1])).set('more.extra', zeros([1]));
    source.set('first.weight', zeros([2, 3])).set('count', zeros([]));
    expect(() => module.loadStateDict(source)).to.throw(Error).with.property('message', [
      'loadStateDict: the state does not fit Everything; nothing was loaded',
      '  missing: scale, branches.1.1.runningVar',
      '  unexpected: extra, more.extra',
      '  misshapen: first.weight is [2,2], the file has [2,3]; count is [1], the file has []',
    ].join('\n'));
    expect(values(module.stateDict())).to.deep.equal(before);
  });

  it('strict: false loads what fits and reports the rest; wrong shapes stay errors', () => {
    const module = new Everything();
    const source = filled(3);
    source.delete('scale');
    source.set('extra', zeros([1]));
    expect(module.loadStateDict(source, { strict: false }))
      .to.deep.equal({ missing: ['scale'], unexpected: ['extra'] });
    expect(module.scale.value.toArray()).to.deep.equal([1, 1]);
    expect(module.first.weight.value.toArray()).to.deep.equal([[3, 3], [3, 3]]);

    source.set('first.weight', zeros([2, 3]));
    expect(() => module.loadStateDict(source, { strict: false }))
      .to.throw('loadStateDict: the state does not fit Everything; nothing was loaded\n' +
        '  misshapen: first.weight is [2,2], the file has [2,3]');
  });

  it('refuses another element type, and tensors without values, and then loads nothing', () => {
    const module = new Everything();
    const before = values(module.stateDict());
    const source = filled(3);
    source.set('count', zeros([1], 'float64'));
    source.set('scale', meta(() => zeros([2])));
    expect(() => module.loadStateDict(source))
      .to.throw('misshapen: scale is [2], the file has [2] without values; count is [1], the file has [1] float64');
    expect(values(module.stateDict())).to.deep.equal(before);
  });

  it('gives a model made in meta its storage', () => {
    const random = new Random(1);
    const source = new EfficientNet({ ...TINY });
    const model = meta(() => new EfficientNet({ ...TINY }));
    expect(() => model.eval().call(zeros([1, 8, 8, 3])).value.item()).to.throw(/\[1,2\]/);
    model.loadStateDict(source.stateDict());
    const images = randn([2, 8, 8, 3], random);
    expect(model.eval().call(images).value.toFloat32Array())
      .to.deep.equal(source.eval().call(images).value.toFloat32Array());
    expect([...model.stateDict().values()].some(({ isMeta }) => isMeta)).to.equal(false);
    expect(model.stem.weight.value).not.to.equal(source.stem.weight.value);
  });
});

const TINY = {
  name: 'tiny', stemChannels: 8, headChannels: 8, stages: [mbconv(3, 2, 2, 8, 2)], activation: 'silu', numClasses: 2,
  inChannels: 3, imageSize: 8, dropout: 0, dropPath: 0, stemStride: 1, convention: 'tensorflow', batchNormMomentum: 0.1,
} as const;

describe('module: printing', () => {
  it('a Sequential', () => {
    const model = new Sequential(
      new Conv2d(3, 8, 3, { stride: 2, padding: 'same', bias: false }), new BatchNorm2d(8), new ReLU(),
      new Conv2d(8, 8, [1, 5], { padding: [0, 2], groups: 8 }), new Dropout(0.2), new Linear(8, 10),
    );
    expect(String(model)).to.equal(`Sequential(
  (0): Conv2d(3, 8, kernel=3x3, stride=2, padding=same, bias=false)
  (1): BatchNorm2d(8, eps=0.00001, momentum=0.1)
  (2): ReLU()
  (3): Conv2d(8, 8, kernel=1x5, stride=1, padding=[0,2], groups=8)
  (4): Dropout(p=0.2)
  (5): Linear(8, 10)
)`);
  });

  it('an MBConv', () => {
    const block = meta(() => new MBConv({
      inChannels: 16, outChannels: 16, kernel: 5, stride: 1, expandRatio: 6, dropPath: 0.125, squeezeRatio: 0.25,
      activation: 'silu', conventions: CONVENTIONS.pytorch,
    }));
    expect(String(block)).to.equal(`MBConv(
  (expand): Conv2d(16, 96, kernel=1x1, stride=1, bias=false)
  (expandNorm): BatchNorm2d(96, eps=0.00001, momentum=0.1, activation=silu)
  (depthwise): Conv2d(96, 96, kernel=5x5, stride=1, padding=2, groups=96, bias=false)
  (depthwiseNorm): BatchNorm2d(96, eps=0.00001, momentum=0.1, activation=silu)
  (squeezeExcitation): SqueezeExcitation(
    (reduce): Conv2d(96, 4, kernel=1x1, stride=1)
    (expand): Conv2d(4, 96, kernel=1x1, stride=1)
  )
  (project): Conv2d(96, 16, kernel=1x1, stride=1, bias=false)
  (projectNorm): BatchNorm2d(16, eps=0.00001, momentum=0.1)
  (stochasticDepth): StochasticDepth(p=0.1250)
)`);
  });
});

describe('module: Sequential', () => {
  it('feeds each output to the next', () => {
    const [a, b] = [new Linear(2, 2), new Linear(2, 1)];
    a.loadStateDict(new Map([['weight', tensor([[1, -1], [2, 0]])], ['bias', tensor([0, 1])]]));
    b.loadStateDict(new Map([['weight', tensor([[10], [100]])], ['bias', tensor([1])]]));
    // (1, 1)·a = (3, −1) + (0, 1) = (3, 0); relu; 30 + 0 + 1
    expect(new Sequential(a, new ReLU(), b).call(tensor([[1, 1]])).value.toArray()).to.deep.equal([[31]]);
    expect(b.call(relu(a.call(tensor([[1, 1]])))).value.toArray()).to.deep.equal([[31]]);
  });

  it('empty, it is the identity', () => {
    expect(new Sequential().call(tensor([1, 2])).value.toArray()).to.deep.equal([1, 2]);
  });
});
