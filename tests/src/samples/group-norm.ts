/** Rows for group and layer normalisation. */
import * as t from '@vitrine/tensor';
import { sizeOf } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Layout, Operand, Sample } from './sample.js';

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Each element by the mean and deviation of all that have its key; gamma and beta repeat over the last axes. */
function normalised(
  x: Dense, keyOf: (flat: number) => number, gamma: ArrayLike<number>, beta: ArrayLike<number>, eps: number,
): Dense {
  const sets = new Map<number, number[]>();
  Array.from(x.data, (value, i) => sets.set(keyOf(i), [...(sets.get(keyOf(i)) ?? []), value]));
  const moments = new Map([...sets].map(([key, values]) => {
    const mean = average(values);
    return [key, { mean, std: Math.sqrt(average(values.map((value) => (value - mean) ** 2)) + eps) }];
  }));
  return { shape: x.shape, data: Array.from(x.data, (value, i) => {
    const { mean, std } = moments.get(keyOf(i))!;
    return ((value - mean) / std) * gamma[i % gamma.length] + beta[i % beta.length];
  }) };
}

const group = (input: Operand, groups: number, layout: Layout = 'dense', eps = 1e-5): Sample => {
  const { shape } = input;
  const C = shape.at(-1)!;
  const key = (i: number): number =>
    Math.floor(i / (sizeOf(shape) / shape[0])) * groups + Math.floor((i % C) / (C / groups));
  return {
    op: 'groupNorm', name: `${groups} groups, eps ${eps}`, inputs: [input, normal([C], layout), normal([C], layout)],
    run: ([x, gamma, beta]) => t.groupNorm(x, groups, { gamma, beta, eps }),
    want: ([x, gamma, beta]) => normalised(x, key, gamma.data, beta.data, eps),
  };
};

const layer = (input: Operand, axes: number, layout: Layout = 'dense', eps = 1e-5): Sample => {
  const shape = input.shape.slice(-axes);
  return {
    op: 'layerNorm', name: `last ${axes}, eps ${eps}`, inputs: [input, normal(shape, layout), normal(shape, layout)],
    run: ([x, gamma, beta]) => t.layerNorm(x, shape, { gamma, beta, eps }),
    want: ([x, gamma, beta]) => normalised(x, (i) => Math.floor(i / sizeOf(shape)), gamma.data, beta.data, eps),
  };
};

const far = Array.from({ length: 48 }, (_, i) => 4096 + (i % 7) / 8); // a mean that dwarfs the deviation

export const groupNormSamples: readonly Sample[] = [
  ...[1, 2, 3, 6].map((groups) => group(normal([2, 3, 4, 6]), groups)),
  group(normal([3, 4]), 2), group(normal([1, 2, 1]), 1),
  group(normal([2, 5, 9]), 3, 'dense', 0.5), group(normal([2, 7, 5]), 5),
  ...layouts.map((layout) => group(normal([2, 3, 4, 6], layout), 3, layout)),
  group(normal([0, 2, 4]), 2), group(normal([2, 0, 4]), 2), group(normal([2, 3, 0]), 2),
  group(given(far, [2, 6, 4]), 2), group(given([1, 2, NaN, 4, 5, 6, Infinity, 8], [2, 2, 2]), 2),
  group(given(new Array(8).fill(3), [2, 4]), 2), // no deviation at all
  ...[1, 2, 3].map((axes) => layer(normal([2, 3, 4]), axes)),
  layer(normal([7]), 1), layer(normal([5, 1]), 1),
  layer(normal([4, 9]), 1, 'dense', 0.5), layer(normal([2, 3, 2, 17]), 1),
  ...layouts.flatMap((layout) => [layer(normal([2, 3, 4], layout), 1, layout),
    layer(normal([2, 3, 4], layout), 2, layout)]),
  layer(normal([0, 3]), 1), layer(normal([3, 0]), 1),
  layer(given(far, [4, 12]), 1), layer(given([1, 2, NaN, 4, -Infinity, 6], [3, 2]), 1),
  { op: 'groupNorm', name: 'neither gamma nor beta', inputs: [normal([2, 3, 4])], run: ([x]) => t.groupNorm(x, 2),
    want: ([x]) => normalised(x, (i) => Math.floor(i / 12) * 2 + Math.floor((i % 4) / 2), [1], [0], 1e-5) },
  { op: 'layerNorm', name: 'no beta', inputs: [normal([3, 4]), normal([4])],
    run: ([x, gamma]) => t.layerNorm(x, [4], { gamma }),
    want: ([x, gamma]) => normalised(x, (i) => Math.floor(i / 4), gamma.data, [0], 1e-5) },
];
