/** Averages of weights. */
import { BatchNorm2d, ExponentialMovingAverage, Linear, Module, Sequential } from '@vitrine/nn';
import type { Variable } from '@vitrine/autograd';
import { add, copyInto, full, info, meta, ones, scope, tensor, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

/** A module whose weights are all x, statistics too. */
function filled(x: number): Sequential {
  const model = new Sequential(new Linear(2, 3), new BatchNorm2d(3));
  set(model, x);
  return model;
}
function set(model: Module, x: number): void {
  scope(() => {
    for (const value of model.stateDict().values()) copyInto(value, full(value.shape, x));
  });
}
const firsts = (tensors: ReadonlyMap<string, Tensor>): number[] =>
  Array.from(tensors.values(), (value) => value.toFloat32Array()[0]);
const valuesOf = (model: Module): number[] => firsts(model.stateDict());
const averagesOf = (ema: ExponentialMovingAverage): number[] => firsts(ema.averages());

const NAMES = ['0.weight', '0.bias', '1.weight', '1.bias', '1.runningMean', '1.runningVar'];

describe('exponential moving average', () => {
  it('moves every weight and statistic by 1 − decay', () => {
    const model = filled(8);
    const ema = new ExponentialMovingAverage(model, { decay: 0.75, warmup: false });
    expect([...ema.averages().keys()]).to.have.members(NAMES);
    set(model, 16);
    ema.update();
    expect(averagesOf(ema)).to.deep.equal(NAMES.map(() => 10));
    ema.update();
    expect(averagesOf(ema)).to.deep.equal(NAMES.map(() => 11.5));
    expect(valuesOf(model)).to.deep.equal(NAMES.map(() => 16));
  });

  it('copies statistics where it is told to', () => {
    const model = filled(8);
    const ema = new ExponentialMovingAverage(model, { decay: 0.75, warmup: false, buffers: 'copy' });
    set(model, 16);
    ema.update();
    const averages = ema.averages();
    for (const name of NAMES) {
      expect(averages.get(name)!.toFloat32Array()[0], name).to.equal(name.includes('running') ? 16 : 10);
    }
  });

  it('warms up: decay (1 + n)/(10 + n) at update n, until that is the decay asked for', () => {
    const model = filled(0);
    const ema = new ExponentialMovingAverage(model, { decay: 0.4 });
    set(model, 1);
    let want = 0;
    for (let n = 1; n <= 8; n++) {
      const decay = Math.min(0.4, (1 + n) / (10 + n));
      want = decay * want + (1 - decay);
      ema.update();
      for (const average of averagesOf(ema)) expect(average, `update ${n}`).to.be.closeTo(want, 1e-6);
    }
    expect(ema.updates).to.equal(8);
  });

  it('apply runs with the averages and puts the weights back, whatever happens', async () => {
    const model = filled(8);
    const ema = new ExponentialMovingAverage(model, { decay: 0.5, warmup: false });
    set(model, 16);
    ema.update();
    const before = [...model.stateDict().values()];
    const x = tensor([[1, 1]]);
    const run = (): number => scope(() => model.layers[0].call(x).value.toFloat32Array()[0]);
    expect(run(), '1·16 + 1·16 + 16').to.equal(48);
    expect(ema.apply(run), '1·12 + 1·12 + 12').to.equal(36);
    expect(ema.apply(() => valuesOf(model))).to.deep.equal(NAMES.map(() => 12));
    expect(() => ema.apply(() => {
      expect(valuesOf(model)[0]).to.equal(12);
      throw new Error('evaluation failed');
    })).to.throw('evaluation failed');
    expect(valuesOf(model)[0]).to.equal(16);

    const late = ema.apply(async () => {
      await Promise.resolve();
      return valuesOf(model)[0];
    });
    expect(valuesOf(model)[0], 'until the promise is settled').to.equal(12);
    expect(() => ema.update()).to.throw(/ExponentialMovingAverage\.update: the averages stand in the module/);
    expect(() => ema.apply(() => 1))
      .to.throw(/ExponentialMovingAverage\.apply: the averages stand in the module already/);
    expect(await late).to.equal(12);
    const failing = ema.apply(() => Promise.reject(new Error('loading failed')));
    expect(await failing.catch((error: unknown) => String(error))).to.equal('Error: loading failed');
    expect([...model.stateDict().values()], 'the very tensors').to.deep.equal(before);
    expect(valuesOf(model)).to.deep.equal(NAMES.map(() => 16));
    ema.update();
    expect(averagesOf(ema)[0]).to.equal(14);
  });

  it('tied weights are averaged once, under all their names', () => {
    class Tied extends Module {
      readonly first = new Linear(2, 2);
      readonly second = this.first;
      forward(x: Variable): Variable {
        return this.second.call(this.first.call(x));
      }
    }
    const model = new Tied();
    set(model, 8);
    const ema = new ExponentialMovingAverage(model, { decay: 0.5, warmup: false });
    set(model, 16);
    ema.update();
    expect(averagesOf(ema)).to.deep.equal([12, 12, 12, 12]);
    expect([...ema.averages().keys()]).to.have.members(['first.weight', 'first.bias', 'second.weight', 'second.bias']);
    const again = new ExponentialMovingAverage(new Tied());
    again.loadStateDict(ema.stateDict());
    expect(averagesOf(again)).to.deep.equal([12, 12, 12, 12]);
  });

  it('an update allocates nothing, and scopes leave the averages alone', () => {
    const model = filled(1);
    const ema = scope(() => new ExponentialMovingAverage(model));
    ema.update();
    const before = info().heap;
    for (let i = 0; i < 5; i++) ema.update();
    expect(info().heap).to.deep.equal(before);
    expect(averagesOf(ema)).to.deep.equal(NAMES.map(() => 1));
  });

  it('its averages load into a module of the same shapes', () => {
    const model = filled(8);
    const ema = new ExponentialMovingAverage(model, { decay: 0.5, warmup: false });
    set(model, 16);
    ema.update();
    const other = filled(0);
    other.loadStateDict(ema.averages());
    expect(valuesOf(other)).to.deep.equal(NAMES.map(() => 12));
  });

  it('refuses what does not fit, and then changes nothing', () => {
    const model = filled(8);
    const ema = new ExponentialMovingAverage(model);
    const state = (): Map<string, Tensor> =>
      new Map(Array.from(ema.stateDict(), ([name, value]) => [name, add(value, 1)]));
    const rows: readonly [change: (s: Map<string, Tensor>) => unknown, message: RegExp][] = [
      [(s) => s.delete('updates'), /loadStateDict: the state has no entry 'updates'/],
      [(s) => s.delete('average.1.bias'),
        /loadStateDict: the state has no entry 'average\.1\.bias'; is it of the same model\?/],
      [(s) => s.set('average.1.bias', zeros([4])), /loadStateDict: 1\.bias is float32 \[3\]; got float32 \[4\]/],
      [(s) => s.set('average.1.bias', zeros([3], 'float64')), /1\.bias is float32 \[3\]; got float64 \[3\]/],
      [(s) => s.set('average.2.bias', ones([3])), /loadStateDict: the module has nothing named average\.2\.bias/],
    ];
    for (const [change, message] of rows) {
      const changed = state();
      change(changed);
      expect(() => ema.loadStateDict(changed)).to.throw(message);
      expect(averagesOf(ema)).to.deep.equal(NAMES.map(() => 8));
      expect(ema.updates).to.equal(0);
    }
    ema.loadStateDict(state());
    expect([ema.updates, ...averagesOf(ema)]).to.deep.equal([1, ...NAMES.map(() => 9)]);
    expect(() => new ExponentialMovingAverage(model, { decay: 1.5 }))
      .to.throw(RangeError, /decay is from 0 to 1; got 1\.5/);
    expect(() => new ExponentialMovingAverage(meta(() => new Linear(2, 2))))
      .to.throw(/weight has a shape and no values yet; load the weights first/);
  });
});
