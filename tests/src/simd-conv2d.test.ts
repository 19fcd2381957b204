/** Convolution by SIMD columns, and average pooling, against the reference: groups, edges, blocks, order of ranges. */
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import type { Geometry } from '../../packages/tensor/dist/kernels/geometry.js';
import * as reference from '../../packages/tensor/dist/kernels/index.js';
import { unary } from '../../packages/tensor/dist/kernels/elementwise.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';
import type { Runner } from '../../packages/tensor/dist/wasm/runner.js';
import { serialRunner } from '../../packages/tensor/dist/wasm/serial.js';
import { convFace, convFuncs } from '../../packages/tensor/dist/wasm/simd/conv2d-face.js';
import type { ProductsAt } from '../../packages/tensor/dist/wasm/simd/gemm-face.js';
import { poolFace, poolFuncs } from '../../packages/tensor/dist/wasm/simd/pool.js';
import { expectClose } from './support/close.js';
import { RestlessHeap } from './support/heaps.js';
import { onHeap } from './support/on-heap.js';

/** With the reference's products, which sum in float64: what is left are single roundings. */
const TOLERANCE = 1e-6;

interface Row {
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly O: number;
  readonly k: readonly [number, number];
  readonly s: readonly [number, number];
  /** Top and left, bottom and right. */
  readonly pad: readonly [number, number, number, number];
  readonly groups?: number;
  readonly d?: readonly [number, number];
}

const cases: readonly Row[] = [
  { N: 1, H: 16, W: 18, C: 3, O: 8, k: [3, 3], s: [2, 2], pad: [0, 0, 1, 1] }, // a stem
  { N: 2, H: 96, W: 96, C: 3, O: 2, k: [5, 5], s: [1, 1], pad: [2, 2, 2, 2] }, // several blocks of columns
  { N: 3, H: 30, W: 31, C: 11, O: 3, k: [7, 7], s: [1, 2], pad: [3, 3, 3, 3] },
  { N: 2, H: 5, W: 6, C: 5, O: 3, k: [1, 1], s: [1, 1], pad: [0, 0, 0, 0] }, // pointwise
  { N: 2, H: 5, W: 6, C: 5, O: 3, k: [1, 1], s: [2, 2], pad: [0, 0, 0, 0] },
  { N: 2, H: 7, W: 5, C: 6, O: 9, k: [3, 2], s: [1, 2], pad: [1, 0, 1, 1], groups: 3 },
  { N: 1, H: 6, W: 6, C: 16, O: 4, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1], groups: 2 },
  { N: 1, H: 2, W: 1, C: 4, O: 4, k: [5, 4], s: [1, 1], pad: [4, 3, 4, 3] }, // windows with nothing under them
  { N: 2, H: 9, W: 9, C: 3, O: 5, k: [2, 2], s: [4, 3], pad: [0, 0, 0, 0] }, // pixels no window reaches
  { N: 1, H: 4, W: 4, C: 0, O: 2, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1] },
  { N: 0, H: 4, W: 4, C: 3, O: 2, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1] },
  { N: 2, H: 7, W: 7, C: 21, O: 1, k: [7, 7], s: [7, 7], pad: [0, 0, 0, 0] },
  { N: 2, H: 96, W: 96, C: 3, O: 2, k: [5, 5], s: [1, 1], pad: [4, 4, 4, 4], d: [2, 2] },
  { N: 2, H: 9, W: 8, C: 6, O: 9, k: [3, 2], s: [1, 2], pad: [1, 0, 1, 1], groups: 3, d: [1, 3] },
];

function geometryOf({
  N, H, W, C, O, k: [kH, kW], s: [strideH, strideW], pad: [padTop, padLeft, bottom, right], groups = 1, d = [1, 1],
}: Row): Geometry {
  const outH = Math.floor((H + padTop + bottom - (kH - 1) * d[0] - 1) / strideH) + 1;
  const outW = Math.floor((W + padLeft + right - (kW - 1) * d[1] - 1) / strideW) + 1;
  return {
    N, H, W, C, kH, kW, O, strideH, strideW, dilationH: d[0], dilationW: d[1], padTop, padLeft, outH, outW, groups,
  };
}

/** Small ranges, last to first: what is written and summed must not depend on their order. */
const backwards = (
  runner: Runner, kernels: Readonly<Record<string, (...args: readonly number[]) => void>>,
): Runner => ({
  scratch: (length, body) => runner.scratch(length, body),
  ranges(name, total, _chunk, args) {
    for (let k = Math.ceil(total / 3) - 1; k >= 0; k--) kernels[name](...args, 3 * k, Math.min(total, 3 * k + 3));
  },
});

/** The reference's products on addresses. Each borrows scratch first, as the real ones may. */
function productsOn(heap: Heap, run: Runner): ProductsAt {
  const at = (...addresses: number[]): Float32Array[] => {
    run.scratch(1, () => {});
    return addresses.map((address) => new Float32Array(heap.memory!.buffer, address));
  };
  const product = (form: 'gemm' | 'gemmNT' | 'gemmTN'): ProductsAt[typeof form] =>
    (M, N, K, a, lda, b, ldb, out, ldc, accumulate) => {
      const [left, right, to] = at(a, b, out);
      reference[form](M, N, K, left, lda, right, ldb, to, ldc, accumulate);
    };
  return {
    gemm: product('gemm'), gemmNT: product('gemmNT'), gemmTN: product('gemmTN'),
    gemmFused(activation, M, N, K, a, lda, packed, bias, _residual, out) {
      const [left, right, beta, to] = at(a, packed, bias, out);
      reference.gemmFused(activation, M, N, K, left, lda, right, beta, null, to);
    },
  };
}

for (const [kind, heap] of [['shared', new Heap(['shared'])], ['private', new RestlessHeap()]] as const) {
  describe(`simd: conv2d and pooling on a ${kind} heap`, () => {
    const { kernels } = compileKernels([...convFuncs, ...poolFuncs], heap);
    const serial = serialRunner(kernels, heap);
    const faces = [serial, backwards(serial, kernels)].map((run) =>
      ({ ...convFace(run, productsOn(heap, run)), ...poolFace(run) }));
    const random = new Random(6);
    const array = (n: number, value: () => number): Float32Array => Float32Array.from({ length: n }, value);
    const normal = (): number => random.normal();
    const wild = (): number => [NaN, Infinity, -Infinity][random.integer(200)] ?? random.normal();

    type Run = (f: (typeof faces)[number], out: Float32Array, ...inputs: Float32Array[]) => void;

    /** Runs a kernel both ways on the heap, with n numbers to write, and the reference (`refer`, if given) beside. */
    const check = (label: string, n: number, inputs: readonly Float32Array[], run: Run, refer: Run = run): void => {
      const want = new Float32Array(n);
      refer(reference, want, ...inputs);
      const [out, again] = faces.map((f) =>
        onHeap(heap, [new Float32Array(n).fill(7), ...inputs], (to, ...views) => run(f, to, ...views))[0]);
      expectClose({ shape: [n], data: out }, { shape: [n], data: want }, TOLERANCE, label);
      expect(out, `${label}: backwards`).to.deep.equal(again);
    };

    for (const row of cases) {
      const g = geometryOf(row);
      const { N, H, W, C, O, kH, kW, outH, outW, groups } = g;
      it(`${N}x${H}x${W}x${C} to ${O}, window ${kH}x${kW}, stride ${row.s.join('x')}, ` +
        `padding ${row.pad.join()}, groups ${groups}`, () => {
        for (const value of [normal, wild]) {
          const pixels = N * outH * outW;
          const [x, w, dout] = [N * H * W * C, (kH * kW * C * O) / groups, pixels * O].map((n) => array(n, value));
          const columns = new Float32Array(Math.max(faces[0].columnsSize(g), reference.columnsSize(g))).fill(NaN);
          check('conv2d', pixels * O, [x, w, columns], (f, out, x, w, columns) => f.conv2d(g, x, w, out, columns));
          check('input gradient', x.length, [dout, w, columns], (f, out, dout, w, columns) =>
            f.conv2dInputGrad(g, dout, w, out, columns));
          check('weight gradient', w.length, [x, dout, columns], (f, out, x, dout, columns) =>
            f.conv2dWeightGrad(g, x, dout, out, columns));
          if (groups === 1) {
            check(
              'conv2dFused', pixels * O, [x, w, array(O, normal), columns],
              (f, out, x, w, bias, columns) => f.conv2dFused(g, x, w, bias, 'silu', out, columns),
              (f, out, x, w, bias, columns) => {
                f.conv2d(g, x, w, out, columns);
                for (let i = 0; i < out.length; i++) out[i] = unary.silu(out[i] + bias[i % O]);
              },
            );
          }
          const pool = { ...g, O: C, groups: C, dilationH: 1, dilationW: 1 };
          check('averagePool', pixels * C, [x], (f, out, x) => f.averagePool(pool, x, out));
          check('averagePoolGrad', x.length, [array(pixels * C, value)], (f, out, share) =>
            f.averagePoolGrad(pool, share, out));
        }
      });
    }
  });
}
