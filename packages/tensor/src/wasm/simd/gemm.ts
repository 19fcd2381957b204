/**
 * Matrix products in SIMD. Names as in BLIS: a tile of MR×NR sums in registers walks the whole of K; panels of NR
 * columns of b, packed so that they stream, stand outside; blocks of MC rows of a, which stay in the second-level
 * cache, further out.
 *
 * Measured (Node 20, Zen 3, one thread, GFLOP/s; the machine's peak is 48): 512³ with 2×16 39, 4×8 35, 6×8 23 and
 * 5×8 20 (they spill), 3×12 17; either unrolled by two over k 24. B0's pointwise shapes 32–37, the least where K = 16
 * and writing the result is a third of the work.
 */
import { at, bytesOf, f32, f32x4, i32, kernel, range } from '../asm.js';
import type { Body, Expr, Local, KernelSource } from '../asm.js';
import type { Activation } from '../../kernels/fused.js';
import { activate } from './activation.js';

/**
 * A tile's sums, a row of b and one value of a must fit the 16 registers of AVX. 2×16 has the fewest addresses to move;
 * 4×8 is for the last columns, and for products that read b in place.
 */
export interface Tile {
  readonly MR: number;
  readonly NR: number;
}

export const WIDE: Tile = { MR: 2, NR: 16 };
export const NARROW: Tile = { MR: 4, NR: 8 };

/** What happens to a finished sum on its way to memory: nothing, or it is added to what is there, or bias and more. */
export type Epilogue = 'sum' | 'accumulate' | 'residual' | Activation;

const EPILOGUES: readonly Epilogue[] = ['sum', 'accumulate', 'residual', 'none', 'silu', 'relu', 'relu6', 'sigmoid'];

type V = Expr<'f32x4'>;

/** The epilogue of one vector of sums. `old` is what stands at the same place in `extra`. */
function finish($: Body, epilogue: Epilogue, sum: V, bias: () => V, old: () => V): V {
  switch (epilogue) {
    case 'sum': return sum;
    case 'accumulate': return f32x4.add(old(), sum);
    case 'residual': return f32x4.add(f32x4.add(sum, bias()), old());
    default: return activate($, f32x4, epilogue, $.let(f32x4.add(sum, bias())));
  }
}

interface Target {
  /** Address of the tile's first element, and of the matching one in `extra`. */
  readonly out: Local<'i32'>;
  readonly extra: Local<'i32'>;
  readonly ldc: Expr<'i32'>;
  /** Address of the bias of the tile's first column. */
  readonly bias: Expr<'i32'>;
  /** Columns from the tile's first to the last of out. */
  readonly columns: Expr<'i32'>;
}

/** Stores a tile; columns beyond the last of out are left out. */
function writeTile(
  $: Body, NR: number, sums: readonly (readonly V[])[], { out, extra, ldc, bias, columns }: Target, epilogue: Epilogue,
): void {
  for (const row of sums) {
    const finished = row.map((sum, j) => () =>
      finish($, epilogue, sum, () => f32x4.load(bias, 16 * j), () => f32x4.load(extra, 16 * j)));
    $.if(
      i32.leU(i32.const(NR), columns),
      () => finished.forEach((vector, j) => $.do(f32x4.store(out, vector(), 16 * j))),
      () => finished.forEach((vector, j) =>
        $.if(i32.ltU(i32.const(4 * j), columns), () => storeColumns($, out, $.let(vector()), j, columns))),
    );
    $.set(out, i32.add(out, ldc));
    $.set(extra, i32.add(extra, ldc));
  }
}

/** The first columns − 4j lanes of a vector. What its computation read beyond them is ignored. */
function storeColumns($: Body, out: Expr<'i32'>, vector: V, j: number, columns: Expr<'i32'>): void {
  for (const lane of [0, 1, 2, 3] as const) {
    $.if(i32.ltU(i32.const(4 * j + lane), columns), () =>
      $.do(f32.store(out, f32x4.extract(vector, lane), 16 * j + 4 * lane)));
  }
}

/** One rank-1 update: sums[i][j] += a[i]·b[j]. */
function rank1(
  $: Body, NR: number, sums: readonly (readonly Local<'f32x4'>[])[], a: (i: number) => V, b: Expr<'i32'>,
): void {
  const columns = range(NR / 4).map((j) => $.let(f32x4.load(b, 16 * j)));
  for (const [i, row] of sums.entries()) {
    const ai = $.let(a(i));
    row.forEach((sum, j) => $.set(sum, f32x4.add(sum, f32x4.mul(ai, columns[j]))));
  }
}

const zeros = ($: Body, rows: number, NR: number): Local<'f32x4'>[][] =>
  range(rows).map(() => range(NR / 4).map(() => $.let(f32x4.const(0))));

/** Calls `write` for tiles of MR rows from `m` to `end`, then for single rows. */
function forTiles($: Body, MR: number, m: Local<'i32'>, end: Expr<'i32'>, write: (rows: number) => void): void {
  for (const rows of [MR, 1]) {
    $.while(i32.leU(i32.add(m, i32.const(rows)), end), () => {
      write(rows);
      $.set(m, i32.add(m, i32.const(rows)));
    });
  }
}

/**
 * out[m,n] = epilogue(Σₖ a[m,k]·b[k,n]) for begin ≤ m < end
 * a: rows of K, leading dimension lda bytes, read in place; b: panels of NR columns, K×NR each, zero-padded (`packB`)
 * out: leading dimension ldc bytes; bias: N floats; extra: what 'accumulate' and 'residual' add, laid out as out.
 */
const gemmPacked = ({ MR, NR }: Tile, epilogue: Epilogue): KernelSource =>
  kernel(
    `gemm-${NR}-${epilogue}`,
    {
      N: 'i32', K: 'i32', a: 'i32', lda: 'i32', b: 'i32', out: 'i32', ldc: 'i32', bias: 'i32', extra: 'i32',
      begin: 'i32', end: 'i32',
    },
    ({ N, K, a, lda, b, out, ldc, bias, extra, begin, end }, $) => {
      const n = $.let(i32.const(0));
      const panel = $.let(b);
      const panelBytes = $.let(i32.mul(K, i32.const(4 * NR)));
      $.for(n, N, i32.const(NR), () => {
        const m = $.let(begin);
        forTiles($, MR, m, end, (rows) => {
          const sums = zeros($, rows, NR);
          const pointers = [$.let(i32.add(a, i32.mul(m, lda)))];
          for (let i = 1; i < rows; i++) pointers.push($.let(i32.add(pointers[i - 1], lda)));
          const k = $.let(panel);
          const kEnd = $.let(i32.add(panel, panelBytes));
          $.while(i32.ltU(k, kEnd), () => {
            rank1($, NR, sums, (i) => f32x4.loadSplat(pointers[i]), k);
            for (const pointer of pointers) $.set(pointer, i32.add(pointer, i32.const(4)));
            $.set(k, i32.add(k, i32.const(4 * NR)));
          });
          const offset = $.let(i32.add(i32.mul(m, ldc), bytesOf(n)));
          writeTile($, NR, sums, {
            out: $.let(i32.add(out, offset)),
            extra: $.let(i32.add(extra, offset)),
            ldc,
            bias: $.let(at(bias, n)),
            columns: $.let(i32.sub(N, n)),
          }, epilogue);
        });
        $.set(panel, i32.add(panel, panelBytes));
      });
    },
  );

/**
 * out[m,n] (+)= Σₖ a[k,m]·b[k,n] for begin ≤ m < end, with k in blocks of KC rows, of which both matrices' fit the
 * caches.
 * a: K×M, b: K×N, leading dimensions lda, ldb bytes, both read in place; both may be read up to NR − 1 floats beyond a
 * row. `accumulate` 0 overwrites, 1 adds.
 */
const gemmTransposedA: KernelSource = kernel(
  'gemm-tn',
  {
    N: 'i32', K: 'i32', KC: 'i32', a: 'i32', lda: 'i32', b: 'i32', ldb: 'i32', out: 'i32', ldc: 'i32',
    accumulate: 'i32', begin: 'i32', end: 'i32',
  },
  ({ N, K, KC, a, lda, b, ldb, out, ldc, accumulate, begin, end }, $) => {
    const { MR, NR } = NARROW;
    const k = $.let(i32.const(0));
    const adds = $.let(accumulate);
    $.for(k, K, KC, () => {
      const rows = $.let(i32.sub(K, k));
      $.if(i32.ltU(KC, rows), () => $.set(rows, KC));
      const n = $.let(i32.const(0));
      $.for(n, N, i32.const(NR), () => {
        const m = $.let(begin);
        forTiles($, MR, m, end, (height) => {
          const sums = zeros($, height, NR);
          const aRow = $.let(i32.add(at(a, m), i32.mul(k, lda)));
          const bRow = $.let(i32.add(at(b, n), i32.mul(k, ldb)));
          const bEnd = $.let(i32.add(bRow, i32.mul(rows, ldb)));
          // Not `ltU`: the end may lie a row beyond b, and at the end of the address space begin anew.
          $.while(i32.ne(bRow, bEnd), () => {
            rank1($, NR, sums, (i) => f32x4.loadSplat(aRow, 4 * i), bRow);
            $.set(aRow, i32.add(aRow, lda));
            $.set(bRow, i32.add(bRow, ldb));
          });
          const to = $.let(i32.add(i32.add(out, i32.mul(m, ldc)), bytesOf(n)));
          const target = { out: to, extra: $.let(to), ldc, bias: to, columns: $.let(i32.sub(N, n)) };
          $.if(adds, () => writeTile($, NR, sums, target, 'accumulate'), () => writeTile($, NR, sums, target, 'sum'));
        });
      });
      $.set(adds, i32.const(1));
    });
  },
);

/**
 * packed[n/NR][k][n%NR] = b[k,n] (· scale[k]), zero beyond N, for panels begin ≤ n/NR < end.
 * Element (k, n) of b stands at b + k·rowBytes + n·columnBytes: row-major b, or its transpose.
 */
const packB = ({ NR }: Tile, scaled: boolean): KernelSource =>
  kernel(
    `pack-b-${NR}${scaled ? '-scaled' : ''}`,
    {
      N: 'i32', K: 'i32', b: 'i32', rowBytes: 'i32', columnBytes: 'i32', packed: 'i32', scale: 'i32',
      begin: 'i32', end: 'i32',
    },
    ({ N, K, b, rowBytes, columnBytes, packed, scale, begin, end }, $) => {
      const panel = $.let(begin);
      const to = $.let(i32.add(packed, i32.mul(begin, i32.mul(K, i32.const(4 * NR)))));
      $.for(panel, end, i32.const(1), () => {
        const n = $.let(i32.mul(panel, i32.const(NR)));
        const columns = $.let(i32.sub(N, n));
        const row = $.let(i32.add(b, i32.mul(n, columnBytes)));
        const factor = $.let(scale);
        const k = $.let(i32.const(0));
        const inRow = $.let(i32.and(i32.eq(columnBytes, i32.const(4)), i32.leU(i32.const(NR), columns)));
        const timesVector = (x: V): V => (scaled ? f32x4.mul(x, f32x4.loadSplat(factor)) : x);
        const timesOne = (x: Expr<'f32'>): Expr<'f32'> => (scaled ? f32.mul(x, f32.load(factor)) : x);
        $.for(k, K, i32.const(1), () => {
          $.if(
            inRow,
            () => range(NR / 4).forEach((j) => $.do(f32x4.store(to, timesVector(f32x4.load(row, 16 * j)), 16 * j))),
            () => {
              const from = $.let(row);
              for (const j of range(NR)) {
                $.if(
                  i32.ltU(i32.const(j), columns),
                  () => $.do(f32.store(to, timesOne(f32.load(from)), 4 * j)),
                  () => $.do(f32.store(to, f32.const(0), 4 * j)),
                );
                $.set(from, i32.add(from, columnBytes));
              }
            },
          );
          $.set(row, i32.add(row, rowBytes));
          $.set(to, i32.add(to, i32.const(4 * NR)));
          if (scaled) $.set(factor, i32.add(factor, i32.const(4)));
        });
      });
    },
  );

export const gemmFuncs: readonly KernelSource[] = [
  ...[WIDE, NARROW].flatMap((tile) => [
    ...EPILOGUES.map((epilogue) => gemmPacked(tile, epilogue)), packB(tile, false), packB(tile, true),
  ]),
  gemmTransposedA,
];
