/**
 * The depthwise convolution and its gradients on SIMD kernels: which kernel, which steps, how much a chunk.
 * Dilated ones run on the reference kernels, for no network here has one. Measured (Node 20, 4×56×56×64, 3×3): about 17
 * ms with dilation 2, 0.7 ms without.
 */
import * as reference from '../../kernels/depthwise.js';
import { depthwiseFused } from '../../kernels/fused.js';
import { isDilated } from '../../kernels/geometry.js';
import type { Floats, Geometry } from '../../kernels/geometry.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { KernelSource } from '../asm.js';
import type { Runner } from '../runner.js';
import { WINDOWS, blocksOf, windowFuncs, windowName } from './depthwise.js';
import type { Finish } from './depthwise.js';
import { WEIGHT_WINDOWS, weightFuncs, weightName } from './depthwise-weight.js';

export const depthwiseFuncs: readonly KernelSource[] = [...windowFuncs, ...weightFuncs];

/**
 * Work of a chunk: about 20 µs on one thread. (With 50 µs, of which small images make five, two threads gain 1.1×; so
 * 1.6×.)
 */
const CHUNK_FLOPS = 4e5;
/**
 * Bytes of dx that the phases of a strided input gradient go over in turn, so that the cache still has what they share.
 */
const PHASE_BYTES = 2 ** 21;
/** Output pixels whose products are summed in one part of the weight gradient. */
const PART_PIXELS = 1536;

/** A sum over a window, as the kernels see it: sizes in elements, steps in bytes. */
interface Window extends Omit<Geometry, 'O' | 'groups' | 'dilationH' | 'dilationW'> {
  readonly x: number;
  readonly w: number;
  readonly wRowStep: number;
  readonly wStep: number;
  readonly out: number;
  readonly outImageStep: number;
  readonly outRowStep: number;
  readonly outStep: number;
  readonly bias: number;
  readonly finish: Finish;
}

/** Channels in whole vectors, then the rest one by one; each as a range of bytes. */
const channelRanges = (C: number, vector: string, tail: string): { name: string; first: number; last: number }[] => {
  const whole = 4 * (C - (C % 4));
  return [{ name: vector, first: 0, last: whole }, { name: tail, first: whole, last: 4 * C }]
    .filter(({ first, last }) => first < last);
};

const isAmong = (windows: readonly (readonly [number, number])[], kW: number, strideW: number): boolean =>
  windows.some(([k, stride]) => k === kW && stride === strideW);

function runWindow(run: Runner, win: Window): void {
  const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = win;
  const vector = windowName(isAmong(WINDOWS, kW, strideW) ? [kW, strideW] : 'any', win.finish);
  for (const { name, first, last } of channelRanges(C, vector, windowName('tail', win.finish))) {
    const { blocks, blockBytes } = blocksOf(last - first);
    const flops = (2 * outW * kH * kW * blockBytes) / 4;
    run.ranges(name, N * blocks * outH, Math.max(1, Math.floor(CHUNK_FLOPS / (flops + 1))), [
      blocks, blockBytes, H, W, kH, kW, strideH, strideW, padTop, padLeft, outH, outW,
      win.x, 4 * C, win.w, win.wRowStep, win.wStep, win.out, win.outImageStep, win.outRowStep, win.outStep,
      win.bias, first, last,
    ]);
  }
}

/**
 * The rows (or columns) of dx that meet the same taps: h = offset + stride·m for m < count meets the taps
 * r = firstTap + stride·q, q < taps, and with q' = taps − 1 − q the output row i = m − pad + q'.
 */
interface Phase {
  readonly offset: number;
  readonly count: number;
  readonly firstTap: number;
  readonly taps: number;
  readonly pad: number;
}

function phases(size: number, k: number, stride: number, pad: number): Phase[] {
  return Array.from({ length: Math.min(stride, size) }, (_, offset) => {
    const firstTap = (offset + pad) % stride;
    const taps = Math.max(0, Math.ceil((k - firstTap) / stride));
    return {
      offset,
      count: Math.ceil((size - offset) / stride),
      firstTap,
      taps,
      pad: taps - 1 - (offset + pad - firstTap) / stride,
    };
  });
}

function runForward(
  run: Runner, g: Geometry, x: Floats, w: Floats, out: Floats, then: Pick<Window, 'bias' | 'finish'>,
): void {
  const { C, kW, outH, outW } = g;
  const steps = {
    wRowStep: 4 * kW * C, wStep: 4 * C,
    outImageStep: 4 * outH * outW * C, outRowStep: 4 * outW * C, outStep: 4 * C,
  };
  runWindow(run, { ...g, ...steps, ...then, x: addressOf(x), w: addressOf(w), out: addressOf(out) });
}

type DepthwiseKernels = Pick<Kernels, 'depthwise' | 'depthwiseFused' | 'depthwiseInputGrad' | 'depthwiseWeightGrad'>;

export const depthwiseFace = (run: Runner): DepthwiseKernels => ({
  depthwise(g, x, w, out) {
    if (isDilated(g)) return reference.depthwise(g, x, w, out);
    runForward(run, g, x, w, out, { bias: 0, finish: 'sum' });
  },

  depthwiseFused(g, x, w, bias, activation, out) {
    if (isDilated(g)) return depthwiseFused(g, x, w, bias, activation, out);
    runForward(run, g, x, w, out, { bias: addressOf(bias), finish: activation });
  },

  /**
   * A gather: for each phase of rows and of columns a convolution of dout with stride 1, by the taps of that
   * phase taken backwards. Stride 1 has one phase, the familiar convolution with the flipped weight.
   */
  depthwiseInputGrad(g, dout, w, dx) {
    if (isDilated(g)) return reference.depthwiseInputGrad(g, dout, w, dx);
    const { H, W, C, kH, kW, strideH, strideW, outH, outW } = g;
    const imageStep = 4 * H * W * C;
    const images = strideH * strideW === 1 ? g.N : Math.ceil(PHASE_BYTES / (imageStep + 1));
    for (let first = 0; first < g.N; first += images) {
      for (const row of phases(H, kH, strideH, g.padTop)) {
        for (const column of phases(W, kW, strideW, g.padLeft)) {
          const lastTap =
            (row.firstTap + strideH * (row.taps - 1)) * kW + column.firstTap + strideW * (column.taps - 1);
          runWindow(run, {
            N: Math.min(images, g.N - first), H: outH, W: outW, C,
            kH: row.taps, kW: column.taps, strideH: 1, strideW: 1,
            padTop: row.pad, padLeft: column.pad, outH: row.count, outW: column.count,
            x: addressOf(dout) + 4 * first * outH * outW * C,
            w: addressOf(w) + 4 * lastTap * C, wRowStep: -4 * strideH * kW * C, wStep: -4 * strideW * C,
            out: addressOf(dx) + first * imageStep + 4 * (row.offset * W + column.offset) * C,
            outImageStep: imageStep, outRowStep: 4 * strideH * W * C, outStep: 4 * strideW * C,
            bias: 0, finish: 'sum',
          });
        }
      }
    }
  },

  depthwiseWeightGrad(g, x, dout, dw) {
    if (isDilated(g)) return reference.depthwiseWeightGrad(g, x, dout, dw);
    const { N, H, W, C, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
    const rows = N * outH;
    const partRows = Math.max(1, Math.ceil(PART_PIXELS / Math.max(1, outW)));
    const parts = Math.ceil(rows / partRows);
    const taps = kH * kW;
    const step = 4 * C;
    // Addresses are taken first: scratch may grow the heap, and views of a private memory do not survive that.
    const [xAt, doutAt, dwAt] = [x, dout, dw].map(addressOf);
    run.scratch(parts * taps * C, (scratch) => {
      const partials = addressOf(scratch);
      const vector = isAmong(WEIGHT_WINDOWS, kW, strideW) ? weightName(kW, strideW) : 'depthwise-weight-any';
      for (const { name, first, last } of channelRanges(C, vector, 'depthwise-weight-tail')) {
        const { blocks, blockBytes } = blocksOf(last - first);
        run.ranges(name, parts * blocks, 1, [
          rows, partRows, blocks, blockBytes, H, W, kH, kW, strideH, strideW, padTop, padLeft, outH, outW,
          xAt, doutAt, step, partials, taps * step, first, last,
        ]);
      }
      for (const { name, first, last } of channelRanges(C, 'depthwise-weight-sum', 'depthwise-weight-sum-tail')) {
        const vectors = (last - first) / (name.endsWith('tail') ? 4 : 16);
        run.ranges(name, vectors, Math.max(1, Math.floor(2e5 / (taps * parts + 1))), [
          taps, parts, partials, taps * step, dwAt, step, first,
        ]);
      }
    });
  },
});
