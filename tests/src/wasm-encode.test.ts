/** The binary encoder against bytes known from the specification, and every emitted kernel against the validator. */
import { expect } from 'chai';
import { kernel, f32x4, i32 } from '../../packages/tensor/dist/wasm/asm.js';
import { encodeModule, f32Bytes, flatten, name, s32, u32, vec } from '../../packages/tensor/dist/wasm/encode.js';
import type { Code } from '../../packages/tensor/dist/wasm/encode.js';
import { supportsSimd } from '../../packages/tensor/dist/wasm/probe.js';
import { simdFuncs } from '../../packages/tensor/dist/wasm/simd/index.js';

const bytes = (code: Code): number[] => [...flatten(code)];

describe('wasm: LEB128', () => {
  const unsigned: readonly (readonly [number, readonly number[]])[] = [
    [0, [0x00]], [1, [0x01]], [63, [0x3f]], [64, [0x40]], [127, [0x7f]],
    [128, [0x80, 0x01]], [16_383, [0xff, 0x7f]], [16_384, [0x80, 0x80, 0x01]], [624_485, [0xe5, 0x8e, 0x26]],
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x08]], [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ];
  for (const [n, want] of unsigned) it(`u32(${n})`, () => expect(bytes(u32(n))).to.deep.equal(want));

  const signed: readonly (readonly [number, readonly number[]])[] = [
    [0, [0x00]], [63, [0x3f]], [64, [0xc0, 0x00]], [127, [0xff, 0x00]], [128, [0x80, 0x01]],
    [8191, [0xff, 0x3f]], [8192, [0x80, 0xc0, 0x00]],
    [-1, [0x7f]], [-64, [0x40]], [-65, [0xbf, 0x7f]], [-128, [0x80, 0x7f]], [-129, [0xff, 0x7e]],
    [-123_456, [0xc0, 0xbb, 0x78]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]], [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
  ];
  for (const [n, want] of signed) it(`s32(${n})`, () => expect(bytes(s32(n))).to.deep.equal(want));

  it('refuses what 32 bits do not hold', () => {
    for (const n of [-1, 2 ** 32, 1.5, NaN]) expect(() => u32(n)).to.throw(RangeError, 'u32: takes a whole number');
    for (const n of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
      expect(() => s32(n)).to.throw(RangeError, 's32: takes a whole number');
    }
  });
});

describe('wasm: modules', () => {
  it('lists, names and floats', () => {
    expect(bytes(vec([[1], [2, 3]]))).to.deep.equal([2, 1, 2, 3]);
    expect(bytes(name('é'))).to.deep.equal([2, 0xc3, 0xa9]);
    expect(bytes(f32Bytes(1))).to.deep.equal([0, 0, 0x80, 0x3f]);
  });

  it('a whole module, byte by byte', () => {
    const nothing = kernel('f', { a: 'i32' }, ({ a }, $) => $.set(a, i32.add(a, i32.const(1))));
    expect([...encodeModule([nothing.emit()], { module: 'm', name: 'n', shared: true, maximum: 2 })]).to.deep.equal([
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // \0asm, version 1
      0x01, 0x05, 0x01, 0x60, 0x01, 0x7f, 0x00, // types: (i32) → ()
      0x02, 0x09, 0x01, 0x01, 0x6d, 0x01, 0x6e, 0x02, 0x03, 0x01, 0x02, // import m.n: shared memory of 1 to 2 pages
      0x03, 0x02, 0x01, 0x00, // functions: one of type 0
      0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, // export f
      0x0a, 0x0b, 0x01, 0x09, 0x00, 0x20, 0x00, 0x41, 0x01, 0x6a, 0x21, 0x00, 0x0b, // a ← a + 1
    ]);
  });

  it('types are listed once, locals in runs', () => {
    const two = ['f', 'g'].map((id) => kernel(id, { a: 'i32' }, ({ a }, $) => {
      const x = $.let(f32x4.load(a));
      const y = $.let(f32x4.load(a, 16));
      $.do(f32x4.store($.let(a), f32x4.add(x, y)));
    }).emit());
    const module = encodeModule(two, { module: 'env', name: 'memory', shared: false, maximum: 1 });
    expect(WebAssembly.validate(module)).to.equal(true);
    expect([...module].join(',')).to.include([0x02, 0x02, 0x7b, 0x01, 0x7f].join(',')); // two runs: 2 × v128, 1 × i32
  });

  it('this engine has SIMD, and the probe says so', () => expect(supportsSimd()).to.equal(true));

  for (const shared of [true, false]) {
    for (const func of simdFuncs()) {
      it(`${func.name} validates over ${shared ? 'shared' : 'private'} memory`, () => {
        expect(WebAssembly.validate(
          encodeModule([func.emit()], { module: 'env', name: 'memory', shared, maximum: 65_535 }),
        )).to.equal(true);
      });
    }
  }

  it('no two kernels have one name', () => {
    const names = simdFuncs().map((func) => func.name);
    expect(new Set(names).size).to.equal(names.length);
  });
});
