/** Derivatives of views. */
import * as ag from '@vitrine/autograd';
import type { ViewArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

export const views: Cases<ViewArgs> = {
  reshape: [[(x) => ag.reshape(x, [3, -1]), normal([2, 3])], [(x) => ag.reshape(x, [6]), normal([2, 3], 'permuted')],
    [(x) => ag.reshape(x, []), normal([1, 1])]],
  permute: [[(x) => ag.permute(x, [2, 0, 1]), normal([2, 3, 4])], [(x) => ag.permute(x, [-1, 0]), normal([2, 3])]],
  broadcastTo: [[(x) => ag.broadcastTo(x, [4, 2, 3]), normal([2, 1])], [(x) => ag.broadcastTo(x, [2, 2]), normal([])]],
  slice: [[(x) => ag.slice(x, 1, 1, 3), normal([2, 4])], [(x) => ag.slice(x, 0, -2), normal([3, 2], 'permuted')],
    [(x) => ag.slice(x, -1, 0, -1), normal([2, 3])], [(x) => ag.slice(x, 0, -9), normal([3])],
    [(x) => ag.slice(x, 1, 1, undefined, 2), normal([2, 5])],
    [(x) => ag.slice(x, 0, -1, undefined, -1), normal([4, 2])],
    [(x) => ag.slice(x, -1, 9, 0, -3), normal([2, 6], 'permuted')], [(x) => ag.slice(x, 0, 3, 1, 2), normal([4])]],
  padSlice: [[(x) => ag.padSlice(x, [2, 5], 1, 2), normal([2, 2])],
    [(x) => ag.padSlice(x, [4, 2], -2, 1), normal([3, 2], 'permuted')],
    [(x) => ag.padSlice(x, [2, 6], 1, 1, 2), normal([2, 3])], [(x) => ag.padSlice(x, [6, 2], 0, 5, -2), normal([3, 2])],
    [(x) => ag.padSlice(x, [4, 1], 0, 3, -3), normal([2, 1])], [(x) => ag.padSlice(x, [3], 0, 2, -1), normal([0])]],
};
