/** Rows for average pooling. */
import * as t from '@vitrine/tensor';
import type { PoolOptions } from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { windowOf } from './conv.js';
import { layouts, normal } from './sample.js';
import type { Layout, Sample } from './sample.js';

type Visit = (out: [number, number, number, number], inside: readonly [number, number][]) => number;

/** For every output pixel and channel, the input pixels under its window. */
function windows(x: readonly number[], options: PoolOptions, visit: Visit): Dense {
  const [kH, kW] = typeof options.kernel === 'number' ? [options.kernel, options.kernel] : options.kernel;
  const { strideH, strideW, top, left, outH, outW } = windowOf(x, kH, kW,
    { stride: options.stride ?? options.kernel, padding: options.padding });
  return build([x[0], outH, outW, x[3]], ([n, i, j, c]) => {
    const inside: [number, number][] = [];
    for (let r = 0; r < kH; r++) for (let s = 0; s < kW; s++) {
      const [h, w] = [i * strideH - top + r, j * strideW - left + s];
      if (h >= 0 && h < x[1] && w >= 0 && w < x[2]) inside.push([h, w]);
    }
    return visit([n, i, j, c], inside);
  });
}

const pool = (x: Dense, options: PoolOptions): Dense =>
  windows(x.shape, options, ([n, , , c], inside) => (inside.length === 0 ? 0
    : inside.reduce((sum, [h, w]) => sum + at(x, n, h, w, c), 0) / inside.length));

function poolGrad(dout: Dense, shape: readonly number[], options: PoolOptions): Dense {
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  windows(shape, options, (out, inside) => {
    for (const [h, w] of inside) {
      data[((out[0] * shape[1] + h) * shape[2] + w) * shape[3] + out[3]] += at(dout, ...out) / inside.length;
    }
    return 0;
  });
  return { shape, data };
}

const two = (shape: readonly number[], options: PoolOptions, layout: Layout = 'dense'): Sample[] => [
  { op: 'averagePool2d', name: JSON.stringify(options), inputs: [normal(shape, layout)], run: ([x]) =>
    t.averagePool2d(x, options), want: ([x]) => pool(x, options) },
  {
    op: 'averagePool2dGrad', name: `of [${shape.join(',')}] ${JSON.stringify(options)}`,
    inputs: [normal(windows(shape, options, () => 0).shape, layout)],
    run: ([g]) => t.averagePool2dGrad(g, shape, options), want: ([g]) => poolGrad(g, shape, options),
  },
];

const globalPool = (shape: readonly number[], layout: Layout, keepDims: boolean): Sample => ({
  op: 'globalAveragePool', name: keepDims ? 'keepDims' : '', inputs: [normal(shape, layout)],
  run: ([x]) => t.globalAveragePool(x, { keepDims }),
  want: ([x]) => {
    const [N, H, W, C] = x.shape;
    return build(keepDims ? [N, 1, 1, C] : [N, C], (index) => {
      let sum = 0;
      for (let h = 0; h < H; h++) for (let w = 0; w < W; w++) sum += at(x, index[0], h, w, index.at(-1)!);
      return sum / (H * W);
    });
  },
});

export const poolSamples: readonly Sample[] = [
  ...([2, 3, [3, 2], 1] as const).flatMap((kernel) => ([undefined, 1, 2, [1, 2]] as const).flatMap((stride) =>
    ([0, 1, 'same', { top: 0, bottom: 2, left: 1, right: 0 }] as const)
      .flatMap((padding) => two([2, 6, 5, 3], { kernel, stride, padding })))),
  ...layouts.flatMap((layout) => two([2, 4, 5, 4], { kernel: 3, stride: 2, padding: 1 }, layout)),
  ...[1, 2, 4, 5, 9].flatMap((C) => two([1, 4, 4, C], { kernel: 2 })),
  ...two([1, 2, 2, 3], { kernel: 1, padding: 2 }), // windows with nothing of the image under them
  ...two([0, 4, 4, 3], { kernel: 2 }),
  ...two([1, 1, 1, 1], { kernel: 1 }),
  ...two([1, 9, 9, 2], { kernel: 2, stride: 5 }),
  ...layouts.flatMap((layout) => [globalPool([2, 3, 4, 5], layout, false), globalPool([2, 3, 4, 5], layout, true)]),
  globalPool([3, 1, 1, 2], 'dense', false),
  globalPool([0, 2, 2, 2], 'dense', false),
];
