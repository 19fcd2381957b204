/** Running totals, sorting, and the largest k. */
import * as ag from '@vitrine/autograd';
import { Variable } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Family } from './family.js';

interface Options {
  readonly axis: number;
  readonly descending: boolean;
  readonly largest: boolean;
  readonly k: number;
}

export const order: Family<Options> = {
  file: 'order.safetensors',
  title: 'Order and running totals',
  about: 'Sorting is stable, NaN is last; a gradient goes back to where its element came from.',
  runs: {
    cumsum: ([x], { axis }) => ag.cumsum(x, axis),
    sort: ([x], { axis, descending }) => ag.sort(x, { axis, descending }).values,
    argsort: ([x], { axis, descending }) => new Variable(t.argsort(x.value, { axis, descending })),
    topK: ([x], { axis, largest, k }) => ag.topK(x, k, { axis, largest }).values,
    topKIndices: ([x], { axis, largest, k }) => new Variable(ag.topK(x, k, { axis, largest }).indices),
  },
};
