/**
 * The weight gradient of a depthwise convolution in SIMD. Again tiles of adjacent outputs and four channels; now the
 * cotangents of a tile stay in registers for all kernel rows, while the sums, one a tap, are in memory.
 *
 * Measured (Node 20, Zen 3, one thread, batch 1) over the 16 depthwise layers of B0@224: 20.6 GFLOP/s with tiles of 4;
 * with tiles of 8 it was 18.7, for twice the code.
 */
import { at, f32, f32x4, i32, kernel, range } from '../asm.js';
import type { Body, Lanes, Local, Type, KernelSource } from '../asm.js';
import { columnMask, maxS, minS } from './depthwise.js';
import type { I } from './depthwise.js';

/** Outputs of a tile, largest first; what is left of a row takes smaller ones. */
const TILES = [4, 2, 1] as const;

export const WEIGHT_WINDOWS: readonly (readonly [kW: number, strideW: number])[] = [[3, 1], [5, 1], [3, 2], [5, 2]];

export const weightName = (kW: number, strideW: number): string => `depthwise-weight-${kW}s${strideW}`;

/** `step` is a pixel (of x and of dout) in bytes; `partStep` the partial sums of one part. */
const params = {
  rows: 'i32', partRows: 'i32', blocks: 'i32', blockBytes: 'i32',
  H: 'i32', W: 'i32', kH: 'i32', kW: 'i32', strideH: 'i32', strideW: 'i32', padTop: 'i32', padLeft: 'i32',
  outH: 'i32', outW: 'i32',
  x: 'i32', dout: 'i32', step: 'i32', partials: 'i32', partStep: 'i32',
  first: 'i32', last: 'i32', begin: 'i32', end: 'i32',
} as const;

type P = { readonly [K in keyof typeof params]: Local<'i32'> };

interface Row {
  /** Of the kernel, the rows over the image: how many, the first one's pixel of column 0, and its first sum. */
  readonly taps: Local<'i32'>;
  readonly x: Local<'i32'>;
  readonly sums: Local<'i32'>;
  readonly dout: Local<'i32'>;
  readonly first: Local<'i32'>;
  readonly last: Local<'i32'>;
}

/**
 * Visits the output rows of the units begin ≤ unit < end. Unit part·blocks + block is the output rows
 * [part·partRows, (part + 1)·partRows) of a block of channels; its sums are zeroed first.
 */
function eachRow<F extends Type, M extends Type>($: Body, p: P, v: Lanes<F, M>, body: (row: Row) => void): void {
  const taps = $.let(i32.mul(p.kH, p.kW));
  const unit = $.let(p.begin);
  $.for(unit, p.end, i32.const(1), () => {
    const part = $.let(i32.divU(unit, p.blocks));
    const block = i32.sub(unit, i32.mul(part, p.blocks));
    const first = $.let(i32.add(p.first, i32.mul(block, p.blockBytes)));
    const last = minS($, i32.add(first, p.blockBytes), p.last);
    const partial = $.let(i32.add(p.partials, i32.mul(part, p.partStep)));
    const zero = $.let(i32.add(partial, i32.mul(first, taps)));
    $.for(zero, i32.add(partial, i32.mul(last, taps)), i32.const(4 * v.lanes), () => $.do(v.store(zero, v.const(0))));

    const row = $.let(i32.mul(part, p.partRows));
    const rowEnd = minS($, i32.add(row, p.partRows), p.rows);
    $.for(row, rowEnd, i32.const(1), () => {
      const n = $.let(i32.divU(row, p.outH));
      const top = $.let(i32.sub(i32.mul(i32.sub(row, i32.mul(n, p.outH)), p.strideH), p.padTop));
      const r = maxS($, i32.sub(i32.const(0), top), i32.const(0));
      const h = i32.add(i32.add(i32.mul(n, p.H), top), r);
      body({
        taps: maxS($, i32.sub(minS($, p.kH, i32.sub(p.H, top)), r), i32.const(0)),
        x: $.let(i32.add(p.x, i32.mul(i32.mul(h, p.W), p.step))),
        sums: $.let(i32.add(i32.add(partial, i32.mul(first, taps)), i32.mul(i32.mul(r, p.kW), i32.const(4 * v.lanes)))),
        dout: $.let(i32.add(p.dout, i32.mul(i32.mul(row, p.outW), p.step))),
        first, last,
      });
    });
  });
}

/**
 * partials[part][c][r,s] = Σ x[n, i·strideH − padTop + r, j·strideW − padLeft + s, c] · dout[n,i,j,c]
 * over the output rows of the part and all j, for vectors c of four channels, 4 floats a tap.
 * x: [N,H,W,C], dout: [N,outH,outW,C]. Sums in float32: a tile's by themselves, then added to the partial sum.
 */
const weightWindow = (kW: number, strideW: number): KernelSource =>
  kernel(weightName(kW, strideW), params, (p, $) => {
    const rowStep = $.let(i32.mul(p.W, p.step));
    const vectorStep = $.let(i32.mul(p.kH, i32.const(16 * kW)));
    eachRow($, p, f32x4, (row) => {
      const j = $.let(i32.const(0));
      const column = $.let(i32.sub(i32.const(0), p.padLeft));
      const dout = $.let(row.dout);
      for (const T of TILES) {
        const span = (T - 1) * strideW + kW;
        $.while(i32.leU(i32.add(j, i32.const(T)), p.outW), () => {
          const mask = columnMask($, column, p.W, span);
          const x = $.let(i32.add(row.x, i32.mul(column, p.step)));
          const steps = { pixel: p.step, row: rowStep, vector: vectorStep };
          const edged = (): void => tile($, T, kW, strideW, { ...row, x, dout }, steps, mask);
          if (T < TILES[0]) edged();
          else $.if(
            i32.eq(mask, i32.const(2 ** span - 1)),
            () => tile($, T, kW, strideW, { ...row, x, dout }, steps),
            edged,
          );
          $.set(j, i32.add(j, i32.const(T)));
          $.set(column, i32.add(column, i32.const(T * strideW)));
          $.set(dout, i32.add(dout, i32.mul(p.step, i32.const(T))));
        });
      }
    });
  });

type Steps = Readonly<Record<'pixel' | 'row' | 'vector', Local<'i32'>>>;

/** The share of T outputs, for all channels of the block. With `mask`, only pixels whose bit is set are read. */
function tile($: Body, T: number, kW: number, strideW: number, row: Row, steps: Steps, mask?: I): void {
  const sums = $.let(row.sums);
  const c = $.let(row.first);
  $.for(c, row.last, i32.const(16), () => {
    const pointer = $.let(i32.add(row.dout, c));
    const d = range(T).map((t) => {
      if (t > 0) $.set(pointer, i32.add(pointer, steps.pixel));
      return $.let(f32x4.load(pointer));
    });
    const xRow = $.let(i32.add(row.x, c));
    const sumRow = $.let(sums);
    const taps = $.let(row.taps);
    $.while(taps, () => {
      const sum: Local<'f32x4'>[] = mask === undefined ? [] : range(kW).map(() => $.let(f32x4.const(0)));
      $.set(pointer, xRow);
      for (const m of range((T - 1) * strideW + kW)) {
        if (m > 0) $.set(pointer, i32.add(pointer, steps.pixel));
        const uses = range(T).map((t) => ({ t, s: m - t * strideW })).filter(({ s }) => s >= 0 && s < kW);
        const add = (): void => {
          const x = $.let(f32x4.load(pointer));
          for (const { t, s } of uses) {
            const product = f32x4.mul(x, d[t]);
            if (sum[s] === undefined) sum[s] = $.let(product);
            else $.set(sum[s], f32x4.add(sum[s], product));
          }
        };
        if (mask === undefined) add();
        else $.if(i32.and(mask, i32.const(2 ** m)), add);
      }
      sum.forEach((value, s) => $.do(f32x4.store(sumRow, f32x4.add(f32x4.load(sumRow, 16 * s), value), 16 * s)));
      $.set(xRow, i32.add(xRow, steps.row));
      $.set(sumRow, i32.add(sumRow, i32.const(16 * kW)));
      $.set(taps, i32.sub(taps, i32.const(1)));
    });
    $.set(sums, i32.add(sums, steps.vector));
  });
}

/**
 * The same for any width and stride, one output at a time; on f32, with one float a tap, for the last C mod 4 channels.
 */
const weightAny = <F extends Type, M extends Type>(name: string, v: Lanes<F, M>): KernelSource =>
  kernel(name, params, (p, $) => {
    const bytes = 4 * v.lanes;
    const rowStep = $.let(i32.mul(p.W, p.step));
    const vectorStep = $.let(i32.mul(i32.mul(p.kH, p.kW), i32.const(bytes)));
    eachRow($, p, v, (row) => {
      const column = $.let(i32.sub(i32.const(0), p.padLeft));
      const dout = $.let(row.dout);
      const j = $.let(i32.const(0));
      $.for(j, p.outW, i32.const(1), () => {
        const s = maxS($, i32.sub(i32.const(0), column), i32.const(0));
        const columns = maxS($, i32.sub(minS($, p.kW, i32.sub(p.W, column)), s), i32.const(0));
        const x = $.let(i32.add(row.x, i32.mul(i32.add(column, s), p.step)));
        const sums = $.let(i32.add(row.sums, i32.mul(s, i32.const(bytes))));
        const c = $.let(row.first);
        $.for(c, row.last, i32.const(bytes), () => {
          const d = $.let(v.load(i32.add(dout, c)));
          const taps = $.let(row.taps);
          const [xRow, sumRow] = [$.let(i32.add(x, c)), $.let(sums)];
          $.while(taps, () => {
            const [xAt, sumAt, left] = [$.let(xRow), $.let(sumRow), $.let(columns)];
            $.while(left, () => {
              $.do(v.store(sumAt, v.add(v.load(sumAt), v.mul(v.load(xAt), d))));
              $.set(xAt, i32.add(xAt, p.step));
              $.set(sumAt, i32.add(sumAt, i32.const(bytes)));
              $.set(left, i32.sub(left, i32.const(1)));
            });
            $.set(xRow, i32.add(xRow, rowStep));
            $.set(sumRow, i32.add(sumRow, i32.mul(p.kW, i32.const(bytes))));
            $.set(taps, i32.sub(taps, i32.const(1)));
          });
          $.set(sums, i32.add(sums, vectorStep));
        });
        $.set(column, i32.add(column, p.strideW));
        $.set(dout, i32.add(dout, p.step));
      });
    });
  });

/**
 * dw[tap,c] = Σ_part partials[part][c][tap], parts ascending, for the channels begin ≤ c < end counted in vectors from
 * `first`: dw's rows are `step` bytes.
 */
const weightSum = <F extends Type, M extends Type>(name: string, v: Lanes<F, M>): KernelSource =>
  kernel(
    name,
    {
      taps: 'i32', parts: 'i32', partials: 'i32', partStep: 'i32', dw: 'i32', step: 'i32',
      first: 'i32', begin: 'i32', end: 'i32',
    },
    ({ taps, parts, partials, partStep, dw, step, first, begin, end }, $) => {
      const bytes = 4 * v.lanes;
      const unit = $.let(begin);
      $.for(unit, end, i32.const(1), () => {
        const c = $.let(at(first, unit, bytes));
        const from = $.let(i32.add(partials, i32.mul(c, taps)));
        const to = $.let(i32.add(dw, c));
        const tap = $.let(i32.const(0));
        $.for(tap, taps, i32.const(1), () => {
          const sum = $.let(v.const(0));
          const [source, left] = [$.let(from), $.let(parts)];
          $.while(left, () => {
            $.set(sum, v.add(sum, v.load(source)));
            $.set(source, i32.add(source, partStep));
            $.set(left, i32.sub(left, i32.const(1)));
          });
          $.do(v.store(to, sum));
          $.set(from, i32.add(from, i32.const(bytes)));
          $.set(to, i32.add(to, step));
        });
      });
    },
  );

export const weightFuncs: readonly KernelSource[] = [
  ...WEIGHT_WINDOWS.map(([kW, strideW]) => weightWindow(kW, strideW)),
  weightAny('depthwise-weight-any', f32x4),
  weightAny('depthwise-weight-tail', f32),
  weightSum('depthwise-weight-sum', f32x4),
  weightSum('depthwise-weight-sum-tail', f32),
];
