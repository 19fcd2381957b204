/** Rows for matrix products: sizes around the kernels' tiles, every way an operand may lie. */
import * as t from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

function product([a, b]: readonly Dense[]): Dense {
  const K = a.shape[1];
  return build([a.shape[0], b.shape[1]], ([m, n]) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += at(a, m, k) * at(b, k, n);
    return sum;
  });
}

const row = (name: string, a: Operand, b: Operand): Sample =>
  ({ op: 'matmul', name, inputs: [a, b], run: ([x, y]) => t.matmul(x, y), want: product });

/** M, K, N: ones, tails of one to five beyond tiles of 4 and 8, empty axes, K beyond one block of 256. */
const SIZES = [
  [1, 1, 1], [1, 9, 1], [1, 5, 17], [17, 5, 1], [2, 2, 2], [3, 4, 5], [4, 4, 4], [5, 3, 9], [6, 7, 10], [7, 2, 11],
    [8, 8, 8], [9, 1, 13], [33, 17, 29],
  [3, 300, 5], [5, 257, 3], [70, 3, 66], [0, 3, 2], [2, 3, 0], [2, 0, 3], [0, 0, 0],
] as const;

export const matmulSamples: readonly Sample[] = [
  ...SIZES.map(([M, K, N]) => row('', normal([M, K]), normal([K, N]))),
  ...layouts.flatMap((left) => layouts.map((right) => row('', normal([6, 7], left), normal([7, 5], right)))),
  ...(['permuted', 'sliced', 'broadcast'] as const).flatMap((layout) => [
    row('', normal([1, 5], layout), normal([5, 1], layout)), row('', normal([33, 66], layout), normal([66, 9])),
      row('', normal([9, 66]), normal([66, 33], layout)),
  ]),
  row('NaN and ∞', given([1, NaN, 0, 2, Infinity, 0], [3, 2]), given([1, 2, 3, 0, 1, -1], [2, 3])),
  { op: 'matmul', name: 'by its own transposition', inputs: [normal([5, 7])], run: ([x]) => t.matmul(x, t.mT(x)),
    want: ([x]) => product([x, build([7, 5], ([i, j]) => at(x, j, i))]) },
  { op: 'matmul', name: 'transposition by itself', inputs: [normal([5, 7])], run: ([x]) => t.matmul(t.mT(x), x),
    want: ([x]) => product([build([7, 5], ([i, j]) => at(x, j, i)), x]) },
  { op: 'matmul', name: 'rows of a larger matrix', inputs: [normal([6, 9]), normal([4, 3])], run: ([x, y]) =>
    t.matmul(t.slice(t.slice(x, 0, 1, 5), 1, 2, 6), y), want: ([x, y]) =>
    product([build([4, 4], ([i, j]) => at(x, i + 1, j + 2)), y]) },
];
