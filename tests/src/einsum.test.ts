/** Einstein's summation and diagonals: values, and how the work is done. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { expect } from 'chai';
import * as reference from '../../packages/tensor/dist/kernels/index.js';
import { diagonalSamples } from './samples/diagonal.js';
import { einsumSamples } from './samples/einsum.js';
import { withKernels } from './support/heaps.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('diagonal', diagonalSamples);
describeSamples('einsum', einsumSamples);

/** M·N·K of every product of matrices that `body` makes. */
function products(body: () => void): number[][] {
  const sizes: number[][] = [];
  const spied = (product: typeof reference.gemm): typeof reference.gemm => (M, N, K, ...rest) => {
    sizes.push([M, N, K]);
    product(M, N, K, ...rest);
  };
  const { gemm, gemmNT, gemmTN } = reference;
  withKernels({ ...reference, gemm: spied(gemm), gemmNT: spied(gemmNT), gemmTN: spied(gemmTN) }, () => t.scope(body));
  return sizes;
}

describe('einsum: how the work is done', () => {
  const z = (...shape: number[]): t.Tensor => t.zeros(shape);

  it('a matrix that all share is one product with all rows', () => {
    expect(products(() => void t.einsum('bhwc,cd->bhwd', z(2, 3, 4, 5), z(5, 6)))).to.deep.equal([[24, 6, 5]]);
    expect(products(() => void t.matmul(z(2, 3, 4, 5), z(5, 6)))).to.deep.equal([[24, 6, 5]]);
    expect(products(() => void t.matmul(z(7, 4, 5), z(5)))).to.deep.equal([[28, 1, 5]]);
  });

  it('so is its gradient', () => {
    const [x, w] = [new Variable(z(2, 3, 5), { requiresGrad: true }), new Variable(z(5, 4), { requiresGrad: true })];
    expect(products(() => ag.matmul(x, w).backward({ gradient: z(2, 3, 4) })))
      .to.have.deep.members([[6, 4, 5], [6, 5, 4], [5, 4, 6]]);
  });

  it('attention is one product a head, and copies nothing', () => {
    const [q, k] = [z(2, 3, 2, 4), z(2, 5, 2, 4)];
    let copies = 0;
    const copy: typeof reference.copy = (...args) => {
      copies++;
      reference.copy(...args);
    };
    withKernels({ ...reference, copy }, () => t.scope(() => void t.einsum('bqhd,bkhd->bhqk', q, k)));
    expect(copies).to.equal(0);
    expect(products(() => void t.einsum('bqhd,bkhd->bhqk', q, k)))
      .to.deep.equal(Array.from({ length: 4 }, () => [3, 5, 4]));
  });

  it('products of elements, and sums of them alone, are no matrix products', () => {
    expect(products(() => {
      t.einsum('ij,ij->ij', z(3, 4), z(3, 4));
      t.einsum('bi,bi->b', z(3, 4), z(3, 4));
      t.einsum('i,j->ij', z(3), z(4));
    })).to.deep.equal([]);
  });

  it('an index that nobody else has is summed over before any product', () => {
    expect(products(() => void t.einsum('ijx,jk->ik', z(3, 4, 100), z(4, 5)))).to.deep.equal([[3, 5, 4]]);
  });

  it('releases what it makes on the way, and returns views where it can', () => {
    const x = t.fromArray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]);
    expect(t.einsum('ij->ji', x).storage).to.equal(x.storage);
    expect(t.einsum('ij->ij', x)).to.equal(x);
    const { liveTensors } = t.info().heap;
    const out = t.einsum('ij,kj,km->im', x, x, x);
    expect(t.info().heap.liveTensors).to.equal(liveTensors + 1);
    expect(out.shape).to.deep.equal([3, 4]);
  });

  it('works on shapes alone', () => {
    t.meta(() => {
      expect(t.einsum('bqhd,bkhd->bhqk', z(2, 3, 2, 4), z(2, 5, 2, 4)).shape).to.deep.equal([2, 2, 3, 5]);
      expect(t.einsum('ii->i', z(3, 3)).shape).to.deep.equal([3]);
      expect(t.matmul(z(2, 3, 4), z(4)).shape).to.deep.equal([2, 3]);
      expect(t.padDiagonal(z(4, 2), [2, 4, 3], 0, 2).shape).to.deep.equal([2, 4, 3]);
      expect(t.convTranspose2d(z(1, 4, 4, 3), z(3, 3, 2, 3), { stride: 2 }).shape).to.deep.equal([1, 9, 9, 2]);
    });
    expect(runtime.metaMode).to.equal(false);
  });
});
