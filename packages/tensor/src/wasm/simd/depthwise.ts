/**
 * Depthwise convolution in SIMD: four channels a vector, a tile of adjacent outputs in registers. A tile of T outputs
 * and a kernel row of kW taps read (T − 1)·stride + kW pixels, each loaded once for all the outputs it belongs to, and
 * kW weights: for 3 taps and T = 4, 9 loads for 12 multiply-adds.
 *
 * Measured (Node 20, Zen 3, one thread, batch 1) over the 16 depthwise layers of B0@224: 20 GFLOP/s, 21 for the input
 * gradient and for the weight gradient; 40 is what independent multiplications and additions reach.
 *
 * The input gradient is the same sum with other steps through the weight (see depthwise-face.ts), so it has no
 * emitters of its own.
 *
 * The image is not padded. Rows of the kernel that stand outside it are not walked; a tile that hangs over the left or
 * right edge asks for each pixel, by a bit of `mask`, whether it is there.
 */
import { f32, f32x4, i32, kernel, range } from '../asm.js';
import type { Body, Expr, Lanes, Local, Type, KernelSource } from '../asm.js';
import type { Activation } from '../../kernels/fused.js';
import { activate } from './activation.js';

/** Outputs of a tile: 4 sums, 5 weights and a pixel fit the 16 registers of AVX. */
const T = 4;

/**
 * Work is cut into units, one output row of one block of channels, numbered (n·blocks + block)·outH + i: the weights of
 * a block stay in the first-level cache from row to row, and an image in the second or third from block to block.
 */
export interface Blocks {
  readonly blocks: number;
  /** Channels of a block, in bytes: whole vectors. */
  readonly blockBytes: number;
}

/** Equal blocks of at most 128 channels. */
export function blocksOf(bytes: number): Blocks {
  const blocks = Math.ceil(bytes / 512);
  return { blocks, blockBytes: 16 * Math.ceil(bytes / blocks / 16) };
}

/** Kernel widths and strides with code of their own; 1 and 2 taps arise in the input gradient of stride 2. */
export const WINDOWS: readonly (readonly [kW: number, strideW: number])[] = [
  [3, 1], [5, 1], [3, 2], [5, 2], [2, 1], [1, 1],
];

/** Kernels by window, or 'any' of them by whole vectors and, for the last C mod 4 channels, 'tail'. */
export const windowName = (window: readonly [kW: number, strideW: number] | 'any' | 'tail', finish: Finish): string =>
  `depthwise-${typeof window === 'string' ? window : window.join('s')}-${finish}`;

/** What follows the sum: nothing, or the bias and then an activation. */
export type Finish = 'sum' | Activation;

const FINISHES: readonly Finish[] = ['sum', 'none', 'silu', 'relu', 'relu6', 'sigmoid'];

/**
 * Sizes in elements, except: names ending in Step and Bytes, in bytes; `first`, `last`: a range of channels, in bytes.
 */
const params = {
  blocks: 'i32', blockBytes: 'i32',
  H: 'i32', W: 'i32', kH: 'i32', kW: 'i32', strideH: 'i32', strideW: 'i32', padTop: 'i32', padLeft: 'i32',
  outH: 'i32', outW: 'i32',
  x: 'i32', pixelStep: 'i32', w: 'i32', wRowStep: 'i32', wStep: 'i32',
  out: 'i32', outImageStep: 'i32', outRowStep: 'i32', outStep: 'i32',
  bias: 'i32', first: 'i32', last: 'i32', begin: 'i32', end: 'i32',
} as const;

type P = { readonly [K in keyof typeof params]: Local<'i32'> };
export type I = Expr<'i32'>;

export const maxS = ($: Body, a: I, b: I): Local<'i32'> => {
  const [x, y] = [$.let(a), $.let(b)];
  return $.let(i32.select(x, y, i32.geS(x, y)));
};
export const minS = ($: Body, a: I, b: I): Local<'i32'> => {
  const [x, y] = [$.let(a), $.let(b)];
  return $.let(i32.select(x, y, i32.ltS(x, y)));
};

/** Bit m is set where column + m lies in an image of width W, 0 ≤ m < span. */
export function columnMask($: Body, column: I, W: I, span: number): Local<'i32'> {
  const low = minS($, maxS($, i32.sub(i32.const(0), column), i32.const(0)), i32.const(span));
  const high = maxS($, minS($, i32.sub(W, column), i32.const(span)), low);
  return $.let(i32.sub(i32.shl(i32.const(1), high), i32.shl(i32.const(1), low)));
}

interface Row {
  /** Of the kernel, the rows over the image: how many, and where the first one's pixel of column 0 and weight are. */
  readonly taps: Local<'i32'>;
  readonly x: Local<'i32'>;
  readonly w: Local<'i32'>;
  readonly out: Local<'i32'>;
  /** Channels of the block, in bytes. */
  readonly first: Local<'i32'>;
  readonly last: Local<'i32'>;
}

/** Visits the units begin ≤ unit < end. */
function eachRow($: Body, p: P, body: (row: Row) => void): void {
  const unit = $.let(p.begin);
  $.for(unit, p.end, i32.const(1), () => {
    const line = $.let(i32.divU(unit, p.outH));
    const i = $.let(i32.sub(unit, i32.mul(line, p.outH)));
    const n = $.let(i32.divU(line, p.blocks));
    const block = i32.sub(line, i32.mul(n, p.blocks));
    const first = $.let(i32.add(p.first, i32.mul(block, p.blockBytes)));
    const last = minS($, i32.add(first, p.blockBytes), p.last);
    const top = $.let(i32.sub(i32.mul(i, p.strideH), p.padTop));
    const r = maxS($, i32.sub(i32.const(0), top), i32.const(0));
    const taps = maxS($, i32.sub(minS($, p.kH, i32.sub(p.H, top)), r), i32.const(0));
    const h = i32.add(i32.add(i32.mul(n, p.H), top), r);
    body({
      taps, first, last,
      x: $.let(i32.add(p.x, i32.mul(i32.mul(h, p.W), p.pixelStep))),
      w: $.let(i32.add(p.w, i32.mul(r, p.wRowStep))),
      out: $.let(i32.add(p.out, i32.add(i32.mul(n, p.outImageStep), i32.mul(i, p.outRowStep)))),
    });
  });
}

/**
 * out[n,i,j,c] = finish(Σ_{r,s} x[n, i·strideH − padTop + r, j·strideW − padLeft + s, c] · w[r,s,c], bias[c])
 * for the units begin ≤ unit < end (see Blocks) and the channels first ≤ 4c < last, a multiple of 4.
 * x: [N,H,W,C], a pixel being pixelStep bytes; w[r,s,c] at w + r·wRowStep + s·wStep + 4c, out[n,i,j,c] at
 * out + n·outImageStep + i·outRowStep + j·outStep + 4c, where steps may be negative. Padding may be negative, too.
 * Sums in float32, r then s ascending.
 */
const depthwiseWindow = (kW: number, strideW: number, finish: Finish): KernelSource =>
  kernel(windowName([kW, strideW], finish), params, (p, $) => {
    const span = (T - 1) * strideW + kW;
    const rowStep = $.let(i32.mul(p.W, p.pixelStep));
    eachRow($, p, (row) => {
      const j = $.let(i32.const(0));
      const column = $.let(i32.sub(i32.const(0), p.padLeft));
      const out = $.let(row.out);
      $.for(j, p.outW, i32.const(T), () => {
        const mask = columnMask($, column, p.W, span);
        const outputs = minS($, i32.sub(p.outW, j), i32.const(T));
        const x = $.let(i32.add(row.x, i32.mul(column, p.pixelStep)));
        const isInterior = i32.and(i32.eq(mask, i32.const(2 ** span - 1)), i32.eq(outputs, i32.const(T)));
        const finished = (sum: Expr<'f32x4'>, c: I): Expr<'f32x4'> =>
          finishSum($, f32x4, finish, sum, i32.add(p.bias, c));
        const steps = { pixel: p.pixelStep, row: rowStep, w: p.wStep, wRow: p.wRowStep, out: p.outStep };
        $.if(
          isInterior,
          () => tile($, kW, strideW, { ...row, x, out }, steps, finished),
          () => tile($, kW, strideW, { ...row, x, out }, steps, finished, { mask, outputs }),
        );
        $.set(column, i32.add(column, i32.const(T * strideW)));
        $.set(out, i32.add(out, i32.mul(p.outStep, i32.const(T))));
      });
    });
  });

/** The sum itself, or activation(sum + bias). */
const finishSum = <F extends Type, M extends Type>(
  $: Body, v: Lanes<F, M>, finish: Finish, sum: Expr<F>, bias: I,
): Expr<F> =>
  finish === 'sum' ? sum : activate($, v, finish, $.let(v.add(sum, v.load(bias))));

type Steps = Readonly<Record<'pixel' | 'row' | 'w' | 'wRow' | 'out', Local<'i32'>>>;

/**
 * T outputs, for all channels of the block. With `edge`, only pixels whose bit is set are read, and `outputs` written.
 */
function tile(
  $: Body, kW: number, strideW: number, row: Row, steps: Steps, finished: (sum: Expr<'f32x4'>, c: I) => Expr<'f32x4'>,
  edge?: { readonly mask: I; readonly outputs: I },
): void {
  const c = $.let(row.first);
  $.for(c, row.last, i32.const(16), () => {
    const sums = range(T).map(() => $.let(f32x4.const(0)));
    const xRow = $.let(i32.add(row.x, c));
    const wRow = $.let(i32.add(row.w, c));
    const taps = $.let(row.taps);
    $.while(taps, () => {
      const pointer = $.let(wRow);
      const w = range(kW).map((s) => {
        if (s > 0) $.set(pointer, i32.add(pointer, steps.w));
        return $.let(f32x4.load(pointer));
      });
      $.set(pointer, xRow);
      for (const m of range((T - 1) * strideW + kW)) {
        if (m > 0) $.set(pointer, i32.add(pointer, steps.pixel));
        // Pixel m of the tile is under tap s of output t where m = t·strideW + s.
        const uses = range(T).map((t) => ({ t, s: m - t * strideW })).filter(({ s }) => s >= 0 && s < kW);
        const add = (): void => {
          const x = $.let(f32x4.load(pointer));
          for (const { t, s } of uses) $.set(sums[t], f32x4.add(sums[t], f32x4.mul(x, w[s])));
        };
        if (edge === undefined) add();
        else $.if(i32.and(edge.mask, i32.const(2 ** m)), add);
      }
      $.set(xRow, i32.add(xRow, steps.row));
      $.set(wRow, i32.add(wRow, steps.wRow));
      $.set(taps, i32.sub(taps, i32.const(1)));
    });
    const out = $.let(i32.add(row.out, c));
    for (const [t, sum] of sums.entries()) {
      const write = (): void => $.do(f32x4.store(out, finished(sum, c)));
      if (edge === undefined || t === 0) write();
      else $.if(i32.ltU(i32.const(t), edge.outputs), write);
      $.set(out, i32.add(out, steps.out));
    }
  });
}

/**
 * The same for any width and stride, one output at a time: for rare windows, and on f32 for the last C mod 4 channels.
 */
const depthwiseAny = <F extends Type, M extends Type>(
  name: 'any' | 'tail', v: Lanes<F, M>, finish: Finish,
): KernelSource =>
  kernel(windowName(name, finish), params, (p, $) => {
    const rowStep = $.let(i32.mul(p.W, p.pixelStep));
    eachRow($, p, (row) => {
      const column = $.let(i32.sub(i32.const(0), p.padLeft));
      const out = $.let(row.out);
      const j = $.let(i32.const(0));
      $.for(j, p.outW, i32.const(1), () => {
        const s = maxS($, i32.sub(i32.const(0), column), i32.const(0));
        const columns = maxS($, i32.sub(minS($, p.kW, i32.sub(p.W, column)), s), i32.const(0));
        const x = $.let(i32.add(row.x, i32.mul(i32.add(column, s), p.pixelStep)));
        const w = $.let(i32.add(row.w, i32.mul(s, p.wStep)));
        const c = $.let(row.first);
        $.for(c, row.last, i32.const(4 * v.lanes), () => {
          const sum = $.let(v.const(0));
          const taps = $.let(row.taps);
          const [xRow, wRow] = [$.let(i32.add(x, c)), $.let(i32.add(w, c))];
          $.while(taps, () => {
            const [xAt, wAt, left] = [$.let(xRow), $.let(wRow), $.let(columns)];
            $.while(left, () => {
              $.set(sum, v.add(sum, v.mul(v.load(xAt), v.load(wAt))));
              $.set(xAt, i32.add(xAt, p.pixelStep));
              $.set(wAt, i32.add(wAt, p.wStep));
              $.set(left, i32.sub(left, i32.const(1)));
            });
            $.set(xRow, i32.add(xRow, rowStep));
            $.set(wRow, i32.add(wRow, p.wRowStep));
            $.set(taps, i32.sub(taps, i32.const(1)));
          });
          $.do(v.store(i32.add(out, c), finishSum($, v, finish, sum, i32.add(p.bias, c))));
        });
        $.set(column, i32.add(column, p.strideW));
        $.set(out, i32.add(out, p.outStep));
      });
    });
  });

export const windowFuncs: readonly KernelSource[] = FINISHES.flatMap((finish) => [
  ...WINDOWS.map(([kW, strideW]) => depthwiseWindow(kW, strideW, finish)),
  depthwiseAny('any', f32x4, finish),
  depthwiseAny('tail', f32, finish),
]);
