/** Rows for new tensors. Those that draw random numbers are in random.test.ts. */
import * as t from '@vitrine/tensor';
import { build } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Layout, Sample } from './sample.js';

const SHAPES = [[], [0], [1], [5], [2, 3], [2, 0, 3]] as const;

/** One row with an operand that lends its element type, so that rows run in both. */
const like = (op: string, name: string, run: Sample['run'], want: Sample['want']): Sample =>
  ({ op, name, inputs: [normal([1])], run, want });

const fills = SHAPES.flatMap((shape): Sample[] => [
  like('full', `[${shape.join(',')}]`, ([x]) => t.full(shape, 2.5, x.dtype), () => build(shape, () => 2.5)),
  like('zeros', `[${shape.join(',')}]`, ([x]) => t.zeros(shape, x.dtype), () => build(shape, () => 0)),
  like('ones', `[${shape.join(',')}]`, ([x]) => t.ones(shape, x.dtype), () => build(shape, () => 1)),
  { op: 'zerosLike', name: '', inputs: [normal(shape, 'permuted')], run: ([x]) => t.zerosLike(x), want: () =>
    build(shape, () => 0) },
  { op: 'onesLike', name: '', inputs: [normal(shape, 'sliced')], run: ([x]) => t.onesLike(x), want: () =>
    build(shape, () => 1) },
]);

const fromNumbers: readonly Sample[] = [
  like('fromArray', 'a list', ([x]) => t.fromArray([1, 2, 3], undefined, x.dtype), () => build([3], ([i]) => i + 1)),
  like('fromArray', 'with a shape', ([x]) => t.fromArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], x.dtype), () =>
    build([2, 3], ([i, j]) => 3 * i + j + 1)),
  like('fromArray', 'NaN and infinities', ([x]) => t.fromArray([NaN, Infinity, -Infinity, -0], [2, 2], x.dtype), () =>
    ({ shape: [2, 2], data: [NaN, Infinity, -Infinity, 0] })),
  like('fromArray', 'nothing', ([x]) => t.fromArray([], [0, 3], x.dtype), () => build([0, 3], () => 0)),
  like('tensor', 'a number', ([x]) => t.tensor(3, x.dtype), () => build([], () => 3)),
  like('tensor', 'rows', ([x]) => t.tensor([[1, 2], [3, 4], [5, 6]], x.dtype), () =>
    build([3, 2], ([i, j]) => 2 * i + j + 1)),
  like('tensor', 'nothing', ([x]) => t.tensor([], x.dtype), () => build([0], () => 0)),
  like('tensor', 'empty rows', ([x]) => t.tensor([[], []], x.dtype), () => build([2, 0], () => 0)),
  like('arange', '0 to 5', ([x]) => t.arange(0, 5, undefined, x.dtype), () => build([5], ([i]) => i)),
  like('arange', 'down', ([x]) => t.arange(3, -2, -2, x.dtype), () => build([3], ([i]) => 3 - 2 * i)),
  like('arange', 'by a fraction', ([x]) => t.arange(0, 1, 0.25, x.dtype), () => build([4], ([i]) => i / 4)),
  like('arange', 'nothing', ([x]) => t.arange(2, 2, 1, x.dtype), () => build([0], () => 0)),
  like('arange', 'the wrong way', ([x]) => t.arange(2, 0, 1, x.dtype), () => build([0], () => 0)),
];

const spaced: readonly Sample[] = [
  like('linspace', '0 to 1 in 5', ([x]) => t.linspace(0, 1, 5, x.dtype), () => build([5], ([i]) => i / 4)),
  like('linspace', 'down', ([x]) => t.linspace(3, -3, 7, x.dtype), () => build([7], ([i]) => 3 - i)),
  like('linspace', 'by thirds', ([x]) => t.linspace(0, 1, 4, x.dtype), () => build([4], ([i]) => i / 3)),
  like('linspace', 'one', ([x]) => t.linspace(2, 9, 1, x.dtype), () => build([1], () => 2)),
  like('linspace', 'none', ([x]) => t.linspace(2, 9, 0, x.dtype), () => build([0], () => 0)),
  like('linspace', 'nowhere', ([x]) => t.linspace(4, 4, 3, x.dtype), () => build([3], () => 4)),
  ...([[3, 3], [2, 5], [4, 2], [1, 1], [0, 3], [3, 0]] as const).map(([n, m]) =>
    like('eye', `${n}x${m}`, ([x]) => t.eye(n, m, x.dtype), () => build([n, m], ([i, j]) => Number(i === j)))),
  like('eye', 'square', ([x]) => t.eye(4, undefined, x.dtype), () => build([4, 4], ([i, j]) => Number(i === j))),
];

const oneHots = (['dense', 'offset', 'strided'] as const).map((layout: Layout): Sample => ({
  op: 'oneHot', name: '4 classes', inputs: [given([3, 0, 1, 3, 2], [5], layout)],
  run: ([x]) => t.oneHot(x, 4), want: ([x]) => build([5, 4], ([n, c]) => Number(x.data[n] === c)),
}));

const conversions = layouts.map((layout): Sample => ({
  op: 'toDType', name: 'there and back', inputs: [normal([3, 4, 5], layout)],
  run: ([x]) => t.toDType(t.toDType(x, x.dtype === 'float32' ? 'float64' : 'float32'), x.dtype), want: ([x]) => x,
}));

export const createSamples: readonly Sample[] = [
  ...fills, ...fromNumbers, ...spaced, ...oneHots, ...conversions,
  { op: 'oneHot', name: 'no labels', inputs: [given([], [0])], run: ([x]) => t.oneHot(x, 3), want: () =>
    build([0, 3], () => 0) },
  { op: 'toDType', name: 'the same', inputs: [normal([4], 'strided')], run: ([x]) => t.toDType(x, x.dtype),
    want: ([x]) => x },
];
