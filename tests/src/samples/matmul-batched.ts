/** Rows for products of vectors and of batches of matrices, broadcast, in every layout. */
import * as t from '@vitrine/tensor';
import { atBroadcast, broadcastShape, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

/** Vectors as matrices, every element by its own sum, then the vectors' axes out of the shape. */
function product([a, b]: readonly Dense[]): Dense {
  const left = a.shape.length === 1 ? { ...a, shape: [1, ...a.shape] } : a;
  const right = b.shape.length === 1 ? { ...b, shape: [...b.shape, 1] } : b;
  const [M, K, N] = [left.shape.at(-2)!, left.shape.at(-1)!, right.shape.at(-1)!];
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const { data } = build([...batch, M, N], (index) => {
    const [m, n] = index.slice(-2);
    let sum = 0;
    for (let k = 0; k < K; k++) {
      sum += atBroadcast(left, [...index.slice(0, -2), m, k]) * atBroadcast(right, [...index.slice(0, -2), k, n]);
    }
    return sum;
  });
  return { shape: [...batch, ...(a.shape.length === 1 ? [] : [M]), ...(b.shape.length === 1 ? [] : [N])], data };
}

const row = (name: string, a: Operand, b: Operand): Sample =>
  ({ op: 'matmul', name, inputs: [a, b], run: ([x, y]) => t.matmul(x, y), want: product });

/**
 * Row after row of `atBroadcast` would read an axis of length 1 of a matrix for all; so K, M and N are above 1 or
 * alike.
 */
const SHAPES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[7], [7]], [[7], [7, 5]], [[6, 7], [7]], [[1], [1]], [[0], [0]], [[0], [0, 3]], [[3, 0], [0]],
  [[7], [2, 7, 5]], [[2, 6, 7], [7]], [[3, 2, 6, 7], [7]], [[7], [3, 2, 7, 5]],
  [[2, 6, 7], [7, 5]], [[6, 7], [2, 7, 5]], [[2, 6, 7], [2, 7, 5]], [[2, 6, 7], [1, 7, 5]], [[1, 6, 7], [2, 7, 5]],
  [[3, 1, 6, 7], [2, 7, 5]], [[3, 1, 6, 7], [1, 2, 7, 5]], [[2, 6, 7], [3, 1, 7, 5]], [[2, 3, 2, 3, 4], [3, 1, 4, 2]],
  [[0, 6, 7], [7, 5]], [[0, 6, 7], [1, 7, 5]], [[2, 6, 0], [2, 0, 5]], [[2, 6, 0], [0, 5]], [[2, 0, 7], [2, 7, 5]],
  [[2, 6, 7], [2, 7, 0]], [[17, 3, 2], [17, 2, 3]], [[2, 33, 17], [2, 17, 29]], [[3, 300, 5], [3, 5, 2]],
];

const laid: readonly Sample[] = layouts.flatMap((left) => layouts.flatMap((right) => [
  row('', normal([2, 3, 4], left), normal([2, 4, 5], right)),
  row('', normal([3, 4], left), normal([2, 4, 5], right)),
  row('', normal([2, 3, 4], left), normal([4, 5], right)),
  row('', normal([2, 3, 4], left), normal([4], right)),
  row('', normal([4], left), normal([4], right)),
]));

/** Transposed views of batches: read in place, one or both. */
const transposed: readonly Sample[] = ([[true, false], [false, true], [true, true]] as const).flatMap(([left, right]) =>
  ([
    [[2, 4, 3], [2, 5, 4]], [[3, 1, 4, 3], [2, 5, 4]], [[4, 3], [2, 5, 4]], [[2, 4, 3], [5, 4]],
  ] as const).map(([a, b]): Sample => {
    const flip = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
    const other = (x: Dense): Dense => build(flip(x.shape), (index) =>
      atBroadcast(x, [...index.slice(0, -2), index.at(-1)!, index.at(-2)!]));
    // `a` is given as [K,M] and turned where `left` says so, `b` as [N,K].
    const [first, second] = [left ? a : flip(a), right ? b : flip(b)];
    return {
      op: 'matmul', name: `mT ${left ? 'left' : ''} ${right ? 'right' : ''}`, inputs: [normal(first), normal(second)],
      run: ([x, y]) => t.matmul(left ? t.mT(x) : x, right ? t.mT(y) : y),
      want: ([x, y]) => product([left ? other(x) : x, right ? other(y) : y]),
    };
  }));

export const matmulBatchedSamples: readonly Sample[] = [
  ...SHAPES.map(([a, b]) => row('', normal(a), normal(b))),
  ...laid,
  ...transposed,
  row(
    'NaN and ∞ stay in their matrix',
    given([1, NaN, 2, 3, Infinity, 0, 1, 1], [2, 2, 2]),
    given([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
  ),
];
