/** Average pooling in SIMD: kernels/pool.ts with the loop over channels in vectors. */
import { at, bytesOf, f32, f32x4, i32, kernel } from '../asm.js';
import type { Body, Expr, Lanes, Local, Type, KernelSource } from '../asm.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { maxS, minS } from './depthwise.js';

type I = Expr<'i32'>;

const geometry = {
  H: 'i32', W: 'i32', C: 'i32', kH: 'i32', kW: 'i32', strideH: 'i32', strideW: 'i32', padTop: 'i32', padLeft: 'i32',
  outH: 'i32', outW: 'i32',
} as const;

/** Calls `body` for the channels of a pixel, at c bytes: whole vectors, then one by one. */
export function channels(
  $: Body, C: I, body: <F extends Type, M extends Type>(v: Lanes<F, M>, c: Local<'i32'>) => void,
): void {
  const c = $.let(i32.const(0));
  $.for(c, bytesOf(i32.sub(C, i32.and(C, i32.const(3)))), i32.const(16), () => body(f32x4, c));
  $.for(c, bytesOf(C), i32.const(4), () => body(f32, c));
}

/** The part of the window of output row (column) i that lies in the image: [start, start + size), size ≥ 0. */
function clip($: Body, i: I, stride: I, pad: I, k: I, length: I): { start: Local<'i32'>; size: Local<'i32'> } {
  const first = $.let(i32.sub(i32.mul(i, stride), pad));
  const start = maxS($, first, i32.const(0));
  return { start, size: maxS($, i32.sub(minS($, i32.add(first, k), length), start), i32.const(0)) };
}

/**
 * out[n,i,j,c] = mean of x over the pixels of the window inside the image, 0 if there are none; for the output pixels
 * begin ≤ (n·outH + i)·outW + j < end. A row of the window is summed by itself: float32 error grows with kH + kW, not
 * with kH·kW.
 */
const averagePool: KernelSource = kernel('average-pool', {
  ...geometry, x: 'i32', out: 'i32', begin: 'i32', end: 'i32',
}, (g, $) => {
  const { H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW, x, out, begin, end } = g;
  const step = $.let(bytesOf(C));
  const pixel = $.let(begin);
  const to = $.let(i32.add(out, i32.mul(begin, step)));
  $.for(pixel, end, i32.const(1), () => {
    const line = $.let(i32.divU(pixel, outW));
    const n = $.let(i32.divU(line, outH));
    const rows = clip($, i32.sub(line, i32.mul(n, outH)), strideH, padTop, kH, H);
    const columns = clip($, i32.sub(pixel, i32.mul(line, outW)), strideW, padLeft, kW, W);
    const from = $.let(i32.add(
      x,
      i32.mul(i32.add(i32.mul(i32.add(i32.mul(n, H), rows.start), W), columns.start), step),
    ));
    const count = maxS($, i32.mul(rows.size, columns.size), i32.const(1));
    channels($, C, (v, c) => {
      const sum = $.let(v.const(0));
      const [row, h] = [$.let(i32.add(from, c)), $.let(rows.size)];
      $.while(h, () => {
        const rowSum = $.let(v.const(0));
        const [source, w] = [$.let(row), $.let(columns.size)];
        $.while(w, () => {
          $.set(rowSum, v.add(rowSum, v.load(source)));
          $.set(source, i32.add(source, step));
          $.set(w, i32.sub(w, i32.const(1)));
        });
        $.set(sum, v.add(sum, rowSum));
        $.set(row, i32.add(row, i32.mul(W, step)));
        $.set(h, i32.sub(h, i32.const(1)));
      });
      $.do(v.store(i32.add(to, c), v.div(sum, v.splat(f32.fromInt(count)))));
    });
    $.set(to, i32.add(to, step));
  });
});

/**
 * dx[n,h,w,c] = Σ dout[n,i,j,c] / count(i,j) over the windows (i, j) that cover (h, w), i then j ascending; for the
 * rows begin ≤ n·H + h < end of dx.
 */
const averagePoolGrad: KernelSource = kernel('average-pool-grad', {
  ...geometry, dout: 'i32', dx: 'i32', begin: 'i32', end: 'i32',
}, (g, $) => {
  const { H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW, dout, dx, begin, end } = g;
  const step = $.let(bytesOf(C));
  const row = $.let(begin);
  const to = $.let(i32.add(dx, i32.mul(i32.mul(begin, W), step)));
  $.for(row, end, i32.const(1), () => {
    channels($, i32.mul(W, C), (v, c) => $.do(v.store(i32.add(to, c), v.const(0))));
    const n = $.let(i32.divU(row, H));
    const y = $.let(i32.add(i32.sub(row, i32.mul(n, H)), padTop));
    // The windows with i·strideH ≤ y < i·strideH + kH.
    const i = $.let(i32.select(i32.const(0), i32.add(i32.divU(i32.sub(y, kH), strideH), i32.const(1)), i32.ltU(y, kH)));
    const iEnd = minS($, outH, i32.add(i32.divU(y, strideH), i32.const(1)));
    $.for(i, iEnd, i32.const(1), () => {
      const rows = clip($, i, strideH, padTop, kH, H);
      const from = $.let(i32.add(dout, i32.mul(i32.mul(i32.add(i32.mul(n, outH), i), outW), step)));
      const j = $.let(i32.const(0));
      $.for(j, outW, i32.const(1), () => {
        const columns = clip($, j, strideW, padLeft, kW, W);
        const count = $.let(i32.mul(rows.size, columns.size));
        channels($, C, (v, c) => {
          const share = $.let(v.div(v.load(i32.add(from, c)), v.splat(f32.fromInt(count))));
          const [pixel, w] = [$.let(i32.add(i32.add(to, i32.mul(columns.start, step)), c)), $.let(columns.size)];
          $.while(w, () => {
            $.do(v.store(pixel, v.add(v.load(pixel), share)));
            $.set(pixel, i32.add(pixel, step));
            $.set(w, i32.sub(w, i32.const(1)));
          });
        });
        $.set(from, i32.add(from, step));
      });
    });
    $.set(to, at(to, i32.mul(W, C)));
  });
});

export const poolFuncs: readonly KernelSource[] = [averagePool, averagePoolGrad];

/** Elements a thread reads at a time: about 40 µs. */
const CHUNK = 65_536;

export const poolFace = (run: Runner): Pick<Kernels, 'averagePool' | 'averagePoolGrad'> => ({
  averagePool(g, x, out) {
    const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
    const chunk = Math.max(1, Math.floor(CHUNK / (Math.min(kH, H) * Math.min(kW, W) * C + 1)));
    run.ranges('average-pool', N * outH * outW, chunk, [
      H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW, addressOf(x), addressOf(out),
    ]);
  },

  averagePoolGrad(g, dout, dx) {
    const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
    const perRow = W * C * Math.ceil(kH / strideH) * Math.ceil(kW / strideW);
    const chunk = Math.max(1, Math.floor(CHUNK / (perRow + 1)));
    run.ranges('average-pool-grad', N * H, chunk, [
      H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW, addressOf(dout), addressOf(dx),
    ]);
  },
});
