/** Matrix products apart from any layer: the size everyone quotes. */
import type { Kernels } from '@vitrine/tensor/internal';
import type { Case } from '../harness/case.js';

const SIZE = 512;

type Product = Kernels['gemm'];

const gemmCase = (name: string, pick: (kernels: Kernels) => Product): Case => ({
  family: 'gemm',
  name,
  rate: 'GFLOP/s',
  flops: 2 * SIZE ** 3,
  bytes: 4 * 3 * SIZE ** 2,
  tolerance: 1e-5,
  prepare(arrays) {
    const [a, b] = [arrays.uniform(SIZE ** 2), arrays.uniform(SIZE ** 2)];
    const out = arrays.empty(SIZE ** 2);
    return {
      plan(kernels) {
        const product = pick(kernels);
        return () => product(SIZE, SIZE, SIZE, a, SIZE, b, SIZE, out, SIZE, false);
      },
      outputs: () => [out],
    };
  },
});

/** All three have the same operands; element by element they read them in another order. */
export const gemmCases: readonly Case[] = [
  gemmCase(`${SIZE}³, a·b`, (kernels) => kernels.gemm),
  gemmCase(`${SIZE}³, a·bᵀ (as for an input's gradient)`, (kernels) => kernels.gemmNT),
  gemmCase(`${SIZE}³, aᵀ·b (as for a weight's gradient)`, (kernels) => kernels.gemmTN),
];
