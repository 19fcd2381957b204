/** Rows for views and for what copies: the elements, and where they come from. */
import * as t from '@vitrine/tensor';
import { at, atBroadcast, build, indices } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

const same = ([x]: readonly Dense[]): Dense => x;
const under = (shape: readonly number[]) => ([x]: readonly Dense[]): Dense => ({ shape, data: x.data });

const copies = ([['contiguous', t.contiguous], ['clone', t.clone]] as const).flatMap(([op, run]) =>
  [...layouts.map((layout) => normal([3, 4, 5], layout)), normal([]), normal([0, 2], 'permuted'),
    normal([70, 65], 'sliced'), normal([1, 5], 'permuted')]
    .map((input): Sample => ({ op, name: '', inputs: [input], run: ([x]) => run(x), want: same })));

const reshapes = ([
  [[2, 6], [3, 4]], [[12], [2, 3, 2]], [[2, 3, 4], [24]], [[2, 3], [3, -1], [3, 2]], [[2, 3], [-1], [6]], [[1], []],
    [[], [1, 1]],
  [[0, 4], [2, 0]], [[0, 4], [-1, 4], [0, 4]], [[2, 3, 4], [2, 3, 4]],
] as const).flatMap(([from, to, shape = to]) => (['dense', 'offset', 'permuted', 'sliced', 'strided'] as const)
  .map((layout): Sample =>
  ({ op: 'reshape', name: `to [${to.join(',')}]`, inputs: [normal(from, layout)], run: ([x]) => t.reshape(x, to),
    want: under(shape) })));

const permutation = (input: Operand, axes: readonly number[], positive = axes): Sample => ({
  op: 'permute', name: `[${axes.join(',')}]`, inputs: [input],
  run: ([x]) => t.permute(x, axes),
  want: ([x]) => build(positive.map((axis) => x.shape[axis]), (index) => {
    const from = new Array<number>(index.length);
    positive.forEach((axis, i) => (from[axis] = index[i]));
    return at(x, ...from);
  }),
});
const permutes = [
  ...layouts.map((layout) => permutation(normal([2, 3, 4], layout), [2, 0, 1])),
  permutation(normal([2, 3, 4]), [-1, 1, 0], [2, 1, 0]),
  permutation(normal([]), []),
  permutation(normal([0, 3]), [1, 0]),
  permutation(normal([2, 3, 1, 5]), [0, 3, 1, 2]),
];

const transposes = [normal([3, 5]), normal([2, 3, 5], 'sliced'), normal([1, 4], 'permuted'),
  normal([0, 4])].map((input): Sample => ({
  op: 'mT', name: '', inputs: [input], run: ([x]) => t.mT(x),
  want: ([x]) => build([...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!], (index) =>
    at(x, ...index.slice(0, -2), index.at(-1)!, index.at(-2)!)),
}));

const broadcasts = ([[[3], [2, 3]], [[2, 1], [2, 4]], [[], [2, 2]], [[1, 3, 1], [2, 3, 4]], [[1], [0]],
  [[4, 5], [4, 5]]] as const)
  .flatMap(([from, to]) => (['dense', 'permuted', 'sliced'] as const).map((layout): Sample => ({
    op: 'broadcastTo', name: `[${to.join(',')}]`, inputs: [normal(from, layout)],
    run: ([x]) => t.broadcastTo(x, to), want: ([x]) => build(to, (index) => atBroadcast(x, index)),
  })));

/** axis, start, end as given; from, to as they are meant. */
const slices = ([
  [0, 1, 3, 1, 3], [1, 0, undefined, 0, 4], [2, -2, undefined, 3, 5], [-1, 1, -1, 1, 4], [1, 2, 2, 2, 2],
    [1, 3, 1, 3, 3], [0, -100, 100, 0, 3], [1, 100, 200, 4, 4],
] as const).flatMap(([axis, start, end, from, to]) => layouts.map((layout): Sample => ({
  op: 'slice', name: `axis ${axis}, ${start} to ${end}`, inputs: [normal([3, 4, 5], layout)],
  run: ([x]) => t.slice(x, axis, start, end),
  want: ([x]) => {
    const along = axis < 0 ? axis + 3 : axis;
    return build(x.shape.map((n, i) => (i === along ? to - from : n)), (index) =>
      at(x, ...index.map((k, i) => (i === along ? k + from : k))));
  },
})));

const padSlices = ([[[2, 4, 5], [6, 4, 5], 0, 3], [[3, 2, 5], [3, 4, 5], 1, 0], [[3, 4, 1], [3, 4, 5], -1, 4],
  [[3, 0, 5], [3, 4, 5], 1, 2], [[4], [4], 0, 0]] as const)
  .flatMap(([from, to, axis, start]) => (['dense', 'permuted', 'sliced', 'strided', 'offset'] as const)
    .map((layout): Sample => ({
    op: 'padSlice', name: `into [${to.join(',')}] axis ${axis} from ${start}`, inputs: [normal(from, layout)],
    run: ([x]) => t.padSlice(x, to, axis, start),
    want: ([x]) => {
      const along = axis < 0 ? axis + to.length : axis;
      return build(to, (index) => {
        const k = index[along] - start;
        return k >= 0 && k < x.shape[along] ? at(x, ...index.with(along, k)) : 0;
      });
    },
  })));

/** axis of length 5, start, end, step; the positions that NumPy takes. */
const stepped = ([
  [0, 0, undefined, 2, [0, 2, 4]], [1, 1, undefined, 3, [1, 4]], [-1, -4, -1, 2, [1, 3]], [0, 4, 1, 2, []],
  [1, 0, 100, 7, [0]], [0, -1, undefined, -1, [4, 3, 2, 1, 0]], [1, 3, 0, -2, [3, 1]],
  [2, 100, undefined, -2, [4, 2, 0]],
  [0, -100, undefined, -1, []], [1, 0, undefined, -1, [0]], [2, 0, 3, -1, []], [-3, 2, -100, -1, [2, 1, 0]],
  [2, -1, -100, -3, [4, 1]],
] as const).flatMap(([axis, start, end, step, positions]) => layouts.map((layout): Sample => ({
  op: 'slice', name: `axis ${axis}, ${start} to ${end} by ${step}`,
  inputs: [normal([5, 4, 3].with(axis, 5), layout)],
  run: ([x]) => t.slice(x, axis, start, end, step),
  want: ([x]) => {
    const along = axis < 0 ? axis + 3 : axis;
    return build(x.shape.with(along, positions.length), (index) =>
      at(x, ...index.with(along, positions[index[along]])));
  },
})));

const steppedPads = ([[[3, 2], [6, 2], 0, 1, 2], [[3, 2], [6, 2], 0, 4, -2], [[2, 3], [2, 3], 1, 2, -1],
  [[2, 3, 70], [2, 7, 70], 1, 0, 3], [[0, 3], [4, 3], 0, 4, -2], [[2, 0], [2, 0], 1, 0, 3]] as const)
  .flatMap(([from, to, axis, start, step]) => (['dense', 'permuted', 'sliced'] as const).map((layout): Sample => ({
    op: 'padSlice', name: `into [${to.join(',')}] axis ${axis} from ${start} by ${step}`,
    inputs: [normal(from, layout)],
    run: ([x]) => t.padSlice(x, to, axis, start, step),
    want: ([x]) => build(to, (index) => {
      const k = (index[axis] - start) / step;
      return Number.isInteger(k) && k >= 0 && k < x.shape[axis] ? at(x, ...index.with(axis, k)) : 0;
    }),
  })));

const flattened = ([[[2, 3, 4], 0, -1, [24]], [[2, 3, 4], 1, 2, [2, 12]], [[2, 3, 4], 0, 1, [6, 4]],
  [[2, 3, 4], -1, 2, [2, 3, 4]], [[], 0, -1, [1]], [[0, 3], 0, 1, [0]], [[2, 0, 3], 1, -1, [2, 0]]] as const)
  .flatMap(([from, start, end, shape]) => layouts.map((layout): Sample => ({
    op: 'flatten', name: `${start} to ${end}`, inputs: [normal(from, layout)], run: ([x]) => t.flatten(x, start, end),
    want: under(shape),
  })));

const axisRows = [
  ...([[0, [1, 2, 3]], [1, [2, 1, 3]], [2, [2, 3, 1]], [-1, [2, 3, 1]], [-3, [1, 2, 3]]] as const)
    .flatMap(([axis, shape]) => layouts.map((layout): Sample =>
    ({ op: 'unsqueeze', name: `${axis}`, inputs: [normal([2, 3], layout)], run: ([x]) => t.unsqueeze(x, axis),
      want: under(shape) }))),
  ...([[0, [1, 3, 1], [3, 1]], [-1, [1, 3, 1], [1, 3]], [1, [0, 1], [0]]] as const)
    .flatMap(([axis, from, shape]) => layouts.map((layout): Sample =>
    ({ op: 'squeeze', name: `${axis}`, inputs: [normal(from, layout)], run: ([x]) => t.squeeze(x, axis),
      want: under(shape) }))),
];

const chains: readonly Sample[] = [{
  op: 'reshape', name: 'of a slice of a transposition', inputs: [normal([4, 6], 'sliced')],
  run: ([x]) => t.reshape(t.slice(t.mT(x), 0, 1, 4), [2, 6]),
  want: ([x]) => ({ shape: [2, 6], data: Array.from(indices([3, 4]), ([i, j]) => at(x, j, i + 1)) }),
}];

export const viewSamples: readonly Sample[] = [
  ...copies, ...reshapes, ...permutes, ...transposes, ...broadcasts, ...slices, ...padSlices, ...axisRows, ...chains,
  ...stepped, ...steppedPads, ...flattened,
];
