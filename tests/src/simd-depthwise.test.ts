/** Depthwise convolution and its gradients in SIMD against the reference: windows, tails, edges, order of ranges. */
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import type { Activation } from '../../packages/tensor/dist/kernels/fused.js';
import type { Geometry } from '../../packages/tensor/dist/kernels/geometry.js';
import * as reference from '../../packages/tensor/dist/kernels/index.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';
import type { Runner } from '../../packages/tensor/dist/wasm/runner.js';
import { serialRunner } from '../../packages/tensor/dist/wasm/serial.js';
import { depthwiseFace, depthwiseFuncs } from '../../packages/tensor/dist/wasm/simd/depthwise-face.js';
import { expectClose } from './support/close.js';
import { RestlessHeap } from './support/heaps.js';
import { onHeap } from './support/on-heap.js';

/** Sums of some thousand products in float32 (the weight gradient). */
const TOLERANCE = 5e-6;
const ACTIVATIONS: readonly Activation[] = ['none', 'silu', 'relu', 'relu6', 'sigmoid'];

/** One row a case: image, channels, window, stride, padding (top and left, bottom and right). */
const cases: readonly {
  N?: number; H: number; W: number; C: number; k: [number, number]; s: [number, number];
  pad: [number, number, number, number]; d?: [number, number];
}[] = [
  { H: 9, W: 13, C: 8, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1] },
  { H: 7, W: 7, C: 132, k: [5, 5], s: [1, 1], pad: [2, 2, 2, 2] },
  { H: 14, W: 15, C: 12, k: [3, 3], s: [2, 2], pad: [0, 0, 1, 1] },
  { H: 14, W: 17, C: 20, k: [5, 5], s: [2, 2], pad: [1, 1, 2, 2] },
  // More pixels than one part of the weight gradient.
  { N: 3, H: 40, W: 41, C: 9, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1] },
  { N: 2, H: 31, W: 30, C: 7, k: [5, 5], s: [2, 2], pad: [2, 2, 2, 2] },
  { H: 1, W: 1, C: 5, k: [5, 5], s: [1, 1], pad: [2, 2, 2, 2] }, // smaller than the window
  { H: 2, W: 3, C: 3, k: [3, 3], s: [1, 1], pad: [3, 3, 3, 3] }, // windows with nothing of the image under them
  { H: 8, W: 9, C: 6, k: [2, 4], s: [3, 1], pad: [0, 1, 1, 2] },
  { H: 9, W: 8, C: 5, k: [1, 1], s: [1, 1], pad: [0, 0, 0, 0] },
  { H: 9, W: 9, C: 4, k: [1, 2], s: [2, 3], pad: [0, 0, 0, 0] }, // strides longer than the window
  { H: 6, W: 10, C: 4, k: [3, 3], s: [1, 2], pad: [2, 0, 0, 1] },
  { N: 0, H: 6, W: 6, C: 4, k: [3, 3], s: [1, 1], pad: [1, 1, 1, 1] },
  { N: 2, H: 9, W: 10, C: 6, k: [3, 3], s: [1, 1], pad: [2, 2, 2, 2], d: [2, 2] },
  { H: 9, W: 10, C: 5, k: [3, 5], s: [2, 1], pad: [3, 0, 3, 4], d: [3, 1] },
];

function geometryOf({
  N = 1, H, W, C, k: [kH, kW], s: [strideH, strideW], pad: [padTop, padLeft, bottom, right], d = [1, 1],
}: (typeof cases)[number]): Geometry {
  const outH = Math.floor((H + padTop + bottom - (kH - 1) * d[0] - 1) / strideH) + 1;
  const outW = Math.floor((W + padLeft + right - (kW - 1) * d[1] - 1) / strideW) + 1;
  return {
    N, H, W, C, kH, kW, O: C, strideH, strideW, dilationH: d[0], dilationW: d[1], padTop, padLeft, outH, outW,
    groups: C,
  };
}

/** Ranges last to first: what is written and summed must not depend on their order. */
const backwards = (
  runner: Runner, kernels: Readonly<Record<string, (...args: readonly number[]) => void>>,
): Runner => ({
  scratch: (length, body) => runner.scratch(length, body),
  ranges(name, total, chunk, args) {
    for (let k = Math.ceil(total / chunk) - 1; k >= 0; k--) {
      kernels[name](...args, k * chunk, Math.min(total, (k + 1) * chunk));
    }
  },
});

for (const [kind, heap] of [['shared', new Heap(['shared'])], ['private', new RestlessHeap()]] as const) {
  describe(`simd: depthwise on a ${kind} heap`, () => {
    const { kernels } = compileKernels(depthwiseFuncs, heap);
    const serial = serialRunner(kernels, heap);
    const [face, reversed] = [depthwiseFace(serial), depthwiseFace(backwards(serial, kernels))];
    const random = new Random(5);
    const array = (n: number, value: () => number): Float32Array => Float32Array.from({ length: n }, value);
    const normal = (): number => random.normal();
    const wild = (): number => [NaN, Infinity, -Infinity][random.integer(60)] ?? random.normal();

    /** Runs a kernel both ways on the heap, with n numbers to write, and the reference beside. */
    const check = (
      label: string, n: number, inputs: readonly Float32Array[],
      run: (f: typeof face, out: Float32Array, ...inputs: Float32Array[]) => void,
    ): void => {
      const want = new Float32Array(n);
      run(reference, want, ...inputs);
      const [out, again] = [face, reversed].map((f) =>
        onHeap(heap, [new Float32Array(n).fill(7), ...inputs], (to, ...views) => run(f, to, ...views))[0]);
      expectClose({ shape: [n], data: out }, { shape: [n], data: want }, TOLERANCE, label);
      expect(out, `${label}: backwards`).to.deep.equal(again);
    };

    for (const [index, row] of cases.entries()) {
      const g = geometryOf(row);
      const { N, H, W, C, kH, kW, outH, outW } = g;
      it(`${N}x${H}x${W}x${C}, window ${kH}x${kW}, stride ${row.s.join('x')}, padding ${row.pad.join()}`, () => {
        for (const value of [normal, wild]) {
          const [x, w, dout] = [N * H * W * C, kH * kW * C, N * outH * outW * C].map((n) => array(n, value));
          const bias = array(C, normal);
          const activation = ACTIVATIONS[index % ACTIVATIONS.length];
          check('depthwise', dout.length, [x, w], (f, out, x, w) => f.depthwise(g, x, w, out));
          check(`depthwiseFused ${activation}`, dout.length, [x, w, bias], (f, out, x, w, bias) =>
            f.depthwiseFused(g, x, w, bias, activation, out));
          check('input gradient', x.length, [dout, w], (f, out, dout, w) => f.depthwiseInputGrad(g, dout, w, out));
          check('weight gradient', w.length, [x, dout], (f, out, x, dout) => f.depthwiseWeightGrad(g, x, dout, out));
        }
      });
    }
  });
}
