/** Derivatives of moving elements, and of what is made of it. */
import * as ag from '@vitrine/autograd';
import type { ArrangeArgs } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { normal } from '../samples/sample.js';
import type { Case, Cases } from './case.js';

const index = (): t.Tensor => t.tensor([[2, 0, 2], [1, 1, 0]], 'float64');

export const arrange: Cases<ArrangeArgs> = {
  concat: [
    [(...xs) => ag.concat(xs, 0), normal([2, 3]), normal([1, 3], 'permuted'), normal([0, 3])],
    [(...xs) => ag.concat(xs, -1), normal([2, 1, 2], 'sliced'), normal([2, 1, 3])],
    [(x) => ag.concat([x], 0), normal([3])],
    [(x) => ag.concat([x, ag.square(x), x], 1), normal([2, 2])],
    [(x) => ag.concat([x, t.ones([2, 1], 'float64')], 1), normal([2, 2])],
  ],
  indexSelect: [
    [(x) => ag.indexSelect(x, 0, [2, 0, 2, 2]), normal([3, 2])],
    [(x) => ag.indexSelect(x, -1, [1]), normal([2, 3, 2], 'permuted')],
    [(x) => ag.indexSelect(x, 1, t.tensor([0, 2], 'float64')), normal([2, 3, 2])],
  ],
  indexSelectGrad: [
    [(g) => ag.indexSelectGrad(g, [3, 2], 0, [2, 0, 2, 2]), normal([4, 2])],
    [(g) => ag.indexSelectGrad(g, [2, 3, 2], -1, [1]), normal([2, 3, 1], 'permuted')],
  ],
};

export const arrangeComposites: Readonly<Record<string, readonly Case[]>> = {
  stack: [[(...xs) => ag.stack(xs, 1), normal([2, 3]), normal([2, 3], 'permuted')],
    [(...xs) => ag.stack(xs, -1), normal([]), normal([])]],
  split: [[(x) => ag.mul(ag.split(x, [1, 3], 1)[1], 2), normal([2, 4])],
    [(x) => { const [a, b] = ag.split(x, 2); return ag.mul(a, b); }, normal([4, 2], 'sliced')]],
  pad: [[(x) => ag.pad(x, [[1, 2], [0, 1]], { value: 3 }), normal([2, 3])],
    [(x) => ag.pad(x, [[2, 1], [1, 0]], { mode: 'reflect' }), normal([3, 2], 'permuted')],
    [(x) => ag.pad(x, [[2, 1], [0, 3]], { mode: 'edge' }), normal([1, 2])]],
  flip: [[(x) => ag.flip(x, [0, 2]), normal([2, 3, 2])]],
  roll: [[(x) => ag.roll(x, [1, -2], [0, 1]), normal([3, 5], 'strided')]],
  tile: [[(x) => ag.tile(x, [2, 1, 3]), normal([2, 3])], [(x) => ag.tile(x, [2]), normal([])]],
  gather: [[(x) => ag.gather(x, 0, index()), normal([3, 4], 'permuted')],
    [(x) => ag.gather(x, -1, index()), normal([2, 3])]],
  scatterAdd: [[(x, source) => ag.scatterAdd(x, 1, index(), source), normal([2, 3]), normal([2, 3], 'permuted')],
    [(x, source) => ag.scatterAdd(x, 0, index(), source), normal([3, 4]), normal([2, 3])]],
  unsqueeze: [[(x) => ag.unsqueeze(x, -2), normal([2, 3], 'permuted')]],
  squeeze: [[(x) => ag.squeeze(x, 1), normal([2, 1, 3], 'sliced')]],
  flatten: [[(x) => ag.flatten(x, 1), normal([2, 3, 2], 'permuted')], [(x) => ag.flatten(x), normal([])]],
};
