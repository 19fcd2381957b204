/** The SIMD matrix products behind the reference kernels' signatures. */
import type { Activation } from '../../kernels/fused.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { NARROW, WIDE } from './gemm.js';
import type { Epilogue, Tile } from './gemm.js';

/** Floats of a block of a's rows: 256 KiB, half of a second-level cache. */
const BLOCK = 65_536;
/**
 * Rows of a and b that `gemm-tn` takes at a time: a line of each from 160 rows fits the first-level cache. Measured on
 * B0's weight gradients: 160: 28–35 GFLOP/s; 256: 28–31; as many as fit the second level: 26–32.
 */
const KC = 160;
/** Multiply-adds worth a thread's attention: about 12 µs. */
const GRAIN = 200_000;

/** The columns of b, cut into panels: 16 wide as long as more than 8 are left, then one of 8. */
function columnParts(N: number): readonly { readonly tile: Tile; readonly first: number; readonly columns: number }[] {
  const wide = WIDE.NR * Math.max(0, Math.ceil((N - NARROW.NR) / WIDE.NR));
  const parts = [
    { tile: WIDE, first: 0, columns: Math.min(N, wide) },
    { tile: NARROW, first: wide, columns: N - wide },
  ];
  return parts.filter(({ columns }) => columns > 0);
}

/** Elements of b packed, the last panel filled up with zeros. */
const packedSize = (N: number, K: number): number =>
  columnParts(N).reduce((total, { tile: { NR }, columns }) => total + Math.ceil(columns / NR) * NR * K, 0);

/** Rows an m-block has: as many as the cache takes, and few enough that threads have something to share. */
function blockRows(M: number, N: number, K: number, MR: number): number {
  const cached = Math.floor(BLOCK / Math.max(1, K));
  const shared = Math.max(Math.ceil(M / 16), Math.ceil(GRAIN / Math.max(1, N * K)));
  return Math.max(MR, Math.ceil(Math.min(cached, shared) / MR) * MR);
}

/**
 * Products of arrays that are given by their addresses. `gemm` and `gemmNT` borrow scratch, which may grow the heap and
 * so make views of a private memory stale: a face that goes on with its arrays afterwards takes their addresses first
 * and calls these.
 */
export interface ProductsAt {
  readonly gemm: ProductAt;
  readonly gemmNT: ProductAt;
  /** K > 0. */
  readonly gemmTN: ProductAt;
  /** residual: 0 for none. */
  readonly gemmFused: (
    activation: Activation, M: number, N: number, K: number, a: number, lda: number, packed: number, bias: number,
    residual: number, out: number,
  ) => void;
}

type ProductAt = (
  M: number, N: number, K: number, a: number, lda: number, b: number, ldb: number, out: number, ldc: number,
  accumulate: boolean,
) => void;

/** Packs b, of which element (k,n) stands at k·rowStep + n·columnStep floats. */
function pack(
  run: Runner, N: number, K: number, b: number, rowStep: number, columnStep: number, scale: number | null,
  packed: number,
): void {
  for (const { tile: { NR }, first, columns } of columnParts(N)) {
    const panels = Math.ceil(columns / NR);
    const args = [
      columns, K, b + 4 * first * columnStep, 4 * rowStep, 4 * columnStep, packed + 4 * first * K, scale ?? b,
    ];
    run.ranges(
      `pack-b-${NR}${scale === null ? '' : '-scaled'}`,
      panels,
      Math.max(Math.ceil(panels / 8), Math.ceil(40_000 / (NR * K + 1))),
      args,
    );
  }
}

export const productsAt = (run: Runner): ProductsAt => {
  /**
   * out = epilogue(a·b); bias has N elements; extra is laid out as out. Both may be out where the epilogue ignores
   * them.
   */
  const multiply = (
    epilogue: Epilogue, M: number, N: number, K: number, a: number, lda: number, packed: number,
    out: number, ldc: number, bias: number, extra: number,
  ): void => {
    for (const { tile: { MR, NR }, first, columns } of columnParts(N)) {
      const args = [
        columns, K, a, 4 * lda, packed + 4 * first * K, out + 4 * first, 4 * ldc, bias + 4 * first, extra + 4 * first,
      ];
      run.ranges(`gemm-${NR}-${epilogue}`, M, blockRows(M, columns, K, MR), args);
    }
  };
  const product = (
    M: number, N: number, K: number, a: number, lda: number, b: number, rowStep: number, columnStep: number,
    out: number, ldc: number, accumulate: boolean,
  ): void =>
    run.scratch(packedSize(N, K), (packed) => {
      pack(run, N, K, b, rowStep, columnStep, null, addressOf(packed));
      multiply(accumulate ? 'accumulate' : 'sum', M, N, K, a, lda, addressOf(packed), out, ldc, out, out);
    });
  return {
    gemm: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) =>
      product(M, N, K, a, lda, b, ldb, 1, out, ldc, accumulate),
    gemmNT: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) =>
      product(M, N, K, a, lda, b, 1, ldb, out, ldc, accumulate),
    gemmTN: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) => {
      const { MR } = NARROW;
      const rows = Math.max(MR, Math.ceil(Math.max(M / 16, GRAIN / (N * K)) / MR) * MR);
      run.ranges('gemm-tn', M, rows, [N, K, KC, a, 4 * lda, b, 4 * ldb, out, 4 * ldc, accumulate ? 1 : 0]);
    },
    gemmFused: (activation, M, N, K, a, lda, packed, bias, residual, out) =>
      multiply(
        residual === 0 ? activation : 'residual',
        M, N, K, a, lda, packed, out, N, bias, residual === 0 ? out : residual,
      ),
  };
};

type GemmKernels = Pick<Kernels, 'gemm' | 'gemmNT' | 'gemmTN' | 'packedSize' | 'packWeights' | 'gemmFused'>;

export const gemmFace = (run: Runner, at: ProductsAt = productsAt(run)): GemmKernels => ({
  packedSize,
  packWeights: (N, K, b, scale, packed) =>
    pack(run, N, K, addressOf(b), N, 1, scale === null ? null : addressOf(scale), addressOf(packed)),
  gemmFused: (activation, M, N, K, a, lda, packed, bias, residual, out) =>
    at.gemmFused(
      activation, M, N, K, addressOf(a), lda, addressOf(packed), addressOf(bias),
      residual === null ? 0 : addressOf(residual), addressOf(out),
    ),
  gemm: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) =>
    at.gemm(M, N, K, addressOf(a), lda, addressOf(b), ldb, addressOf(out), ldc, accumulate),
  gemmNT: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) =>
    at.gemmNT(M, N, K, addressOf(a), lda, addressOf(b), ldb, addressOf(out), ldc, accumulate),
  gemmTN: (M, N, K, a, lda, b, ldb, out, ldc, accumulate) => {
    if (K > 0) return at.gemmTN(M, N, K, addressOf(a), lda, addressOf(b), ldb, addressOf(out), ldc, accumulate);
    if (!accumulate) for (let m = 0; m < M; m++) out.fill(0, m * ldc, m * ldc + N);
  },
});
