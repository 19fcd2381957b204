/** Vector maths against float64, over every exponent: errors as the docstrings state them. */
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { kernel } from '../../packages/tensor/dist/wasm/asm.js';
import type { Body, Expr, Lanes, Local, Type } from '../../packages/tensor/dist/wasm/asm.js';
import type { KernelSource } from '../../packages/tensor/dist/wasm/asm.js';
import * as math from '../../packages/tensor/dist/wasm/math.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';
import { eachLane } from '../../packages/tensor/dist/wasm/simd/elementwise.js';
import { erf } from './support/erf.js';

type Formula = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>) => Expr<F>;

interface Row {
  readonly name: string;
  readonly formula: Formula;
  readonly want: (x: number) => number;
  /** Bounds of |got − want|/max(1, |want|), and of |got − want|/|want| where |want| > 1e-30. */
  readonly absolute: number;
  readonly relative: number;
}

const rows: readonly Row[] = [
  { name: 'exp', formula: math.exp, want: Math.exp, absolute: 1.1e-7, relative: 1.1e-7 },
  { name: 'sigmoid', formula: math.sigmoid, want: (x) => 1 / (1 + Math.exp(-x)), absolute: 1e-7, relative: 4e-6 },
  { name: 'silu', formula: math.silu, want: (x) => x / (1 + Math.exp(-x)), absolute: 1.4e-7, relative: 4e-6 },
  { name: 'tanh', formula: math.tanh, want: Math.tanh, absolute: 4e-7, relative: 4e-7 },
  { name: 'erf', formula: math.erf, want: erf, absolute: 5e-7, relative: 5e-7 },
  { name: 'log', formula: math.log, want: Math.log, absolute: 8e-8, relative: 8e-8 },
];

/** Both signs, every exponent, subnormals too: many mantissas around 1, a few far from it. Then the special values. */
function* floats(): Generator<number> {
  const bits = new DataView(new ArrayBuffer(4));
  for (let exponent = 0; exponent < 255; exponent++) {
    const step = Math.floor(2 ** 23 / (exponent > 110 && exponent < 136 ? 3000 : 13));
    for (let mantissa = 0; mantissa < 2 ** 23; mantissa += step) {
      bits.setUint32(0, 2 ** 23 * exponent + mantissa);
      yield bits.getFloat32(0);
      yield -bits.getFloat32(0);
    }
  }
  // exp and its kin: the last finite result, the first infinite one, and where results vanish.
  yield* [88.72283, 88.72284, 88.73, 88.375, 88.3763, -87.33654, -87.6, -88.4, -103, -104, -745, -746].map(Math.fround);
  yield* [NaN, Infinity, -Infinity, 0, -0, 1, -1];
}

describe('simd: maths', () => {
  const heap = new Heap(['shared']);
  const probe = (name: string, formula: Formula): KernelSource =>
    kernel(name, { x: 'i32', out: 'i32', n: 'i32' }, ({ x, out, n }, $) => {
      eachLane($, n, [x, out], 1, (v, offset) => $.do(v.store(out, formula($, v, $.let(v.load(x, offset))), offset)));
    });
  const { kernels } = compileKernels(rows.map(({ name, formula }) => probe(name, formula)), heap);
  const values = Float32Array.from(floats());
  const [x, out] = [values, values].map((like) => heap.view(heap.allocate(like.length, '[test]'), like.length));

  for (const { name, want, absolute, relative } of rows) {
    it(`${name}: ${values.length} floats`, () => {
      x.set(values);
      kernels[name](x.byteOffset, out.byteOffset, x.length);
      const worst = { absolute: 0, relative: 0 };
      values.forEach((value, i) => {
        const exact = want(value);
        const rounded = Math.fround(exact);
        if (out[i] === rounded || (Number.isNaN(out[i]) && Number.isNaN(rounded))) return;
        if (!Number.isFinite(rounded) || !Number.isFinite(out[i])) {
          throw new Error(`${name}(${value}) is ${out[i]}, wanted ${rounded}`);
        }
        const error = Math.abs(out[i] - exact);
        worst.absolute = Math.max(worst.absolute, error / Math.max(1, Math.abs(exact)));
        if (Math.abs(exact) > 1e-30) worst.relative = Math.max(worst.relative, error / Math.abs(exact));
      });
      expect(worst.absolute, 'absolute').to.be.at.most(absolute);
      expect(worst.relative, 'relative').to.be.at.most(relative);
    });

    it(`${name}: four lanes and one give the same`, () => {
      const some = values.filter((_, i) => i % 101 === 0 || i >= values.length - 7);
      x.set(some);
      kernels[name](x.byteOffset, out.byteOffset, some.length);
      const four = out.slice(0, some.length);
      some.forEach((_, i) => kernels[name](x.byteOffset + 4 * i, out.byteOffset + 4 * i, 1));
      expect(out.slice(0, some.length)).to.deep.equal(four);
    });
  }

  it('are exact where it is asked for: e⁰ = 1, σ(0) = ½, odd functions keep −0', () => {
    const at = (name: string, value: number): number => {
      x[0] = value;
      kernels[name](x.byteOffset, out.byteOffset, 1);
      return out[0];
    };
    expect([at('exp', 0), at('sigmoid', 0), at('log', 1), at('silu', 0)]).to.deep.equal([1, 0.5, 0, 0]);
    expect([at('tanh', -0), at('erf', -0), at('silu', -0), at('silu', -1e38)]).to.deep.equal([-0, -0, -0, -0]);
    expect([at('tanh', Infinity), at('erf', -Infinity)]).to.deep.equal([1, -1]);
  });
});
