/** Anomaly mode: who made the first NaN. */
import * as ag from '@vitrine/autograd';
import {
  AnomalyError, Variable, checkpoint, defineFunction, detectAnomaly, grad, noGrad, setAnomalyDetection, vjp,
} from '@vitrine/autograd';
import type { Anomaly } from '@vitrine/autograd';
import { EfficientNet, MBConv } from '@vitrine/efficientnet';
import { Linear, Module, Sequential, Tanh, crossEntropy } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { expect } from 'chai';

const leaf = (values: t.NestedNumbers): Variable => new Variable(t.tensor(values), { requiresGrad: true });

/** The error that `body` throws. */
function caught(body: () => unknown): AnomalyError {
  try {
    body();
  } catch (error) {
    if (error instanceof AnomalyError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const anomaly = (body: () => unknown): Anomaly => caught(body).anomaly;

/** √(x − shift): NaN where x is smaller. */
class Root extends Module {
  constructor(private readonly shift: number) {
    super();
  }

  forward(x: Variable): Variable {
    return ag.sqrt(ag.sub(x, this.shift));
  }
}

describe('anomaly mode: forward', () => {
  it('names the operation, its operands and the position', () => {
    const { message, anomaly: found } = caught(() => detectAnomaly(() => {
      const x = ag.sub(leaf([[1, 2, 3], [4, 0, 6]]), 0.5);
      return ag.sum(ag.exp(ag.log(x)));
    }));
    expect(message).to.equal('anomaly: log made the first NaN at [1,1] of [2,3]; its operands, [2,3], have none');
    expect(found).to.deep.equal({ op: 'log', pass: 'forward', module: null, value: NaN, index: [1, 1], shape: [2, 3] });
  });

  it('the position is that in the tensor, whatever its strides', () => {
    const x = ag.permute(leaf([[1, 2, 3], [4, -1, 6]]), [1, 0]);
    expect(anomaly(() => detectAnomaly(() => ag.permute(ag.log(x), [1, 0]))).index).to.deep.equal([1, 1]);
    const { index, shape } = anomaly(() => detectAnomaly(() => ag.log(x)));
    expect([index, shape]).to.deep.equal([[1, 1], [3, 2]]);
    expect(anomaly(() => detectAnomaly(() => ag.sqrt(t.tensor(-1)))).index).to.deep.equal([]);
  });

  it('names the path of the module, from the outermost that was called', () => {
    const model = new Sequential(new Linear(2, 2), new Sequential(new Tanh(), new Root(5)), new Linear(2, 2));
    const { message, anomaly: found } = caught(() => detectAnomaly(() => model.call(t.tensor([[1, 2]]))));
    expect([found.op, found.module]).to.deep.equal(['sqrt', '1.1']);
    expect(message)
      .to.match(/^anomaly: sqrt in 1\.1 made the first NaN at \[0,0\] of \[1,2\]; its operands, \[1,2\], have none$/);
    expect(anomaly(() => detectAnomaly(() => model.layers[1].call(t.tensor([[1, 2]])))).module).to.equal('1');
    expect(anomaly(() => detectAnomaly(() => new Root(5).call(t.tensor([1])))).module).to.equal('Root');
  });

  it('a module that is no child of the one that calls it has a path of its own', () => {
    const stray = new Sequential(new Tanh(), new Root(9));
    const model = new Sequential(Object.assign(new Tanh(), { forward: (x: Variable) => stray.call(x) }));
    expect(anomaly(() => detectAnomaly(() => model.call(t.tensor([1])))).module).to.equal('1');
    const after = Object.assign(new Tanh(), { forward: (x: Variable) => ag.log(ag.sub(new Tanh().call(x), 9)) });
    expect(anomaly(() => detectAnomaly(() => new Sequential(new Tanh(), new Tanh(), after).call(t.tensor([1])))).module)
      .to.equal('2');
  });

  for (const training of [true, false]) {
    it(`a layer deep in EfficientNet, ${training ? 'training' : 'evaluating'}`, () => {
      const model = EfficientNet.fromName('small-32', { numClasses: 10 }).train(training);
      const images = t.randn([2, 32, 32, 3], new t.Random(1));
      detectAnomaly(() => {
        if (training) crossEntropy(model.call(images), t.tensor([1, 2])).backward();
        else noGrad(() => model.call(images));
      });
      const third = model.blocks[2];
      if (!(third instanceof MBConv)) throw new Error('the third block is no MBConv');
      const norm = third.depthwiseNorm;
      if (training) {
        t.copyInto(third.depthwise.weight.value, t.mul(t.ones(third.depthwise.weight.shape), 3e38));
        const { op, module } = anomaly(() => detectAnomaly(() => model.call(images), { infinities: true }));
        expect([op, module]).to.deep.equal(['conv2d', 'blocks.2.depthwise']);
      } else {
        t.copyInto(norm.runningVar.value, t.mul(t.ones(norm.runningVar.value.shape), -1));
        const { op, module } = anomaly(() => detectAnomaly(() => noGrad(() => model.call(images))));
        expect([op, module]).to.deep.equal(['batchNormEval', 'blocks.2.depthwiseNorm']);
      }
    });
  }

  it('infinities only when asked', () => {
    const x = leaf([1, 0, 2]);
    detectAnomaly(() => ag.sum(ag.reciprocal(x)));
    const { message, anomaly: found } = caught(() => detectAnomaly(() => ag.reciprocal(x), { infinities: true }));
    expect(message).to.include('reciprocal made the first Infinity at [1] of [3]');
    expect(found.value).to.equal(Infinity);
    expect(anomaly(() => detectAnomaly(() => ag.sub(ag.log(x), ag.log(x)))).op).to.equal('sub');
  });

  it('what came with data or a parameter is not the operation\'s doing', () => {
    const { message } = caught(() => detectAnomaly(() => ag.matmul(leaf([[1, 2]]), leaf([[1, 2], [NaN, 4]]))));
    expect(message).to.equal('anomaly: operand 1 of matmul came with NaN at [1,0] of [2,2]; '
      + 'no operation made it while anomalies were looked for, so look at the data and the parameters');
  });

  it('operations of one\'s own and shapes without values', () => {
    const bad = defineFunction('bad', (x: Tensor) => t.log(x), [vjp([0], (g, _out, x) => ag.div(g, x))]);
    expect(anomaly(() => detectAnomaly(() => bad(leaf([-1])))).op).to.equal('bad');
    detectAnomaly(() => ag.log(t.meta(() => t.zeros([2]))));
  });
});

describe('anomaly mode: backward', () => {
  it('names the operation whose gradient made it', () => {
    const x = leaf([[4, 0]]);
    const { message, anomaly: found } = caught(() => detectAnomaly(() => ag.sum(ag.mul(ag.sqrt(x), 0)).backward()));
    expect(message).to.equal('anomaly: the gradient of sqrt, for operand 0, has the first NaN at [0,1] of [1,2]; '
      + 'the cotangent it was given, [1,2], has none');
    expect(found)
      .to.deep.equal({ op: 'sqrt', pass: 'backward', module: null, value: NaN, index: [0, 1], shape: [1, 2] });
  });

  it('and the module that ran it', () => {
    const model = new Sequential(new Tanh(), new Root(0));
    const { op, module, pass } =
      anomaly(() => detectAnomaly(() => ag.sum(ag.mul(model.call(leaf([1, 0])), 0)).backward()));
    expect([op, module, pass]).to.deep.equal(['sqrt', '1', 'backward']);
  });

  it('inside a checkpoint, and in a pass that is recorded', () => {
    const model = new Sequential(new Tanh(), new Sequential(new Tanh(), new Root(0)));
    model.layers[1].checkpointed = true;
    const { op, module } = anomaly(() => detectAnomaly(() => ag.sum(ag.mul(model.call(leaf([1, 0])), 0)).backward()));
    expect([op, module]).to.deep.equal(['sqrt', '1.1']);
    const x = leaf([1, 0]);
    expect(anomaly(() => detectAnomaly(() =>
      grad(ag.sum(ag.mul(checkpoint((v) => ag.sqrt(v), x), 0)), [x], { createGraph: true }))).op).to.equal('sqrt');
    expect(anomaly(() => detectAnomaly(() => checkpoint((v) => ag.log(v), leaf([-1])))).op).to.equal('log');
  });

  it('infinities when asked', () => {
    const x = leaf([1, 0]);
    detectAnomaly(() => ag.sum(ag.sqrt(x)).backward());
    expect(anomaly(() => detectAnomaly(() => ag.sum(ag.sqrt(x)).backward(), { infinities: true })).value)
      .to.equal(Infinity);
  });

  it('a gradient that was given with a NaN', () => {
    const { message } =
      caught(() => detectAnomaly(() => ag.exp(leaf([1, 2])).backward({ gradient: t.tensor([1, NaN]) })));
    expect(message).to.match(new RegExp('^anomaly: the gradient of exp, for operand 0, has the first NaN at '
      + '\\[1\\] of \\[2\\]; the cotangent it was given came with NaN at \\[1\\]'));
  });
});

describe('anomaly mode: on and off', () => {
  const bad = (): Variable => ag.log(leaf([-1]));

  it('is off unless asked for, and afterwards, also after an error', () => {
    bad();
    expect(() => detectAnomaly(bad)).to.throw(AnomalyError);
    expect(() => detectAnomaly(() => {
      throw new Error('something else');
    })).to.throw('something else');
    expect(runtime.anomaly).to.equal(null);
    bad();
    expect(detectAnomaly(() => 7)).to.equal(7);
  });

  it('setAnomalyDetection, and one mode inside another', () => {
    try {
      setAnomalyDetection(true);
      expect(bad).to.throw(AnomalyError);
      detectAnomaly(() => expect(() => ag.exp(leaf([1000]))).to.throw(AnomalyError), { infinities: true });
      ag.exp(leaf([1000]));
    } finally {
      setAnomalyDetection(false);
    }
    bad();
  });

  it('a failed call leaves no module behind', () => {
    detectAnomaly(() => {
      expect(() => new Sequential(new Root(5)).call(t.tensor([1]))).to.throw(AnomalyError);
      expect(anomaly(bad).module).to.equal(null);
      expect(() => ag.sum(ag.mul(ag.sqrt(leaf([0])), 0)).backward()).to.throw(AnomalyError);
      expect(anomaly(bad).pass).to.equal('forward');
    });
  });

  it('changes no result: the same bits with it on', () => {
    const model = EfficientNet.fromName('small-32', { numClasses: 10 });
    const images = t.randn([2, 32, 32, 3], new t.Random(1));
    const run = (): number[][] => {
      t.manualSeed(1);
      model.zeroGrad();
      crossEntropy(model.call(images), t.tensor([1, 2])).backward();
      return model.parameters().map(({ grad: g }) => Array.from(g!.toFloat32Array()));
    };
    expect(detectAnomaly(run)).to.deep.equal(run());
  });

  it('refuses a Promise', () => {
    expect(() => detectAnomaly(async () => 1)).to.throw(TypeError, 'detectAnomaly: the function returned a Promise');
  });
});
