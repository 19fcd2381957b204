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
import { poolFace, poolFuncs } from '../../packages/tensor/dist/wasm/simd/pool.js';
import { expectClose } from './support/close.js';

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

for (const kind of ['shared', 'private'] as const) {
  describe(`simd: conv2d and pooling on a ${kind} heap`, () => {
    const heap = new Heap([kind]);
    const { kernels } = compileKernels([...convFuncs, ...poolFuncs], heap);
    const serial = serialRunner(kernels, heap);
    const faces = [serial, backwards(serial, kernels)].map((run) =>
      ({ ...convFace(run, reference), ...poolFace(run) }));
    heap.free(heap.allocate(2 ** 23, '[room]')); // growing later would make the arrays of a private heap stale
    const random = new Random(6);
    const array = (n: number, value: () => number): Float32Array => {
      const view = heap.view(heap.allocate(n, '[test]'), n);
      for (let i = 0; i < n; i++) view[i] = value();
      return view;
    };
    const normal = (): number => random.normal();
    const wild = (): number => [NaN, Infinity, -Infinity][random.integer(200)] ?? random.normal();

    /** Runs a kernel both ways into arrays with three numbers before and behind, which must stay. */
    const check = (
      label: string, n: number,
      run: (f: (typeof faces)[number], out: Float32Array) => void, refer: (out: Float32Array) => void,
    ): void => {
      const want = new Float32Array(n);
      refer(want);
      const [out, again] = faces.map((f) => {
        const padded = array(n + 6, () => 7);
        run(f, padded.subarray(3, n + 3));
        expect([...padded.subarray(0, 3), ...padded.subarray(n + 3)], `${label}: around`)
          .to.deep.equal([7, 7, 7, 7, 7, 7]);
        return padded.subarray(3, n + 3);
      });
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
          const columns = array(faces[0].columnsSize(g), () => NaN);
          const scratch = new Float32Array(reference.columnsSize(g));
          check(
            'conv2d', pixels * O,
            (f, out) => f.conv2d(g, x, w, out, columns),
            (out) => reference.conv2d(g, x, w, out, scratch),
          );
          check(
            'input gradient', x.length,
            (f, out) => f.conv2dInputGrad(g, dout, w, out, columns),
            (out) => reference.conv2dInputGrad(g, dout, w, out, scratch),
          );
          check(
            'weight gradient', w.length,
            (f, out) => f.conv2dWeightGrad(g, x, dout, out, columns),
            (out) => reference.conv2dWeightGrad(g, x, dout, out, scratch),
          );
          if (groups === 1) {
            const bias = array(O, normal);
            check(
              'conv2dFused', pixels * O,
              (f, out) => f.conv2dFused(g, x, w, bias, 'silu', out, columns),
              (out) => {
                reference.conv2d(g, x, w, out, scratch);
                for (let i = 0; i < out.length; i++) out[i] = unary.silu(out[i] + bias[i % O]);
              },
            );
          }
          const pool = { ...g, O: C, groups: C, dilationH: 1, dilationW: 1 };
          const share = array(pixels * C, value);
          check(
            'averagePool', pixels * C,
            (f, out) => f.averagePool(pool, x, out),
            (out) => reference.averagePool(pool, x, out),
          );
          check(
            'averagePoolGrad', x.length,
            (f, out) => f.averagePoolGrad(pool, share, out),
            (out) => reference.averagePoolGrad(pool, share, out),
          );
        }
      });
    }
  });
}
