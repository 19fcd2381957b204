/** Moving elements, looking them up, and the patterns they start from. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import { eye, linspace } from '@vitrine/tensor';
import type { PadMode, PadOptions } from '@vitrine/tensor';
import type { Family, Run } from './family.js';

interface Options {
  readonly axis: number;
  readonly axes: readonly number[];
  readonly parts: readonly number[];
  readonly part: number;
  readonly widths: readonly (readonly [number, number])[];
  readonly mode: PadMode;
  readonly value: number;
  readonly shifts: readonly number[];
  readonly counts: readonly number[];
  readonly startAxis: number;
  readonly endAxis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly count: number;
  readonly n: number;
  readonly m: number;
}

const padOptions = ({ mode, value }: Options): PadOptions => (mode === 'constant' ? { mode, value } : { mode });

const runs: Readonly<Record<string, Run<Options>>> = {
  concat: (xs, { axis }) => ag.concat(xs, axis),
  stack: (xs, { axis }) => ag.stack(xs, axis),
  split: ([x], { parts, part, axis }) => ag.split(x, parts, axis)[part],
  pad: ([x], options) => ag.pad(x, options.widths, padOptions(options)),
  flip: ([x], { axes }) => ag.flip(x, axes),
  roll: ([x], { shifts, axes }) => ag.roll(x, shifts, axes),
  tile: ([x], { counts }) => ag.tile(x, counts),
  flatten: ([x], { startAxis, endAxis }) => ag.flatten(x, startAxis, endAxis),
  slice: ([x], { axis, start, end, step }) => ag.slice(x, axis, start, end, step),
  indexSelect: ([x, indices], { axis }) => ag.indexSelect(x, axis, indices.value),
  gather: ([x, index], { axis }) => ag.gather(x, axis, index.value),
  scatterAdd: ([x, index, source], { axis }) => ag.scatterAdd(x, axis, index.value, source),
  linspace: (_none, { start, end, count }) => new Variable(linspace(start, end, count, 'float64')),
  eye: (_none, { n, m }) => new Variable(eye(n, m)),
};

export const arrange: Family<Options> = {
  file: 'arrange.safetensors',
  title: 'Moving and choosing elements',
  about: 'What is moved is moved exactly; gradients add up where an element was used twice.',
  runs,
};
