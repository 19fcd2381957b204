/** Optimizers against their formulas, written out in float64 numbers; schedules row by row. */
import { mul, square, sub, sum } from '@vitrine/autograd';
import {
  Adam, AdamW, Linear, Parameter, RMSprop, RMSpropTF, SGD, constant, cosine, cosineRestarts, decayGroups, exponential,
  linear, multiStep, oneCycle, polynomial, sequential, step, warmup,
} from '@vitrine/nn';
import type { Optimizer, ParameterGroup, Schedule } from '@vitrine/nn';
import { add, clone, fromArray, info, ones, scope, tensor } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';

/** loss = ½ Σ cᵢ(pᵢ − tᵢ)², so that the gradient is cᵢ(pᵢ − tᵢ). */
const CURVATURE = [1, 4, 0.5];
const TARGET = [3, -1, 0];
const START = [1, 2, -2];

const gradientAt = (p: readonly number[]): number[] => p.map((pi, i) => CURVATURE[i] * (pi - TARGET[i]));

const float64 = (values: readonly number[]): Tensor => fromArray(values, [values.length], 'float64');
const start = (): Parameter => new Parameter(float64(START));

function backward(parameter: Parameter): void {
  scope(() => sum(mul(square(sub(parameter, float64(TARGET))), float64(CURVATURE.map((c) => c / 2)))).backward());
}

function steps(optimizer: Optimizer, parameters: readonly Parameter[], count: number): void {
  for (let step = 0; step < count; step++) {
    for (const parameter of parameters) backward(parameter);
    optimizer.step();
    optimizer.zeroGrad();
  }
}

/** What one step makes of one number: `t` counts from 1, `memory` is the number's own, empty at first. */
type Rule = (p: number, g: number, t: number, memory: Map<string, number>) => number;

function follow(rule: Rule, count: number): number[] {
  let p = [...START];
  const memories = p.map(() => new Map<string, number>());
  for (let t = 1; t <= count; t++) {
    const g = gradientAt(p);
    p = p.map((pi, i) => rule(pi, g[i], t, memories[i]));
  }
  return p;
}

const sgd = (lr: number, momentum: number, weightDecay: number): Rule => (p, g, _t, memory) => {
  const v = momentum * (memory.get('v') ?? 0) + g + weightDecay * p;
  memory.set('v', v);
  return p - lr * v;
};

/** Loshchilov & Hutter 2019, algorithm 2. */
const adamW = (
  lr: number, [beta1, beta2]: readonly [number, number], eps: number, weightDecay: number,
): Rule => (p, g, t, memory) => {
  const m = beta1 * (memory.get('m') ?? 0) + (1 - beta1) * g;
  const v = beta2 * (memory.get('v') ?? 0) + (1 - beta2) * g * g;
  memory.set('m', m).set('v', v);
  const [mHat, vHat] = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)];
  return p - lr * (mHat / (Math.sqrt(vHat) + eps) + weightDecay * p);
};

/** TensorFlow's: the mean square starts at one, eps stands inside the root, lr inside the momentum. */
const rmsprop = (
  lr: number, decay: number, momentum: number, eps: number, weightDecay: number,
): Rule => (p, gradient, _t, memory) => {
  const g = gradient + weightDecay * p;
  const s = decay * (memory.get('s') ?? 1) + (1 - decay) * g * g;
  const b = momentum * (memory.get('b') ?? 0) + (lr * g) / Math.sqrt(s + eps);
  memory.set('s', s).set('b', b);
  return p - b;
};

type Make = (parameters: readonly Parameter[] | readonly ParameterGroup[]) => Optimizer;

const rows: readonly [name: string, make: Make, rule: Rule][] = [
  ['SGD', (p) => new SGD(p, { lr: 0.1 }), sgd(0.1, 0, 0)],
  ['SGD with momentum and decay', (p) => new SGD(p, { lr: 0.1, momentum: 0.8, weightDecay: 0.3 }), sgd(0.1, 0.8, 0.3)],
  ['AdamW with its defaults', (p) => new AdamW(p, { lr: 0.1 }), adamW(0.1, [0.9, 0.999], 1e-8, 0.01)],
  [
    'AdamW with other settings', (p) => new AdamW(p, { lr: 0.1, betas: [0.5, 0.7], eps: 0.1, weightDecay: 0.3 }),
    adamW(0.1, [0.5, 0.7], 0.1, 0.3),
  ],
  ['RMSpropTF with its defaults', (p) => new RMSpropTF(p, { lr: 0.1 }), rmsprop(0.1, 0.9, 0.9, 1e-3, 0)],
  [
    'RMSpropTF with other settings',
    (p) => new RMSpropTF(p, { lr: 0.1, decay: 0.5, momentum: 0.2, eps: 0.5, weightDecay: 0.3 }),
    rmsprop(0.1, 0.5, 0.2, 0.5, 0.3),
  ],
];

describe('optimizers', () => {
  for (const [name, make, rule] of rows) {
    it(`${name}: five steps on a quadratic, by the formula`, () => {
      const parameter = start();
      steps(make([parameter]), [parameter], 5);
      expectClose(parameter.value, { shape: [3], data: follow(rule, 5) }, 1e-12, name);
    });

    it(`${name}: two steps, a saved state, three more: as if nothing had been`, () => {
      const whole = start();
      steps(make([whole]), [whole], 5);

      const before = start();
      const optimizer = make([before]);
      steps(optimizer, [before], 2);
      const state = new Map(Array.from(optimizer.stateDict(), ([key, value]) => [key, clone(value)]));
      const after = new Parameter(clone(before.value));
      const second = make([after]);
      second.loadStateDict(state);
      expect(second.steps).to.equal(2);
      steps(second, [after], 3);
      expect(after.value.toFloat64Array()).to.deep.equal(whole.value.toFloat64Array());
    });
  }

  it('groups have their own decay and share of the learning rate', () => {
    const [decayed, plain, slow] = [start(), start(), start()];
    const optimizer = new SGD(
      [{ parameters: [decayed] }, { parameters: [plain], weightDecay: 0 }, { parameters: [slow], lrScale: 0.1 }],
      { lr: 0.1, momentum: 0.9, weightDecay: 0.5 },
    );
    steps(optimizer, [decayed, plain, slow], 5);
    const want = [sgd(0.1, 0.9, 0.5), sgd(0.1, 0.9, 0), sgd(0.01, 0.9, 0.5)].map((rule) => follow(rule, 5));
    [decayed, plain, slow].forEach((parameter, i) =>
      expectClose(parameter.value, { shape: [3], data: want[i] }, 1e-12, `group ${i}`));
  });

  it('a group has a learning rate of its own, which changes with the optimizer\'s in proportion', () => {
    const [own, fast] = [start(), start()];
    const optimizer = new SGD([{ parameters: [own] }, { parameters: [fast], lr: 0.4 }], { lr: 0.1 });
    expect(optimizer.groups.map(({ lrScale }) => lrScale)).to.deep.equal([1, 4]);
    optimizer.lr = 0.05;
    steps(optimizer, [own, fast], 1);
    [0.05, 0.2].forEach((lr, i) =>
      expectClose([own, fast][i].value, { shape: [3], data: follow(sgd(lr, 0, 0), 1) }, 1e-12, `lr ${lr}`));
  });

  it('a group added later takes its first step when it comes, at its own rate of that moment', () => {
    const [first, added] = [start(), start()];
    const optimizer = new Adam([first], { lr: 0.2, weightDecay: 0.5 });
    steps(optimizer, [first], 2);
    optimizer.lr = 0.1;
    optimizer.addParameterGroup({ parameters: [added], lr: 0.1, weightDecay: 0 });
    steps(optimizer, [first, added], 3);
    const fresh = start();
    steps(new Adam([fresh], { lr: 0.1 }), [fresh], 3);
    expect(added.value.toFloat64Array()).to.deep.equal(fresh.value.toFloat64Array());
    expect([...optimizer.stateDict().get('parameterSteps')!.toFloat64Array()]).to.deep.equal([5, 3]);
    expect(() => optimizer.addParameterGroup({ parameters: [added] }))
      .to.throw(/Adam: a parameter stands in the groups twice/);
    expect(optimizer.groups, 'nothing was added').to.have.length(2);
  });

  it('decayGroups takes decay off everything with one axis: biases, normalisation', () => {
    const { weight, bias } = new Linear(3, 2);
    expect(decayGroups([weight, bias!]))
      .to.deep.equal([{ parameters: [weight] }, { parameters: [bias], weightDecay: 0 }]);
    expect(decayGroups([weight])).to.deep.equal([{ parameters: [weight] }]);
    expect(decayGroups([])).to.deep.equal([]);
  });

  it('the learning rate may change between steps', () => {
    const parameter = start();
    const optimizer = new SGD([parameter], { lr: 0.1 });
    optimizer.lr = 0.5;
    steps(optimizer, [parameter], 1);
    expectClose(parameter.value, { shape: [3], data: follow(sgd(0.5, 0, 0), 1) }, 1e-12, 'lr 0.5');
  });

  it('a parameter without a gradient stays as it is, decay and all', () => {
    const [used, unused] = [start(), start()];
    steps(new AdamW([used, unused], { lr: 0.1, weightDecay: 0.5 }), [used], 2);
    expect(unused.value.toArray()).to.deep.equal(START);
    expect(used.value.toArray()).not.to.deep.equal(START);
  });

  it('a step inside a scope keeps its state, and leaves nothing else', () => {
    const parameter = new Parameter(tensor([1, 2]));
    const optimizer = new AdamW([parameter], { lr: 0.1 });
    scope(() => square(parameter)); // The first operation may make what the kernels need.
    const before = info().heap.liveTensors;
    for (let step = 0; step < 3; step++) {
      scope(() => {
        sum(square(parameter)).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    expect(info().heap.liveTensors - before, 'first and second moment').to.equal(2);
    expect([...optimizer.stateDict().keys()]).to.deep.equal(
      ['steps', 'lr', 'parameterSteps', 'lrScales', '0.first', '0.second']);
  });

  it('refuse settings that are none', () => {
    const [parameter, other] = [start(), start()];
    const both = [parameter];
    const rows: readonly [make: () => unknown, message: string][] = [
      [() => new SGD(both, { lr: Infinity }), 'SGD: the learning rate is a finite number >= 0; got Infinity'],
      [() => new SGD(both, { lr: 1, weightDecay: -1 }), 'SGD: weightDecay is a finite number >= 0; got -1'],
      [() => new SGD(both, { lr: 1, momentum: -1 }), 'SGD: momentum is a finite number >= 0; got -1'],
      [() => new SGD(both, { lr: 1, dampening: NaN }), 'SGD: dampening is a finite number; got NaN'],
      [() => new SGD(both, { lr: 1, nesterov: true }), 'SGD: nesterov wants momentum > 0 and dampening 0; got 0 and 0'],
      [() => new SGD(both, { lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }), 'got 0.9 and 0.1'],
      [() => new Adam(both, { lr: 1, betas: [1, 0.9] }), 'Adam: betas[0] is from 0 to below 1; got 1'],
      [() => new AdamW(both, { lr: 1, betas: [0.9, -0.1] }), 'AdamW: betas[1] is from 0 to below 1; got -0.1'],
      [() => new Adam(both, { lr: 1, eps: -1 }), 'Adam: eps is a finite number >= 0; got -1'],
      [() => new RMSprop(both, { lr: 1, alpha: 1 }), 'RMSprop: alpha is from 0 to below 1; got 1'],
      [() => new RMSpropTF(both, { lr: 1, decay: NaN }), 'RMSpropTF: decay is from 0 to below 1; got NaN'],
      [() => new SGD([{ parameters: [] }], { lr: 1 }), 'SGD: there is nothing to optimize; got no parameters'],
      [() => new SGD([parameter, parameter], { lr: 1 }), 'SGD: a parameter stands in the groups twice'],
      [() => new SGD([{ parameters: both, lr: 1, lrScale: 2 }], { lr: 1 }),
        'SGD: a group has a lr or a lrScale; got lr 1 and lrScale 2'],
      [() => new SGD([{ parameters: both, lr: NaN }], { lr: 1 }),
        'SGD: a group\'s lr is a finite number >= 0; got NaN'],
      [() => new SGD([{ parameters: both, lrScale: -1 }], { lr: 1 }),
        'SGD: a group\'s lrScale is a finite number >= 0; got -1'],
      [() => new SGD([{ parameters: both, weightDecay: Infinity }], { lr: 1 }),
        'SGD: a group\'s weightDecay is a finite'],
      [() => new SGD([{ parameters: both, lr: 1 }], { lr: 0 }),
        'SGD: a group\'s lr of 1 is no multiple of the optimizer\'s, which is 0'],
      [() => new SGD(JSON.parse('[{"parameters":[3]}]') as ParameterGroup[], { lr: 1 }),
        'SGD: a group holds Parameters, such as a module\'s parameters(); got 3'],
    ];
    for (const [make, message] of rows) expect(make).to.throw(message);
    const optimizer = new SGD([{ parameters: both, lr: 0 }, { parameters: [other] }], { lr: 0 });
    expect(optimizer.groups.map(({ lrScale }) => lrScale)).to.deep.equal([1, 1]);
    expect(() => (optimizer.lr = NaN)).to.throw(RangeError, 'SGD: the learning rate is a finite number >= 0; got NaN');
    expect(optimizer.lr).to.equal(0);
  });

  it('a state that does not fit is refused, and changes nothing', () => {
    const parameters = [start(), start()];
    const optimizer = new Adam(parameters, { lr: 0.1 });
    steps(optimizer, parameters, 2);
    const state = (): Map<string, Tensor> =>
      new Map(Array.from(optimizer.stateDict(), ([key, value]) => [key, clone(value)]));
    const before = Array.from(state(), ([key, value]) => [key, value.toArray()]);
    const rows: readonly [change: (s: Map<string, Tensor>) => unknown, message: string][] = [
      [(s) => s.delete('lr'), 'Adam.loadStateDict: the state has no entry \'lr\''],
      [(s) => s.delete('1.second'), 'the state has no entry \'1.second\''],
      [(s) => s.set('0.largest', float64([1, 2, 3])),
        '\'0.largest\' is nothing this optimizer keeps, which is \'first\', \'second\''],
      [(s) => s.set('0.first', ones([3])), '\'0.first\' is float64 [3]; got float32 [3]'],
      [(s) => s.set('parameterSteps', float64([2])), 'the state is of 1 parameters; the optimizer has 2'],
      [(s) => s.set('lrScales', float64([1, 1])), 'the state is of 2 groups; the optimizer has 1'],
    ];
    for (const [change, message] of rows) {
      const changed = state();
      for (const [key, value] of state()) {
        if (!['parameterSteps', 'lrScales'].includes(key)) changed.set(key, add(value, 1));
      }
      change(changed);
      expect(() => optimizer.loadStateDict(changed), message).to.throw(message);
      expect(Array.from(state(), ([key, value]) => [key, value.toArray()])).to.deep.equal(before);
    }
  });

  it('the state of an optimizer that has not begun takes all back', () => {
    const parameter = start();
    const optimizer = new Adam([parameter], { lr: 0.1 });
    const fresh = optimizer.stateDict();
    steps(optimizer, [parameter], 2);
    optimizer.lr = 0.3;
    optimizer.loadStateDict(fresh);
    expect([...optimizer.stateDict().keys()]).to.deep.equal([...fresh.keys()]);
    expect([optimizer.steps, optimizer.lr]).to.deep.equal([0, 0.1]);
  });

  it('refuse nonsense', () => {
    const parameter = start();
    expect(() => new SGD([], { lr: 0.1 })).to.throw(RangeError, /SGD: there is nothing to optimize/);
    expect(() => new AdamW([{ parameters: [parameter] }, { parameters: [parameter] }], { lr: 0.1 }))
      .to.throw(/AdamW: a parameter stands in the groups twice/);
    expect(() => new RMSpropTF([parameter], { lr: -1 }))
      .to.throw(RangeError, /RMSpropTF: the learning rate is a finite number >= 0; got -1/);
    expect(() => new SGD([parameter], { lr: NaN })).to.throw(RangeError, /got NaN/);
    const optimizer = new SGD([parameter], { lr: 0.1 });
    expect(() => optimizer.loadStateDict(new Map([['weight', ones([3])]])))
      .to.throw(/SGD\.loadStateDict: the state has no entry 'steps'/);
    expect(() => optimizer.loadStateDict(new Map([['steps', tensor(1)], ['1.velocity', ones([3])]])))
      .to.throw(/'1\.velocity' belongs to none of the 1 parameters/);
    expect(() => optimizer.loadStateDict(new Map([['steps', tensor(1)], ['0.velocity', float64([1])]])))
      .to.throw(/\[3\]; got float64 \[1\]/);
  });
});

describe('schedules', () => {
  const cases: readonly [
    name: string, schedule: Schedule, values: readonly (readonly [step: number, lr: number])[],
  ][] = [
    ['constant', constant(0.3), [[0, 0.3], [1e6, 0.3]]],
    ['cosine', cosine(2, 100), [[0, 2], [25, 1 + Math.SQRT1_2], [50, 1], [100, 0], [1000, 0]]],
    ['cosine with a floor', cosine(2, 100, { floor: 0.1 }), [[0, 2], [50, 1.1], [100, 0.2], [1000, 0.2]]],
    ['cosine of no steps, which is over at once', cosine(2, 0, { floor: 0.1 }), [[0, 0.2], [1, 0.2]]],
    ['exponential', exponential(1, 0.5, 10), [[0, 1], [9, 1], [10, 0.5], [29, 0.25], [30, 0.125]]],
    ['exponential, smooth', exponential(1, 0.5, 10, { staircase: false }), [[0, 1], [5, Math.SQRT1_2], [10, 0.5]]],
    ['warmup', warmup(3, constant(4)), [[0, 1], [1, 2], [2, 3], [3, 4], [100, 4]]],
    ['warmup of none', warmup(0, constant(4)), [[0, 4]]],
    ['warmup of a cosine', warmup(1, cosine(2, 4)), [[0, 1], [2, 1], [4, 0]]],
    ['linear, after its end', linear(2, 4, { start: 0, end: 0.5 }), [[0, 0], [2, 0.5], [4, 1], [9, 1]]],
    ['linear of no steps', linear(2, 0), [[0, 2]]],
    ['polynomial, after its end', polynomial(2, 4, { power: 2 }), [[0, 2], [2, 0.5], [4, 0], [9, 0]]],
    ['oneCycle, after its end', oneCycle(2, 10, { divFactor: 2, finalDivFactor: 4 }), [[0, 1], [9, 0.25], [99, 0.25]]],
    ['oneCycle of one step', oneCycle(2, 1), [[0, 2 / 25e4]]],
    ['cosineRestarts, far out', cosineRestarts(2, 1, { factor: 2 }), [[2 ** 40 - 1, 2], [2 ** 40 - 1 + 2 ** 39, 1]]],
    ['sequential of one', sequential([constant(3)], []), [[0, 3], [9, 3]]],
    ['sequential, nothing between', sequential([constant(1), constant(2), constant(3)], [4, 4]), [[3, 1], [4, 3]]],
  ];
  for (const [name, schedule, values] of cases) {
    it(name, () => {
      for (const [step, lr] of values) expect(schedule(step), `step ${step}`).to.be.closeTo(lr, 1e-12);
    });
  }

  it('refuse what is out of order', () => {
    expect(() => multiStep(1, [3, 2]))
      .to.throw(RangeError, 'multiStep: milestones are steps >= 0 in rising order; got [3, 2]');
    expect(() => sequential([constant(1)], [2])).to.throw(RangeError, 'got 1 schedules and 1 milestones');
    expect(() => sequential([constant(1), constant(1)], [-1])).to.throw(RangeError, 'sequential: milestones are');
    expect(() => cosineRestarts(1, 3, { factor: 0.5 }))
      .to.throw(RangeError, 'factor >= 1 times as long as the last; got 0.5');
    expect(() => oneCycle(1, 2.5)).to.throw(RangeError, 'oneCycle: totalSteps is a whole number of steps > 0; got 2.5');
    expect(() => oneCycle(1, 9, { rise: 1.1 })).to.throw(RangeError, 'oneCycle: rise is a share of the steps');
    expect(() => oneCycle(1, 9, { rise: 0.6, threePhase: true })).to.throw(RangeError, 'from 0 to 0.5; got 0.6');
    expect(() => oneCycle(1, 9, { divFactor: 0 })).to.throw(RangeError, 'are above 0; got 0 and 10000');
  });

  it('refuse a negative number of steps', () => {
    expect(() => step(1, 0)).to.throw(RangeError, 'step: everySteps is a number of steps > 0; got 0');
    expect(() => cosineRestarts(1, 0))
      .to.throw(RangeError, 'cosineRestarts: firstSteps is a number of steps > 0; got 0');
    expect(() => linear(1, -1)).to.throw(RangeError, 'linear: totalSteps is a number of steps >= 0; got -1');
    expect(() => polynomial(1, NaN)).to.throw(RangeError, 'polynomial: totalSteps is a number of steps >= 0; got NaN');
    expect(() => cosine(1, -1)).to.throw(RangeError, /cosine: totalSteps is a number of steps >= 0; got -1/);
    expect(() => warmup(NaN, constant(1))).to.throw(RangeError, /warmup: warmupSteps .* got NaN/);
    expect(() => exponential(1, 0.9, -2)).to.throw(RangeError, /exponential: everySteps .* got -2/);
    expect(() => exponential(1, 0.9, 0)).to.throw(RangeError, /exponential: everySteps .* > 0; got 0/);
  });
});
