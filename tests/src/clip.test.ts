/** Clipping of gradients; the values themselves are held against PyTorch in fixtures-optimizers.test.ts. */
import { Parameter, clipGradNorm, clipGradValue } from '@vitrine/nn';
import { add, sum } from '@vitrine/autograd';
import { fromArray, info, keep, scope, tensor, zeros } from '@vitrine/tensor';
import { expect } from 'chai';

/** A parameter with that gradient. */
function withGrad(...gradient: number[]): Parameter {
  const parameter = new Parameter(zeros([gradient.length]));
  parameter.grad = keep(tensor(gradient));
  return parameter;
}
const gradient = ({ grad }: Parameter): unknown => grad?.toArray();

describe('clipping', () => {
  it('the norm is that of all gradients as one vector', () => {
    const parameters = [withGrad(2, 0), withGrad(-1, 2), new Parameter(zeros([3]))];
    expect(clipGradNorm(parameters, 10)).to.equal(3);
    expect(parameters.map(gradient)).to.deep.equal([[2, 0], [-1, 2], undefined]);
    expect(clipGradNorm(parameters, 1)).to.equal(3);
    expect(clipGradNorm(parameters, 1), 'afterwards').to.be.closeTo(1, 1e-6);
    expect(clipGradNorm(parameters, Infinity)).to.be.closeTo(1, 1e-6);
    expect(clipGradNorm(parameters, 0)).to.be.closeTo(1, 1e-6);
    expect(parameters.map(gradient)).to.deep.equal([[0, 0], [-0, 0], undefined]);
    expect(clipGradNorm(parameters, 0), 'nothing left').to.equal(0);
    expect(clipGradNorm([], 1)).to.equal(0);
  });

  it('an empty gradient adds nothing, in any norm', () => {
    const empty = new Parameter(zeros([0]));
    empty.grad = keep(zeros([0]));
    for (const p of [1, 2, Infinity]) expect(clipGradNorm([empty, withGrad(-2)], 10, { p })).to.equal(2);
  });

  it('float64 gradients are clipped in float64', () => {
    const parameter = new Parameter(zeros([2], 'float64'));
    parameter.grad = keep(fromArray([0.3, 0.4], [2], 'float64'));
    expect(clipGradNorm([parameter], 0.1)).to.be.closeTo(0.5, 1e-15);
    expect((gradient(parameter) as number[])[0]).to.be.closeTo(0.3 * (0.1 / (0.5 + 1e-6)), 1e-16);
  });

  it('what is not finite is scaled by as PyTorch does, or thrown', () => {
    for (const [bad, after] of [[Infinity, [0, NaN]], [NaN, [NaN, NaN]]] as const) {
      const parameter = withGrad(1, bad);
      expect(() => clipGradNorm([parameter], 1, { nonFinite: 'throw' }))
        .to.throw(RangeError, `clipGradNorm: the gradients' norm is ${bad}`);
      expect(gradient(parameter), 'left as it was').to.deep.equal([1, bad]);
      expect(clipGradNorm([parameter], 1)).to.deep.equal(bad);
      expect(gradient(parameter)).to.deep.equal(after);
    }
  });

  it('values: NaN stays, infinities are clipped, gradients of one sum are each their own', () => {
    const parameter = withGrad(-3, NaN, Infinity, 0.25);
    clipGradValue([parameter], 0.5);
    expect(gradient(parameter)).to.deep.equal([-0.5, NaN, 0.5, 0.25]);
    const [a, b] = [new Parameter(zeros([2])), new Parameter(zeros([2]))];
    scope(() => sum(add(a, b)).backward());
    expect(clipGradNorm([a, b], 1)).to.equal(2);
    for (const one of [a, b]) expect((gradient(one) as number[])[0]).to.be.closeTo(0.5, 1e-6);
  });

  it('leaves nothing behind', () => {
    const parameters = [withGrad(2, 3), withGrad(4)];
    const before = info().heap.liveTensors;
    clipGradNorm(parameters, 1);
    clipGradNorm(parameters, 1, { p: 3 });
    clipGradValue(parameters, 0.1);
    expect(info().heap.liveTensors).to.equal(before);
  });

  it('refuses nonsense', () => {
    expect(() => clipGradNorm([withGrad(1)], -1)).to.throw(RangeError, 'clipGradNorm: maxNorm is >= 0; got -1');
    expect(() => clipGradNorm([withGrad(1)], 1, { p: 0 }))
      .to.throw(RangeError, 'clipGradNorm: p is above 0, or Infinity; got 0');
    expect(() => clipGradValue([withGrad(1)], NaN)).to.throw(RangeError, 'clipGradValue: limit is >= 0; got NaN');
  });
});
