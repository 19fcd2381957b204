/** Derivatives of products, convolutions and means over windows. */
import * as ag from '@vitrine/autograd';
import type { LinearArgs } from '@vitrine/autograd';
import { normal } from '../samples/sample.js';
import type { Cases } from './case.js';

const conv = { padding: 1, stride: 2 } as const;
const depthwise = { padding: 'same', groups: 3 } as const;
const grouped = { groups: 2 } as const;
const dilated = { padding: 'same', dilation: 2, stride: [1, 2] } as const;
const dilatedDepthwise = { padding: 2, dilation: [2, 1], stride: 3, groups: 3 } as const;
const pool = { kernel: 3, stride: 2, padding: 1 } as const;

export const linear: Cases<LinearArgs> = {
  matmul: [[ag.matmul, normal([3, 4]), normal([4, 2])],
    [ag.matmul, normal([3, 4], 'permuted'), normal([4, 2], 'sliced')], [(x) => ag.matmul(x, ag.mT(x)), normal([3, 2])],
    [ag.matmul, normal([4]), normal([4])], [ag.matmul, normal([4]), normal([4, 3])],
    [ag.matmul, normal([3, 4]), normal([4])], [ag.matmul, normal([2, 3, 4]), normal([2, 4, 2])],
    [ag.matmul, normal([2, 3, 4]), normal([4, 2])], [ag.matmul, normal([3, 4]), normal([2, 4, 2])],
    [ag.matmul, normal([3, 1, 2, 4]), normal([2, 4, 3], 'permuted')],
    [ag.matmul, normal([1, 2, 3]), normal([3, 3, 2])], [ag.matmul, normal([4]), normal([2, 4, 3])],
    [ag.matmul, normal([2, 3, 4], 'sliced'), normal([4], 'strided')],
    [(x) => ag.matmul(ag.mT(x), x), normal([2, 3, 2])]],
  conv2d: [
    [(x, w) => ag.conv2d(x, w, conv), normal([2, 4, 5, 2]), normal([3, 3, 2, 3])],
      [(x, w) => ag.conv2d(x, w, depthwise), normal([1, 4, 3, 3], 'sliced'), normal([3, 2, 1, 3], 'permuted')],
    [(x, w) => ag.conv2d(x, w, grouped), normal([1, 3, 3, 4]), normal([2, 2, 2, 6])],
      [(x, w) => ag.conv2d(x, w), normal([2, 3, 2, 3]), normal([1, 1, 3, 4])],
    [(x, w) => ag.conv2d(x, w, dilated), normal([2, 5, 4, 2]), normal([3, 3, 2, 3])],
    [(x, w) => ag.conv2d(x, w, dilatedDepthwise), normal([1, 6, 5, 3]), normal([3, 3, 1, 3])],
  ],
  conv2dInputGrad: [
    [(g, w) => ag.conv2dInputGrad(g, w, [2, 4, 5, 2], conv), normal([2, 2, 3, 3]), normal([3, 3, 2, 3])],
    [(g, w) => ag.conv2dInputGrad(g, w, [1, 4, 3, 3], depthwise), normal([1, 4, 3, 3]), normal([3, 2, 1, 3])],
    [(g, w) => ag.conv2dInputGrad(g, w, [2, 5, 4, 2], dilated), normal([2, 5, 2, 3]), normal([3, 3, 2, 3])],
    [(g, w) => ag.conv2dInputGrad(g, w, [1, 6, 5, 3], dilatedDepthwise), normal([1, 2, 3, 3]), normal([3, 3, 1, 3])],
  ],
  conv2dWeightGrad: [
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 3, 2, 3], conv), normal([2, 4, 5, 2]), normal([2, 2, 3, 3])],
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 2, 1, 3], depthwise), normal([1, 4, 3, 3]), normal([1, 4, 3, 3])],
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 3, 2, 3], dilated), normal([2, 5, 4, 2]), normal([2, 5, 2, 3])],
    [(x, g) => ag.conv2dWeightGrad(x, g, [3, 3, 1, 3], dilatedDepthwise), normal([1, 6, 5, 3]), normal([1, 2, 3, 3])],
  ],
  averagePool2d: [[(x) => ag.averagePool2d(x, pool), normal([2, 4, 5, 2])],
    [(x) => ag.averagePool2d(x, { kernel: 2 }), normal([1, 4, 5, 3], 'permuted')],
    [(x) => ag.averagePool2d(x, { ...pool, countIncludePad: true, ceilMode: true }), normal([1, 4, 4, 2])]],
  averagePool2dGrad: [[(g) => ag.averagePool2dGrad(g, [2, 4, 5, 2], pool), normal([2, 2, 3, 2])]],
};
