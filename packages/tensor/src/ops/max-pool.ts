/** Max pooling, and the moves along its indices that are its gradients. */
import type { Spans } from '../kernels/max-pool.js';
import { formatShape, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { LARGEST_INTEGER } from '../storage.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { pairOf, poolGeometry, spanOf } from './geometry.js';
import { putAlong, takeAlong } from './order.js';
import { windowOptions } from './pool.js';
import type { PoolOptions } from './pool.js';
import { checkImageSize, windowsOf } from './resampling.js';
import { contiguous, reshape } from './views.js';

export interface MaxPoolOptions extends PoolOptions {
  /** Pixels from one pixel of a window to the next: one number, or [down, across]. Default 1. */
  readonly dilation?: number | readonly [number, number] | undefined;
}

/** What a window's largest value is, and where it is: index h·W + w in the image without padding. */
export interface PooledMax {
  readonly values: Tensor;
  /** Of the element type of the values; they have no gradient. */
  readonly indices: Tensor;
}

/**
 * The largest value of every window; padding counts as −∞, and NaN as the largest. `[N,H,W,C]` → `[N,outH,outW,C]`,
 * outH = ⌊(H + top + bottom − ((kH − 1)·dilation + 1))/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * Throws where a window would see nothing but padding. Source: PyTorch's max_pool2d.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  checkTensor('maxPool2d', 'x', x);
  return pool(x, ...gridSpans('maxPool2d', x.shape, options));
}

/**
 * `maxPool2d` together with where the values are; of equal ones the first in reading order. Source: PyTorch's
 * return_indices.
 */
export function maxPool2dWithIndices(x: Tensor, options: MaxPoolOptions): PooledMax {
  checkTensor('maxPool2dWithIndices', 'x', x);
  const [rows, columns] = gridSpans('maxPool2dWithIndices', x.shape, options);
  return poolWithIndices('maxPool2dWithIndices', x, rows, columns);
}

/**
 * The largest value of each of outH × outW cells that cover the image: cell i has the rows ⌊i·H/outH⌋ to
 * ⌈(i + 1)·H/outH⌉ − 1. `[N,H,W,C]` → `[N,outH,outW,C]`. Source: PyTorch's adaptive_max_pool2d.
 */
export function adaptiveMaxPool2d(x: Tensor, size: readonly [number, number]): Tensor {
  checkTensor('adaptiveMaxPool2d', 'x', x);
  return pool(x, ...cellSpans('adaptiveMaxPool2d', x.shape, size));
}

/** `adaptiveMaxPool2d` together with where the values are. */
export function adaptiveMaxPool2dWithIndices(x: Tensor, size: readonly [number, number]): PooledMax {
  checkTensor('adaptiveMaxPool2dWithIndices', 'x', x);
  const [rows, columns] = cellSpans('adaptiveMaxPool2dWithIndices', x.shape, size);
  return poolWithIndices('adaptiveMaxPool2dWithIndices', x, rows, columns);
}

function gridSpans(op: string, input: Shape, options: MaxPoolOptions): [rows: Spans, columns: Spans] {
  const [kH, kW] = pairOf(op, 'the window', options.kernel);
  const [dilationH, dilationW] = pairOf(op, 'dilation', options.dilation);
  const size = [spanOf(kH, dilationH), spanOf(kW, dilationW)] as const;
  const g = poolGeometry(op, input, size, windowOptions(options), options.ceilMode);
  return [
    spansAlong(op, 'row', g.outH, g.strideH, g.padTop, kH, dilationH, g.H),
    spansAlong(op, 'column', g.outW, g.strideW, g.padLeft, kW, dilationW, g.W),
  ];
}

/** Window i looks at the pixels i·stride − before + r·step, 0 ≤ r < k, that are in the image. */
function spansAlong(
  op: string, axis: 'row' | 'column',
  windows: number, stride: number, before: number, k: number, step: number, length: number,
): Spans {
  const [first, count] = [new Int32Array(windows), new Int32Array(windows)];
  for (let i = 0; i < windows; i++) {
    const start = i * stride - before;
    const skipped = Math.max(0, Math.ceil(-start / step));
    first[i] = start + skipped * step;
    count[i] = Math.min(k, Math.ceil((length - start) / step)) - skipped;
    if (count[i] < 1) {
      throw new RangeError(
        `${op}: the windows of ${axis} ${i} of the output lie in the padding alone, where nothing is largest; pad less`,
      );
    }
  }
  return { first, count, step };
}

function cellSpans(op: string, input: Shape, size: readonly [number, number]): [rows: Spans, columns: Spans] {
  checkImageSize(op, input, size);
  const cells = (length: number, n: number): Spans => {
    const windows = windowsOf(length, n);
    return {
      first: Int32Array.from(windows, ({ start }) => start),
      count: Int32Array.from(windows, ({ start, end }) => end - start),
      step: 1,
    };
  };
  return [cells(input[1], size[0]), cells(input[2], size[1])];
}

function pool(x: Tensor, rows: Spans, columns: Spans): Tensor {
  const [N, H, W, C] = x.shape;
  const out = allocateLike([N, rows.first.length, columns.first.length, C], x);
  if (out.isMeta || out.size === 0) return out;
  kernelsFor(x).maxPool(N, H, W, C, rows, columns, elements(contiguous(x)), elements(out), null);
  return out;
}

function poolWithIndices(op: string, x: Tensor, rows: Spans, columns: Spans): PooledMax {
  const [N, H, W, C] = x.shape;
  if (H * W > LARGEST_INTEGER[x.dtype]) {
    throw new RangeError(
      `${op}: float32 cannot number the ${H * W} pixels of ${formatShape(x.shape)}, only 2^24; ` +
        `convert x with toDType to float64`,
    );
  }
  const shape = [N, rows.first.length, columns.first.length, C];
  const source = contiguous(x);
  const [values, indices] = [allocateLike(shape, x), allocateLike(shape, x)];
  if (values.isMeta || values.size === 0) return { values, indices };
  kernelsFor(x).maxPool(N, H, W, C, rows, columns, elements(source), elements(values), elements(indices));
  return { values, indices };
}

/**
 * out[n,i,j,c] = x[n, h, w, c] at h·W + w = indices[n,i,j,c]. x `[N,H,W,C]`, indices and out `[N,outH,outW,C]`. With
 * the indices of a max pooling, its values. Throws if an index is no pixel.
 */
export function gatherPixels(x: Tensor, indices: Tensor): Tensor {
  checkTensor('gatherPixels', 'x', x);
  checkTensor('gatherPixels', 'indices', indices);
  checkSameDType('gatherPixels', x, indices);
  const places = contiguous(indices);
  checkIndices('gatherPixels', x.shape, places);
  return reshape(takeAlong(pixelsOf(x), pixelsOf(places), 1), indices.shape);
}

/**
 * Zeros of `imageShape` `[N,H,W,C]`, with every g[n,i,j,c] added where indices[n,i,j,c] says: the gradient of
 * `gatherPixels`, and so of max pooling. (PyTorch's max_unpool2d writes where this adds: the same unless windows
 * overlap.)
 */
export function scatterPixels(g: Tensor, indices: Tensor, imageShape: Shape): Tensor {
  checkTensor('scatterPixels', 'g', g);
  checkTensor('scatterPixels', 'indices', indices);
  checkSameDType('scatterPixels', g, indices);
  if (!sameShape(g.shape, indices.shape)) {
    throw new RangeError(
      `scatterPixels: there is an index for every value; ` +
        `got ${formatShape(g.shape)} and indices ${formatShape(indices.shape)}`,
    );
  }
  const places = contiguous(indices);
  checkIndices('scatterPixels', imageShape, places);
  return reshape(putAlong(pixelsOf(g), pixelsOf(places), 1, imageShape[1] * imageShape[2]), imageShape);
}

/** `[N,H,W,C]` → `[N,H·W,C]`. */
const pixelsOf = (x: Tensor): Tensor => reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]);

/** Throws unless every index, of a contiguous tensor, is a pixel of the image. */
function checkIndices(op: string, image: Shape, indices: Tensor): void {
  const [N, H, W, C] = image;
  if (image.length !== 4 || indices.rank !== 4 || indices.shape[0] !== N || indices.shape[3] !== C) {
    throw new RangeError(
      `${op}: takes an image [N,H,W,C] and indices [N,outH,outW,C]; ` +
        `got ${formatShape(image)} and ${formatShape(indices.shape)}`,
    );
  }
  if (indices.isMeta) return;
  const values = elements(indices);
  const pixels = H * W;
  for (let i = 0; i < values.length; i++) {
    const index = values[i];
    if (Number.isInteger(index) && index >= 0 && index < pixels) continue;
    throw new RangeError(
      `${op}: index ${index} at position ${i} is none of the ${pixels} pixels 0..${pixels - 1} ` +
        `of ${formatShape(image)}`,
    );
  }
}
