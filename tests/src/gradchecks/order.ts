/** Derivatives of running totals and of order. */
import * as ag from '@vitrine/autograd';
import type { OrderArgs } from '@vitrine/autograd';
import { fromArray } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { normal } from '../samples/sample.js';
import { apart } from './case.js';
import type { Case, Cases } from './case.js';

/** A place taken twice, one not at all, and one that is a zero. */
const places = (shape: readonly number[]): Tensor => fromArray([0, 2, 2, -1, 1, 0], shape, 'float64');

export const order: Cases<OrderArgs> = {
  cumsum: [[(x) => ag.cumsum(x, 0), normal([5])], [(x) => ag.cumsum(x, -2), normal([2, 3, 2], 'permuted')],
    [(x) => ag.cumsum(x, 1, { reverse: true }), normal([2, 4], 'sliced')]],
  takeAlong: [[(x) => ag.takeAlong(x, places([3, 2]), 0), normal([3, 2])],
    [(x) => ag.takeAlong(x, places([2, 3]), -1), normal([2, 4], 'permuted')]],
  putAlong: [[(g) => ag.putAlong(g, places([3, 2]), 0, 4), normal([3, 2])],
    [(g) => ag.putAlong(g, places([2, 3]), 1, 3), normal([2, 3], 'sliced')]],
};

/** Made of the others; checked to the second order like them. */
export const orderComposites: Readonly<Record<string, readonly Case[]>> = {
  sort: [[(x) => ag.sort(x).values, apart([2, 5])],
    [(x) => ag.square(ag.sort(x, { axis: 0, descending: true }).values), apart([4, 3], 0, 'permuted')]],
  topK: [[(x) => ag.topK(x, 2).values, apart([2, 5])],
    [(x) => ag.square(ag.topK(x, 3, { axis: 1, largest: false, sorted: false }).values), apart([2, 4, 2])]],
};
