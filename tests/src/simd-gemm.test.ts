/**
 * Matrix products in SIMD against the reference, every tail, leading dimension and epilogue, in any order of ranges.
 */
import { Random } from '@vitrine/tensor';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import * as reference from '../../packages/tensor/dist/kernels/index.js';
import type { Activation } from '../../packages/tensor/dist/kernels/fused.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';
import { serialRunner } from '../../packages/tensor/dist/wasm/serial.js';
import { gemmFace } from '../../packages/tensor/dist/wasm/simd/gemm-face.js';
import { gemmFuncs } from '../../packages/tensor/dist/wasm/simd/gemm.js';
import { expectClose } from './support/close.js';
import type { Dense } from './support/dense.js';
import { RestlessHeap } from './support/heaps.js';
import { onHeap } from './support/on-heap.js';

const dense = (data: Float32Array): Dense => ({ shape: [data.length], data });

/** Sums of 100 products of numbers near 1, in float32. */
const TOLERANCE = 2e-6;

for (const [kind, heap] of [['shared', new Heap(['shared'])], ['private', new RestlessHeap()]] as const) {
  describe(`simd: gemm on a ${kind} heap`, () => {
    const face = gemmFace(serialRunner(compileKernels(gemmFuncs, heap).kernels, heap));
    const random = new Random(11);
    const fill = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
    const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 17, 33];

    for (const form of ['gemm', 'gemmNT', 'gemmTN'] as const) {
      it(`${form}: 300 shapes, with padded rows, overwriting and adding`, () => {
        for (let round = 0; round < 300; round++) {
          const [M, N, K] = [0, 0, 0].map(() => sizes[random.integer(sizes.length)]);
          const pad = (n: number): number => n + random.integer(3);
          const [rowsA, columnsA] = form === 'gemmTN' ? [K, M] : [M, K];
          const [rowsB, columnsB] = form === 'gemmNT' ? [N, K] : [K, N];
          const [lda, ldb, ldc] = [pad(columnsA), pad(columnsB), pad(N)];
          const [a, b, out] = [fill(rowsA * lda), fill(rowsB * ldb), fill(M * ldc)];
          const want = Float32Array.from(out);
          const accumulate = round % 2 === 0;
          reference[form](M, N, K, a, lda, b, ldb, want, ldc, accumulate);
          const [, , got] = onHeap(heap, [a, b, out], (x, y, to) =>
            face[form](M, N, K, x, lda, y, ldb, to, ldc, accumulate));
          expectClose(dense(got), dense(want), TOLERANCE,
            `${form} ${M}x${N}x${K} ld ${lda},${ldb},${ldc}${accumulate ? ' added' : ''}`);
        }
      });
    }

    for (const activation of ['none', 'silu', 'relu', 'relu6', 'sigmoid'] satisfies Activation[]) {
      it(`gemmFused ${activation}: packed, scaled, with bias and residual`, () => {
        for (let round = 0; round < 60; round++) {
          const [M, N, K] = [0, 0, 0].map(() => sizes[1 + random.integer(sizes.length - 1)]);
          const [a, b, bias, scale, residual, out] =
            [fill(M * K), fill(K * N), fill(N), fill(K), fill(M * N), fill(M * N)];
          const want = new Float32Array(M * N);
          const added = activation === 'none' && round % 2 === 0 ? residual : null;
          const scaled = round % 3 === 0 ? scale : null;
          const packed = new Float32Array(face.packedSize(N, K)).fill(NaN);
          const plain = new Float32Array(reference.packedSize(N, K));
          reference.packWeights(N, K, b, scaled, plain);
          reference.gemmFused(activation, M, N, K, a, K, plain, bias, added, want);
          const arrays = [out, a, b, bias, scale, residual, packed];
          const [got] = onHeap(heap, arrays, (to, x, w, beta, gamma, more, panels) => {
            face.packWeights(N, K, w, scaled === null ? null : gamma, panels);
            face.gemmFused(activation, M, N, K, x, K, panels, beta, added === null ? null : more, to);
          });
          expectClose(dense(got), dense(want), TOLERANCE, `${activation} ${M}x${N}x${K}` +
            `${scaled === null ? '' : ' scaled'}${added === null ? '' : ' + residual'}`);
        }
      });
    }
  });
}
