/** First values of parameters: fans, gains, moments, bounds, and the same from the same seed. */
import { EfficientNet } from '@vitrine/efficientnet';
import { Conv2d, Linear, init } from '@vitrine/nn';
import { manualSeed, meta } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

const SHAPE = [3, 3, 40, 80];
const [FAN_IN, FAN_OUT] = [360, 720];

interface Row {
  readonly name: string;
  readonly make: () => Tensor;
  readonly mean?: number;
  readonly std: number;
  /** Every value is at least low, at most high, and both are neared. */
  readonly bounds?: readonly [low: number, high: number];
}

const uniformRow = (name: string, make: () => Tensor, bound: number): Row =>
  ({ name, make, std: bound / Math.sqrt(3), bounds: [-bound, bound] });

/** The standard deviation of a standard normal distribution cut off at ±2. */
const CUT = 0.8796256610342398;

const rows: readonly Row[] = [
  uniformRow('uniform', () => init.uniform(SHAPE, 0.3), 0.3),
  {
    name: 'uniform between two', make: () => init.uniform(SHAPE, [1, 3]),
    mean: 2, std: 1 / Math.sqrt(3), bounds: [1, 3],
  },
  { name: 'normal', make: () => init.normal(SHAPE, 0.2, { mean: 5 }), mean: 5, std: 0.2 },
  uniformRow('fanInUniform', () => init.fanInUniform(SHAPE, 25), 0.2),
  uniformRow('xavierUniform', () => init.xavierUniform(SHAPE), Math.sqrt(6 / (FAN_IN + FAN_OUT))),
  uniformRow(
    'xavierUniform with a gain', () => init.xavierUniform(SHAPE, { gain: 2 }), 2 * Math.sqrt(6 / (FAN_IN + FAN_OUT)),
  ),
  { name: 'xavierNormal', make: () => init.xavierNormal(SHAPE), std: Math.sqrt(2 / (FAN_IN + FAN_OUT)) },
  uniformRow('kaimingUniform', () => init.kaimingUniform(SHAPE), Math.sqrt(6 / FAN_IN)),
  uniformRow(
    'kaimingUniform, slope √5: PyTorch\'s layers', () => init.kaimingUniform(SHAPE, { slope: Math.sqrt(5) }),
    1 / Math.sqrt(FAN_IN),
  ),
  {
    name: 'kaimingNormal, fanOut', make: () => init.kaimingNormal(SHAPE, { mode: 'fanOut' }),
    std: Math.sqrt(2 / FAN_OUT),
  },
  {
    name: 'kaimingNormal, tanh', make: () => init.kaimingNormal(SHAPE, { nonlinearity: 'tanh' }),
    std: 5 / 3 / Math.sqrt(FAN_IN),
  },
  {
    name: 'kaimingNormal, grouped', make: () => init.kaimingNormal(SHAPE, { mode: 'fanOut', groups: 8 }),
    std: Math.sqrt(2 / (FAN_OUT / 8)),
  },
  {
    name: 'truncatedNormal, as TensorFlow', make: () => init.truncatedNormal(SHAPE, { mean: 1, std: 0.5 }),
    mean: 1, std: 0.5 * CUT, bounds: [0, 2],
  },
  {
    name: 'truncatedNormal, as PyTorch', make: () => init.truncatedNormal(SHAPE, { std: 0.02, low: -2, high: 2 }),
    std: 0.02,
  },
  {
    // φ and Φ at 0: half a normal distribution.
    name: 'truncatedNormal, one half', make: () => init.truncatedNormal(SHAPE, { low: 0, high: Infinity }),
    mean: Math.sqrt(2 / Math.PI), std: Math.sqrt(1 - 2 / Math.PI),
  },
  {
    name: 'varianceScaling', make: () => init.varianceScaling(SHAPE), std: 1 / Math.sqrt(FAN_IN),
    bounds: [-2 / CUT / Math.sqrt(FAN_IN), 2 / CUT / Math.sqrt(FAN_IN)],
  },
  {
    name: 'varianceScaling, normal, fanAverage', std: Math.sqrt(2 / 540),
    make: () => init.varianceScaling(SHAPE, { scale: 2, mode: 'fanAverage', distribution: 'normal' }),
  },
  uniformRow(
    'varianceScaling, uniform, fanOut',
    () => init.varianceScaling(SHAPE, { scale: 2, mode: 'fanOut', distribution: 'uniform' }),
    Math.sqrt(6 / FAN_OUT),
  ),
  uniformRow(
    'the EfficientNet paper\'s classifier',
    () => init.varianceScaling([100, 289], { scale: 1 / 3, mode: 'fanOut', distribution: 'uniform' }), 1 / 17,
  ),
];

describe('initialisers', () => {
  for (const { name, make, mean = 0, std, bounds } of rows) {
    it(`${name}: mean ${mean}, standard deviation ${std.toPrecision(3)}`, () => {
      manualSeed(5);
      const values = make().toFloat64Array();
      const n = values.length;
      const average = values.reduce((sum, x) => sum + x, 0) / n;
      const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / n;
      expect(Math.abs(average - mean), 'five standard errors').to.be.below((5 * std) / Math.sqrt(n));
      expect(Math.sqrt(variance) / std, 'five standard errors, of a normal distribution')
        .to.be.closeTo(1, 5 / Math.sqrt(2 * n));
      if (bounds !== undefined) {
        const [low, high] = bounds.map(Math.fround);
        expect(Math.min(...values)).to.be.within(low, low + 0.01 * std);
        expect(Math.max(...values)).to.be.within(high - 0.01 * std, high);
      }
    });
  }

  it('the same seed gives the same values, and each call new ones', () => {
    for (const { name, make } of [...rows, { name: 'orthogonal', make: () => init.orthogonal([6, 4]) }]) {
      manualSeed(9);
      const [first, second] = [make().toFloat32Array(), make().toFloat32Array()];
      manualSeed(9);
      expect(make().toFloat32Array(), name).to.deep.equal(first);
      expect(second, name).not.to.deep.equal(first);
    }
  });

  it('in meta they have a shape, and draw nothing', () => {
    manualSeed(9);
    const want = init.normal([4], 1).toFloat32Array();
    manualSeed(9);
    meta(() => {
      for (const { make } of rows) expect(make().isMeta).to.equal(true);
      expect(init.orthogonal([6, 4]).isMeta).to.equal(true);
    });
    expect(init.normal([4], 1).toFloat32Array()).to.deep.equal(want);
  });

  it('constant, empty shapes, and no spread', () => {
    expect(init.constant([2], 0.5).toArray()).to.deep.equal([0.5, 0.5]);
    for (const empty of [init.truncatedNormal([0]), init.orthogonal([0, 3]), init.kaimingNormal([3, 0])]) {
      expect(empty.size).to.equal(0);
    }
    expect(init.normal([2], 0, { mean: 3 }).toArray()).to.deep.equal([3, 3]);
    expect(init.truncatedNormal([2], { mean: 3, std: 0 }).toArray()).to.deep.equal([3, 3]);
  });

  /** PyTorch's `_calculate_fan_in_and_fan_out` of the same weights in its own layout. */
  it('fans, by layout', () => {
    expect(init.fans([5, 7])).to.deep.equal({ fanIn: 5, fanOut: 7 });
    expect(init.fans([3, 5, 8, 16])).to.deep.equal({ fanIn: 120, fanOut: 240 });
    expect(init.fans([3, 8, 16])).to.deep.equal({ fanIn: 24, fanOut: 48 });
    expect(init.fans([3, 3, 1, 32], { groups: 32 }), 'depthwise').to.deep.equal({ fanIn: 9, fanOut: 9 });
    expect(init.fans([3, 3, 1, 32]), 'depthwise, as PyTorch has it').to.deep.equal({ fanIn: 9, fanOut: 288 });
  });

  it('gains, as PyTorch\'s calculate_gain', () => {
    expect((['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'] as const).map((name) => init.gainOf(name)))
      .to.deep.equal([1, 1, 5 / 3, Math.SQRT2, 1.4141428569978354, 0.75]);
    expect(init.gainOf('leakyRelu', { slope: 1 })).to.equal(1);
  });

  for (const shape of [[6, 4], [4, 6], [5, 5], [3, 3, 2, 7], [2, 2, 2, 9], [1, 4]]) {
    it(`orthogonal [${shape}]`, () => {
      const columns = shape.at(-1)!;
      const values = init.orthogonal(shape, { gain: 3 }).toFloat64Array();
      const n = values.length / columns;
      const vectors = n >= columns
        ? Array.from({ length: columns }, (_, c) => Array.from({ length: n }, (_, r) => values[r * columns + c]))
        : Array.from({ length: n }, (_, r) => [...values.subarray(r * columns, (r + 1) * columns)]);
      for (const [i, a] of vectors.entries()) {
        for (const [j, b] of vectors.entries()) {
          expect(a.reduce((sum, x, k) => sum + x * b[k], 0), `${i}·${j}`).to.be.closeTo(i === j ? 9 : 0, 1e-5);
        }
      }
    });
  }

  it('the model begins with what they give in the paper\'s words', () => {
    const model = EfficientNet.fromName('tiny-28');
    for (const [name, module] of model.namedModules()) {
      if (!(module instanceof Conv2d || module instanceof Linear)) continue;
      const { shape } = module.weight;
      const values = module.weight.value.toFloat64Array();
      const std = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
      manualSeed(2);
      const ours = (module instanceof Conv2d
        ? init.kaimingNormal(shape, { mode: 'fanOut', nonlinearity: 'relu', groups: module.options.groups })
        : init.varianceScaling(shape, { scale: 1 / 3, mode: 'fanOut', distribution: 'uniform' })).toFloat64Array();
      const want = Math.sqrt(ours.reduce((sum, x) => sum + x * x, 0) / ours.length);
      expect(std / want, `${name}: seven standard errors`).to.be.closeTo(1, 7 / Math.sqrt(values.length));
    }
  });

  it('refuse what has no fans, and bounds that are none', () => {
    const calls: readonly [call: () => unknown, message: string][] = [
      [() => init.kaimingNormal([3]),
        'kaimingNormal: a weight is [in,out] or [kH,kW,in/groups,out]; got [3], which has no fans'],
      [() => init.xavierUniform([]), 'xavierUniform: a weight is'],
      [() => init.varianceScaling([3]), 'varianceScaling: a weight is'],
      [() => init.fans([3, 3, 1, 32], { groups: 5 }),
        'fans: 32 outputs do not divide into 5 groups; weight [3,3,1,32]'],
      [() => init.fans([2, 2], { groups: 0 }), 'fans: groups is a whole number >= 1; got 0'],
      [() => init.orthogonal([3]), 'orthogonal: a weight has two axes or more; got [3]'],
      [() => init.uniform([3], -1), 'uniform: low is at most high, and a bound >= 0; got 1 and -1'],
      [() => init.normal([3], -1), 'normal: std is >= 0; got -1'],
      [() => init.truncatedNormal([3], { std: NaN }),
        'truncatedNormal: mean is finite, std is finite and >= 0; got 0, NaN'],
      [() => init.truncatedNormal([3], { low: 2, high: 1 }), 'truncatedNormal: low is below high'],
      [() => init.truncatedNormal([3], { low: 50, high: 51 }), 'within 37 standard deviations of the mean; got 50, 51'],
      [() => init.varianceScaling([3, 3], { scale: 0 }), 'varianceScaling: scale is above 0; got 0'],
    ];
    for (const [call, message] of calls) expect(call).to.throw(RangeError, message);
  });
});
