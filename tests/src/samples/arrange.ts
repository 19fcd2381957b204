/** Rows for what puts tensors together, takes them apart and turns them round. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { at, build } from '../support/dense.js';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal } from './sample.js';
import type { Layout, Operand, Sample } from './sample.js';

const SOME: readonly Layout[] = ['dense', 'permuted', 'sliced', 'broadcast'];
const STRANGE = [NaN, Infinity, -Infinity, 0, -2, 5];

/** Which of several arrays, and where in it, element k of them one after the other stands. */
function locate(xs: readonly Dense[], along: number, k: number): [Dense, number] {
  let rest = k;
  for (const x of xs) {
    if (rest < x.shape[along]) return [x, rest];
    rest -= x.shape[along];
  }
  throw new Error(`locate: there is no element ${k}`);
}

const concatenation = (axis: number, ...inputs: readonly Operand[]): Sample => ({
  op: 'concat', name: `axis ${axis}`, inputs,
  run: (xs) => t.concat(xs, axis),
  want: (xs) => {
    const along = axis < 0 ? axis + xs[0].shape.length : axis;
    const length = xs.reduce((sum, x) => sum + x.shape[along], 0);
    return build(xs[0].shape.with(along, length), (index) => {
      const [x, k] = locate(xs, along, index[along]);
      return at(x, ...index.with(along, k));
    });
  },
});
const concats = [
  ...layouts.flatMap((layout) => [
    concatenation(0, normal([2, 3, 4], layout), normal([1, 3, 4])),
    concatenation(1, normal([2, 3, 4]), normal([2, 5, 4], layout), normal([2, 1, 4], layout)),
    concatenation(-1, normal([2, 3, 4], layout), normal([2, 3, 2], 'permuted')),
  ]),
  concatenation(0, normal([5])),
  concatenation(0, normal([0]), normal([3]), normal([0])),
  concatenation(1, normal([2, 0]), normal([2, 0])),
  concatenation(1, normal([0, 2]), normal([0, 3])),
  concatenation(1, normal([3, 70]), normal([3, 65], 'sliced')),
  concatenation(1, given(STRANGE, [2, 3]), given(STRANGE, [3, 2].toReversed(), 'permuted')),
];

const stacks = ([[[2, 3], 0], [[2, 3], 1], [[2, 3], 2], [[2, 3], -1], [[2, 3], -3], [[], 0], [[0, 2], 1]] as const)
  .flatMap(([shape, axis]) => SOME.map((layout): Sample => ({
    op: 'stack', name: `axis ${axis}`, inputs: [normal(shape, layout), normal(shape), normal(shape, 'strided')],
    run: (xs) => t.stack(xs, axis),
    want: (xs) => {
      const along = axis < 0 ? axis + shape.length + 1 : axis;
      return build(shape.toSpliced(along, 0, 3), (index) => at(xs[index[along]], ...index.toSpliced(along, 1)));
    },
  })));

/** parts, axis, and for each part where it starts and how long it is. */
const splits = ([
  [2, 0, [[0, 2], [2, 2]]], [[1, 3], 0, [[0, 1], [1, 3]]], [[2, 0, 1], 1, [[0, 2], [2, 0], [2, 1]]], [5, -1,
    [[0, 1], [1, 1], [2, 1], [3, 1], [4, 1]]], [1, 1, [[0, 3]]],
] as const).flatMap(([parts, axis, places]) => places.flatMap(([start, length], k) => layouts.map((layout): Sample => ({
  op: 'split', name: `${JSON.stringify(parts)} axis ${axis}, part ${k} of ${places.length}`,
  inputs: [normal([4, 3, 5], layout)],
  run: ([x]) => {
    const found = t.split(x, parts, axis);
    if (found.length !== places.length) throw new Error(`split: ${found.length} parts`);
    return found[k];
  },
  want: ([x]) => {
    const along = axis < 0 ? axis + 3 : axis;
    return build(x.shape.with(along, length), (index) => at(x, ...index.with(along, start + index[along])));
  },
}))));

/** The element a padded axis shows at i, counted from its first own one; null for the border of constants. */
function reflected(mode: t.PadMode, i: number, n: number): number | null {
  if (i >= 0 && i < n) return i;
  if (mode === 'constant') return null;
  if (mode === 'edge') return i < 0 ? 0 : n - 1;
  const period = 2 * (n - 1); // a walk to and fro
  const phase = ((i % period) + period) % period;
  return phase < n ? phase : period - phase;
}
const padding = (input: Operand, widths: t.PadWidths, options: t.PadOptions): Sample => {
  const { mode = 'constant' } = options;
  const { value = 0 } = 'value' in options ? options : {};
  return {
    op: 'pad', name: `${mode} ${value} ${JSON.stringify(widths)}`, inputs: [input],
    run: ([x]) => t.pad(x, widths, options),
    want: ([x]) => build(x.shape.map((n, axis) => widths[axis][0] + n + widths[axis][1]), (index) => {
      const source = index.map((i, axis) => reflected(mode, i - widths[axis][0], x.shape[axis]));
      return source.includes(null) ? value : at(x, ...source.map((k) => k ?? NaN));
    }),
  };
};
const pads = [
  ...layouts.flatMap((layout) => ([{}, { value: -1.5 }, { mode: 'reflect' }, { mode: 'edge' }] as const)
    .map((options) => padding(normal([3, 4, 5], layout), [[2, 1], [0, 3], [4, 0]], options))),
  ...(['reflect', 'edge', 'constant'] as const).flatMap((mode) => [
    padding(normal([2, 5, 6, 3]), [[0, 0], [1, 2], [2, 1], [0, 0]], { mode }),
    padding(normal([2, 3]), [[0, 0], [0, 0]], { mode }),
    padding(normal([]), [], { mode }),
    padding(given(STRANGE, [6]), [[3, 5]], { mode }),
    padding(normal([0, 3]), [[0, 0], [1, 1]], { mode }),
  ]),
  padding(normal([0, 2]), [[1, 2], [0, 0]], { value: 7 }),
  padding(normal([1]), [[3, 0]], { mode: 'edge' }),
  padding(normal([2]), [[1, 1]], { value: Infinity }),
];

const flips = ([[[0], [0]], [[1, -1], [1, 2]], [-2, [1]], [[], []], [[2, 0, 1], [0, 1, 2]]] as const)
  .flatMap(([axes, along]) => layouts.map((layout): Sample => ({
    op: 'flip', name: JSON.stringify(axes), inputs: [normal([3, 4, 5], layout)], run: ([x]) => t.flip(x, axes),
    want: ([x]) => build(x.shape, (index) =>
      at(x, ...index.map((i, axis) => (along.some((flipped) => flipped === axis) ? x.shape[axis] - 1 - i : i)))),
  })));

/** shifts, axes, and the shift of each axis. */
const rolls = ([
  [1, 0, [1, 0]], [-1, 1, [0, -1]], [[7, -9], [0, 1], [7, -9]], [[1, 2], [-1, -1], [0, 3]], [0, 0, [0, 0]],
  [[], [], [0, 0]], [6, 0, [6, 0]],
] as const).flatMap(([shifts, axes, [rows, columns]]) => layouts.map((layout): Sample => ({
  op: 'roll', name: `${JSON.stringify(shifts)} along ${JSON.stringify(axes)}`, inputs: [normal([3, 5], layout)],
  run: ([x]) => t.roll(x, shifts, axes),
  want: ([x]) => build(x.shape, ([i, j]) => at(x, (i - rows + 30) % 3, (j - columns + 30) % 5)),
})));

const tiles = ([
  [[2, 3], [2, 3]], [[2, 3], [1, 1]], [[2, 3], [3, 1]], [[3], [2, 1, 2]], [[], [4]], [[], []], [[2, 3], [0, 2]],
  [[0, 2], [3, 2]], [[70], [3]],
] as const).flatMap(([shape, counts]) => layouts.map((layout): Sample => ({
  op: 'tile', name: `[${counts.join(',')}]`, inputs: [normal(shape, layout)], run: ([x]) => t.tile(x, counts),
  want: ([x]) => {
    const lengths = [...new Array<number>(counts.length - shape.length).fill(1), ...shape];
    const whole: Dense = { shape: lengths, data: x.data };
    return build(lengths.map((n, axis) => n * counts[axis]), (index) =>
      at(whole, ...index.map((i, axis) => i % lengths[axis])));
  },
})));

const nothing = (op: string, run: (x: Tensor) => Tensor): Sample =>
  ({ op, name: 'of nothing', inputs: [normal([0, 3], 'permuted')], run: ([x]) => run(x), want: ([x]) => x });

export const arrangeSamples: readonly Sample[] = [
  ...concats, ...stacks, ...splits, ...pads, ...flips, ...rolls, ...tiles,
  nothing('flip', (x) => t.flip(x, [0, 1])), nothing('roll', (x) => t.roll(x, [2, 1], [0, 1])),
  nothing('split', (x) => t.split(x, [3], 1)[0]),
];
