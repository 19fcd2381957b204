/** Rows for diagonals: the elements whose positions along two axes are equal, and back. */
import * as t from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import { layouts, normal } from './sample.js';
import type { Sample } from './sample.js';

/** The shape, the two axes as given, and as they are meant. */
const AXES: readonly (readonly [shape: readonly number[], axis1: number, axis2: number, a?: number, b?: number])[] = [
  [[4, 4], 0, 1], [[3, 5], 0, 1], [[5, 3], 0, 1], [[5, 3], 1, 0], [[3, 4, 5], 0, 2], [[3, 4, 5], 2, 1],
  [[3, 4, 5], -1, -2, 2, 1], [[2, 3, 2, 3], 1, 3], [[2, 3, 2, 3], -4, 2, 0, 2],
  [[1, 1], 0, 1], [[0, 3], 0, 1], [[2, 0, 2], 0, 2], [[1, 7], 0, 1],
];

const without = <T>(list: readonly T[], a: number, b: number): T[] => list.filter((_, i) => i !== a && i !== b);

export const diagonalSamples: readonly Sample[] = AXES.flatMap(([shape, axis1, axis2, a = axis1, b = axis2]) => {
  const n = Math.min(shape[a], shape[b]);
  const short = [...without(shape, a, b), n];
  return [
    ...layouts.map((layout): Sample => ({
      op: 'diagonal', name: `axes ${axis1}, ${axis2}`, inputs: [normal(shape, layout)],
      run: ([x]) => t.diagonal(x, axis1, axis2),
      want: ([x]) => build(short, (index) => {
        const rest = index.slice(0, -1);
        return at(x, ...shape.map((_, axis) => (axis === a || axis === b ? index.at(-1)! : rest.shift()!)));
      }),
    })),
    ...(['dense', 'permuted', 'sliced', 'strided', 'offset'] as const).map((layout): Sample => ({
      op: 'padDiagonal', name: `into [${shape.join(',')}] axes ${axis1}, ${axis2}`, inputs: [normal(short, layout)],
      run: ([x]) => t.padDiagonal(x, shape, axis1, axis2),
      want: ([x]) => build(shape, (index) =>
        (index[a] === index[b] ? at(x, ...without(index, a, b), index[a]) : 0)),
    })),
  ];
});
