/** Rows for looking up by index, and for adding up where it was read. Indices are operands, in all layouts too. */
import * as t from '@vitrine/tensor';
import { at, build, indices } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Operand, Sample } from './sample.js';

const selection = (input: Operand, axis: number, list: Operand, name = ''): Sample => ({
  op: 'indexSelect', name: `axis ${axis}${name}`, inputs: [input, list],
  run: ([x, which]) => t.indexSelect(x, axis, which),
  want: ([x, which]) => {
    const along = axis < 0 ? axis + x.shape.length : axis;
    return build(x.shape.with(along, which.shape[0]), (index) => at(x, ...index.with(along, which.data[index[along]])));
  },
});
const selections = [
  ...layouts.flatMap((layout) => [
    selection(normal([4, 3, 5], layout), 0, given([3, 0, 3, 1, 1])),
    selection(normal([4, 3, 5], layout), 1, given([2], [1], 'offset')),
    selection(normal([4, 3, 5]), -1, given([4, 0, 2, 1], [4], layout)),
  ]),
  selection(normal([6, 70]), 0, given([5, 5, 0])),
  selection(given([NaN, Infinity, -Infinity, 1]), 0, given([2, 1, 0, 0])),
  selection(normal([3, 2]), 0, given([], [0]), ' nothing'),
  selection(normal([0, 2]), 0, given([], [0]), ' nothing of nothing'),
  selection(normal([2, 0]), 0, given([1, 1, 0]), ' empty rows'),
];

const gradient = (shape: readonly number[], axis: number, list: readonly number[], dout: Operand): Sample => ({
  op: 'indexSelectGrad', name: `of [${shape.join(',')}] axis ${axis}`, inputs: [dout, given(list)],
  run: ([g, which]) => t.indexSelectGrad(g, shape, axis, which),
  want: ([g]) => {
    const along = axis < 0 ? axis + shape.length : axis;
    return build(shape, (index) => list.reduce((sum, from, k) =>
      (from === index[along] ? sum + at(g, ...index.with(along, k)) : sum), 0));
  },
});
const gradients = [
  ...layouts.flatMap((layout) => [
    gradient([4, 3, 2], 0, [3, 0, 3, 1, 3], normal([5, 3, 2], layout)),
    gradient([4, 3, 2], 1, [2, 2], normal([4, 2, 2], layout)),
    gradient([4, 3, 2], -1, [1], normal([4, 3, 1], layout)),
  ]),
  gradient([3, 2], 0, [], normal([0, 2])),
  gradient([0, 2], 0, [], normal([0, 2])),
  gradient([3], 0, [1, 1, 2], given([Infinity, -Infinity, NaN])),
];

const gathering = (x: Operand, axis: number, index: Operand): Sample => ({
  op: 'gather', name: `axis ${axis}`, inputs: [x, index],
  run: ([source, which]) => t.gather(source, axis, which),
  want: ([source, which]) => {
    const along = axis < 0 ? axis + source.shape.length : axis;
    return build(which.shape, (place) => at(source, ...place.with(along, at(which, ...place))));
  },
});
const gatherings = [
  ...layouts.flatMap((layout) => [
    gathering(normal([3, 4], layout), 0, given([2, 0, 1, 1, 0, 0, 2, 2], [2, 4])),
    gathering(normal([3, 4], layout), 1, given([3, 0, 3, 1, 2, 0], [2, 3])),
    gathering(normal([3, 4]), -1, given([3, 0, 1, 3, 0, 1, 3, 0, 1], [3, 3], layout)),
    gathering(normal([2, 3, 2], layout), 1, given([2, 2, 0, 1, 1, 0, 2, 0, 0, 2, 1, 1, 0, 0, 2, 1], [2, 4, 2])),
  ]),
  gathering(normal([3]), 0, given([2, 2, 2, 1, 0], [5], 'strided')),
  gathering(normal([3, 4]), 0, given([], [0, 4])),
  gathering(normal([0, 4]), 0, given([], [0, 2])),
];

const scattering = (x: Operand, axis: number, index: Operand, source: Operand): Sample => ({
  op: 'scatterAdd', name: `axis ${axis}`, inputs: [x, index, source],
  run: ([target, which, added]) => t.scatterAdd(target, axis, which, added),
  want: ([target, which, added]) => {
    const along = axis < 0 ? axis + target.shape.length : axis;
    const lands = (place: number[], to: number[]): boolean =>
      place.with(along, at(which, ...place)).join() === to.join();
    return build(target.shape, (to) => [...indices(which.shape)].reduce((sum, place) =>
      (lands(place, to) ? sum + at(added, ...place) : sum), at(target, ...to)));
  },
});
const scatterings = [
  ...layouts.flatMap((layout) => [
    scattering(normal([3, 4], layout), 0, given([2, 0, 1, 1, 0, 0, 1, 2], [2, 4]), normal([2, 4])),
    scattering(normal([3, 4]), 1, given([3, 0, 3, 1, 2, 1], [2, 3]), normal([2, 3], layout)),
    scattering(normal([2, 4], 'permuted'), -1, given([3, 3, 1, 3, 3, 1], [2, 3], layout), normal([2, 3], 'sliced')),
  ]),
  scattering(normal([3]), 0, given([1, 1, 1, 1]), given([Infinity, 1, 2, NaN])),
  scattering(normal([2, 3]), 0, given([], [0, 3]), normal([0, 3])),
  scattering(normal([0, 3]), 1, given([], [0, 2]), normal([0, 2])),
];

export const indexSelectSamples: readonly Sample[] = [
  ...selections, ...gradients, ...gatherings, ...scatterings,
  { op: 'indexSelect', name: 'plain numbers', inputs: [normal([4, 2])], run: ([x]) => t.indexSelect(x, 0, [3, 1]),
    want: ([x]) => build([2, 2], ([i, j]) => at(x, i === 0 ? 3 : 1, j)) },
  { op: 'indexSelectGrad', name: 'plain numbers', inputs: [normal([2, 2])],
    run: ([g]) => t.indexSelectGrad(g, [4, 2], 0, [3, 3]),
    want: ([g]) => build([4, 2], ([i, j]) => (i === 3 ? at(g, 0, j) + at(g, 1, j) : 0)) },
];
