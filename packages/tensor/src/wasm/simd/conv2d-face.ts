/**
 * Convolution and its gradients as matrix products: kernels/conv2d.ts with im2col, col2im and the products in SIMD.
 * Dilated kernels have columns written by emitters of their own (conv2d-dilated.ts); the products are the same.
 */
import { isDilated } from '../../kernels/geometry.js';
import type { Geometry } from '../../kernels/geometry.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import type { KernelSource } from '../asm.js';
import { convFuncs as plainFuncs } from './conv2d.js';
import { dilatedFuncs } from './conv2d-dilated.js';
import type { ProductsAt } from './gemm-face.js';

export const convFuncs: readonly KernelSource[] = [...plainFuncs, ...dilatedFuncs];

/** 1 MiB of float32: enough for several threads, and near the second-level cache. */
const BLOCK_ELEMENTS = 262_144;
/** Every product packs the weight anew, which is worth so many rows at least. */
const MIN_ROWS = 128;
/** Floats of columns a thread writes or reads at a time: about 50 µs. */
const CHUNK = 65_536;

const isPointwise = (g: Geometry): boolean =>
  g.kH === 1 && g.kW === 1 && g.strideH === 1 && g.strideW === 1 && g.padTop === 0 && g.padLeft === 0 &&
  g.outH === g.H && g.outW === g.W && g.groups === 1;

/** K: the weights of one output channel. */
const fanIn = (g: Geometry): number => (g.kH * g.kW * g.C) / g.groups;
const pixelCount = (g: Geometry): number => g.N * g.outH * g.outW;
const blockRows = (g: Geometry): number =>
  Math.min(pixelCount(g), Math.max(MIN_ROWS, Math.floor(BLOCK_ELEMENTS / Math.max(1, fanIn(g)))));
const columnsSize = (g: Geometry): number => (isPointwise(g) ? 0 : blockRows(g) * fanIn(g));

/** One group of a block of output pixels: its columns are rows × K. */
interface Block {
  readonly first: number;
  readonly rows: number;
  readonly group: number;
}

type ConvKernels = Pick<Kernels, 'conv2d' | 'conv2dInputGrad' | 'conv2dWeightGrad' | 'conv2dFused' | 'columnsSize'>;

/**
 * Arrays are taken by their addresses before anything else: a product borrows scratch, which may grow the heap, and
 * views of a private memory do not survive that.
 */
export const convFace = (run: Runner, products: ProductsAt): ConvKernels => {
  const { gemm, gemmNT, gemmTN, gemmFused } = products;

  const args = (g: Geometry, { first, group }: Block, image: number, columns: number): number[] => [
    g.H, g.W, g.kH, g.kW, g.strideH, g.strideW, g.padTop, g.padLeft, g.outH, g.outW,
    image + (4 * group * g.C) / g.groups, 4 * g.C, (4 * g.C) / g.groups, columns, first,
    ...(isDilated(g) ? [g.dilationH, g.dilationW] : []),
  ];
  const named = (name: 'im2col' | 'col2im', g: Geometry): string => (isDilated(g) ? `${name}-dilated` : name);

  const im2col = (g: Geometry, block: Block, x: number, columns: number): void =>
    run.ranges(
      named('im2col', g), block.rows, Math.max(1, Math.floor(CHUNK / (fanIn(g) + 1))), args(g, block, x, columns),
    );

  const col2im = (g: Geometry, block: Block, columns: number, dx: number): void => {
    /** The row n·outH + i of an output pixel, as the row n·H + h of its window's first pixel, and of the image n. */
    const top = (pixel: number): { n: number; h: number } => {
      const line = Math.floor(pixel / g.outW);
      return { n: Math.floor(line / g.outH), h: (line % g.outH) * g.strideH - g.padTop };
    };
    const [start, stop] = [top(block.first), top(block.first + block.rows - 1)];
    const firstRow = start.n * g.H + Math.min(g.H, Math.max(0, start.h));
    const endRow = stop.n * g.H + Math.max(0, Math.min(g.H, stop.h + (g.kH - 1) * g.dilationH + 1));
    const perRow = (g.outW * fanIn(g)) / g.strideH + 1;
    run.ranges(named('col2im', g), Math.max(0, endRow - firstRow), Math.max(1, Math.floor(CHUNK / perRow)), [
      ...args(g, block, dx, columns), block.first + block.rows, firstRow,
    ]);
  };

  const forEachBlock = (g: Geometry, visit: (block: Block) => void): void => {
    const [total, rows] = [pixelCount(g), blockRows(g)];
    for (let first = 0; first < total; first += rows) {
      for (let group = 0; group < g.groups; group++) visit({ first, rows: Math.min(rows, total - first), group });
    }
  };

  /** Where the part of a `[…, O]` array begins that belongs to a pixel and a group's channels. */
  const from = (g: Geometry, array: number, pixel: number, group: number): number =>
    array + 4 * (pixel * g.O + (group * g.O) / g.groups);

  return {
    columnsSize,

    conv2d(g, xs, ws, outs, scratch) {
      const [x, w, out, columns] = [xs, ws, outs, scratch].map(addressOf);
      if (isPointwise(g)) return gemm(pixelCount(g), g.O, g.C, x, g.C, w, g.O, out, g.O, false);
      const [K, depthOut] = [fanIn(g), g.O / g.groups];
      forEachBlock(g, (block) => {
        im2col(g, block, x, columns);
        gemm(
          block.rows, depthOut, K, columns, K,
          from(g, w, 0, block.group), g.O,
          from(g, out, block.first, block.group), g.O, false,
        );
      });
    },

    conv2dFused(g, xs, ws, biases, activation, outs, scratch) {
      const [x, packed, bias, out, columns] = [xs, ws, biases, outs, scratch].map(addressOf);
      if (isPointwise(g)) return gemmFused(activation, pixelCount(g), g.O, g.C, x, g.C, packed, bias, 0, out);
      const K = fanIn(g);
      forEachBlock(g, (block) => {
        im2col(g, block, x, columns);
        gemmFused(activation, block.rows, g.O, K, columns, K, packed, bias, 0, from(g, out, block.first, 0));
      });
    },

    conv2dInputGrad(g, douts, ws, dxs, scratch) {
      const [dout, w, dx, columns] = [douts, ws, dxs, scratch].map(addressOf);
      if (isPointwise(g)) return gemmNT(pixelCount(g), g.C, g.O, dout, g.O, w, g.O, dx, g.C, false);
      const [K, depthOut] = [fanIn(g), g.O / g.groups];
      dxs.fill(0, 0, g.N * g.H * g.W * g.C);
      forEachBlock(g, (block) => {
        gemmNT(
          block.rows, K, depthOut, from(g, dout, block.first, block.group), g.O,
          from(g, w, 0, block.group), g.O,
          columns, K, false,
        );
        col2im(g, block, columns, dx);
      });
    },

    conv2dWeightGrad(g, xs, douts, dws, scratch) {
      const [x, dout, dw, columns] = [xs, douts, dws, scratch].map(addressOf);
      const pixels = pixelCount(g);
      if (isPointwise(g) && pixels > 0) return gemmTN(g.C, g.O, pixels, x, g.C, dout, g.O, dw, g.O, false);
      const [K, depthOut] = [fanIn(g), g.O / g.groups];
      dws.fill(0, 0, K * g.O);
      forEachBlock(g, (block) => {
        im2col(g, block, x, columns);
        gemmTN(
          K, depthOut, block.rows, columns, K,
          from(g, dout, block.first, block.group), g.O,
          from(g, dw, 0, block.group), g.O, true,
        );
      });
    },
  };
};
