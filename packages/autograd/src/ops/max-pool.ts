/** Max pooling, and the moves along its indices. */
import * as t from '@vitrine/tensor';
import type { MaxPoolOptions, Shape, Tensor } from '@vitrine/tensor';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';

/**
 * The largest value of every window; its first place in reading order gets the whole gradient. `[N,H,W,C]` →
 * `[N,outH,outW,C]`.
 */
export const maxPool2d = (x: Input, options: MaxPoolOptions): Variable =>
  apply('maxPool2d', variable('maxPool2d', x), options);

/** The largest value of each of outH × outW cells that cover the image. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export const adaptiveMaxPool2d = (x: Input, size: readonly [number, number]): Variable =>
  apply('adaptiveMaxPool2d', variable('adaptiveMaxPool2d', x), size);

interface PooledMax {
  readonly values: Variable;
  readonly indices: Tensor;
}

/** `maxPool2d` together with where the values are (h·W + w): a constant. */
export function maxPool2dWithIndices(x: Input, options: MaxPoolOptions): PooledMax {
  const v = variable('maxPool2dWithIndices', x);
  const { indices } = t.maxPool2dWithIndices(v.value, options);
  return { values: gatherPixels(v, indices), indices };
}

/** `adaptiveMaxPool2d` together with where the values are: a constant. */
export function adaptiveMaxPool2dWithIndices(x: Input, size: readonly [number, number]): PooledMax {
  const v = variable('adaptiveMaxPool2dWithIndices', x);
  const { indices } = t.adaptiveMaxPool2dWithIndices(v.value, size);
  return { values: gatherPixels(v, indices), indices };
}

/** The pixels at `indices` `[N,outH,outW,C]`, channel by channel. */
export const gatherPixels = (x: Input, indices: Tensor): Variable =>
  apply('gatherPixels', variable('gatherPixels', x), indices);

/** Zeros of `imageShape` with g added at `indices`: the gradient of `gatherPixels`. */
export const scatterPixels = (g: Input, indices: Tensor, imageShape: Shape): Variable =>
  apply('scatterPixels', variable('scatterPixels', g), indices, imageShape);
