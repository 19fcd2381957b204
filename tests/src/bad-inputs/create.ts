/** New tensors. */
import * as t from '@vitrine/tensor';
import { sent, z } from './row.js';
import type { Row } from './row.js';

export const create: readonly Row[] = [
  ['full', () => t.full([2, -1], 0), 'full: axis lengths are whole numbers >= 0; got -1 in [2,-1]'],
  ['full', () => t.zeros([1.5]), 'full: axis lengths are whole numbers >= 0; got 1.5'],
  ['full', () => t.ones(sent('3')), 'full: a shape is an array of axis lengths such as [2,3]; got 3'],
  ['fromArray', () => t.fromArray([1, 2, 3], [2, 2]), 'fromArray: shape [2,2] takes 4 values; got 3'],
  ['tensor', () => t.tensor([[1, 2], [3]]), 'tensor: every row of axis 1 should have 2 entries; got 1'],
  ['tensor', () => t.tensor([[1, 2], 3]), 'tensor: every row of axis 1 should have 2 entries; got 3'],
  ['tensor', () => t.tensor(sent('[1, "a"]')), 'tensor: expected a number at depth 1 of [2]; got string'],
  ['tensor', () => t.tensor([1, [2]]), 'tensor: expected a number at depth 1 of [2]; got an array'],
  ['arange', () => t.arange(0, 5, 0), 'arange: start, end and step are finite and step is not 0; got 0, 5, 0'],
  ['arange', () => t.arange(0, Infinity), 'got 0, Infinity, 1'],
  ['rand', () => t.rand([-2], new t.Random()), 'rand: axis lengths are whole numbers >= 0; got -2'],
  ['randn', () => t.randn([-2], new t.Random()), 'randn: axis lengths are whole numbers >= 0; got -2'],
  ['bernoulli', () => t.bernoulli([2], NaN, new t.Random()), 'bernoulli: probability is from 0 to 1; got NaN'],
  ['oneHot', () => t.oneHot(z(2, 2), 3), 'oneHot: labels have one axis [N]; got [2,2]'],
  ['oneHot', () => t.oneHot(z(2), 0), 'oneHot: classes is a whole number >= 1; got 0'],
  ['oneHot', () => t.oneHot(t.tensor([0, 3]), 3), 'oneHot: label 3 at index 1 is not one of the 3 classes 0..2'],
  ['oneHot', () => t.oneHot(t.tensor([0.5]), 3), 'oneHot: label 0.5 at index 0'],
];
