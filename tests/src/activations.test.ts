/** Activations by the samples; and what the samples cannot say: digits, meta tensors, options. */
import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { erf, erfc } from '../../packages/tensor/dist/kernels/erf.js';
import { activationSamples } from './samples/activations.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('activations', activationSamples);

describe('activations: digits', () => {
  /** Of both functions, made with glibc: its errors are below 1e-16. */
  const table: readonly (readonly [x: number, erf: number, erfc: number])[] = [
    [1e-300, 1.1283791670955126e-300, 1],
    [0.1, 0.1124629160182849, 0.8875370839817152],
    [0.46875, 0.49261347321793797, 0.507386526782062],
    [0.47, 0.4937450508860821, 0.5062549491139179],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047265],
    [3.9, 0.9999999652077514, 3.479224859723177e-8],
    [4, 0.9999999845827421, 1.541725790028002e-8],
    [4.1, 0.9999999932999724, 6.700027654084918e-9],
    [5.5, 0.9999999999999927, 7.357847917974398e-15],
    [10, 1, 2.088487583762545e-45],
    [20, 1, 5.3958656116079005e-176],
    [26, 1, 5.663192408856143e-296],
  ];

  it('erf and erfc have a relative error of at most 7e-16, in every range, far out too', () => {
    for (const [x, wantErf, wantErfc] of table) {
      expect(Math.abs(erf(x) / wantErf - 1), `erf(${x})`).to.be.at.most(7e-16);
      expect(Math.abs(erf(-x) / -wantErf - 1), `erf(-${x})`).to.be.at.most(7e-16);
      expect(Math.abs(erfc(x) / wantErfc - 1), `erfc(${x})`).to.be.at.most(7e-16);
      expect(Math.abs(erfc(-x) / (1 + wantErf) - 1), `erfc(-${x})`).to.be.at.most(7e-16);
    }
    expect([erf(0), erf(-0), erf(Infinity), erf(-Infinity), erf(NaN)]).to.deep.equal([0, -0, 1, -1, NaN]);
    expect([erfc(0), erfc(30), erfc(Infinity), erfc(-Infinity), erfc(NaN)]).to.deep.equal([1, 0, 0, 2, NaN]);
  });

  it('keep them where results are small: gelu, softplus, elu, log1p, expm1', () => {
    const at = (f: (x: t.Tensor) => t.Tensor, x: number): number => f(t.tensor([x], 'float64')).item();
    const close = (got: number, want: number): unknown =>
      expect(Math.abs(got / want - 1), `${got} for ${want}`).to.be.at.most(2e-14);
    close(at(t.gelu, -10), -7.619853024160527e-23); // −10·Φ(−10)
    const v = 2 * Math.sqrt(2 / Math.PI) * (6 + 0.044715 * 216);
    close(at((x) => t.gelu(x, { approximate: 'tanh' }), -6), -6 / (1 + Math.exp(v)));
    close(at((x) => t.softplus(x), -50), Math.exp(-50));
    close(at((x) => t.elu(x), -1e-15), -1e-15);
    close(at(t.log1p, 1e-15), 1e-15);
    close(at(t.expm1, 1e-15), 1e-15);
  });
});

describe('activations: meta tensors', () => {
  it('have a shape and no values', () => {
    const x = t.meta(() => t.zeros([2, 3]));
    const results = [
      t.relu6(x), t.hardsigmoid(x), t.hardswish(x), t.gelu(x), t.clamp(x, { min: 0 }), t.leakyRelu(x), t.elu(x),
      t.softplus(x), t.clampGrad(x, x, { min: 0 }), t.where(x, 1, x), t.less(x, 0), t.isNaN(x),
    ];
    for (const { isMeta, shape } of results) expect([isMeta, shape]).to.deep.equal([true, [2, 3]]);
  });
});
