/** Normalisation within a sample. */
import { Variable, groupNorm as groupNormOfVariables, layerNorm as layerNormOfVariables } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { double, noTensor, sent, z } from './row.js';
import type { Row } from './row.js';

export const groupNorm: readonly Row[] = [
  ['groupNorm', () => t.groupNorm(noTensor, 1), 'groupNorm: x should be a Tensor'],
  ['groupNorm', () => t.groupNorm(z(4), 2), 'groupNorm: x is [N,…,C]; got [4]'],
  ['groupNorm', () => t.groupNorm(z(2, 3, 4), 3),
    'groupNorm: groups is a whole number >= 1 that divides the channels; got 3 and 4 channels of [2,3,4]'],
  ['groupNorm', () => t.groupNorm(z(2, 4), 0),
    'groupNorm: groups is a whole number >= 1 that divides the channels; got 0'],
  ['groupNorm', () => t.groupNorm(z(2, 4), 2, { gamma: z(2) }),
    'groupNorm: gamma has the shape [4] for x [2,4]; got [2]'],
  ['groupNorm', () => t.groupNorm(z(2, 4), 2, { beta: double(4) }), 'groupNorm: operands are float32 and float64'],
  ['layerNorm', () => t.layerNorm(noTensor, [1]), 'layerNorm: x should be a Tensor'],
  ['layerNorm', () => t.layerNorm(z(2, 3), [2]),
    'layerNorm: normalises over the last axes, given as their lengths, such as [C]; got [2] for x [2,3]'],
  ['layerNorm', () => t.layerNorm(z(2, 3), []),
    'layerNorm: normalises over the last axes, given as their lengths, such as [C]; got []'],
  ['layerNorm', () => t.layerNorm(z(3), [2, 3]), 'got [2,3] for x [3]'],
  ['layerNorm', () => t.layerNorm(z(2, 3), sent('3')), 'got 3 for x [2,3]'],
  ['layerNorm', () => t.layerNorm(z(2, 3), [3], { beta: z(1) }),
    'layerNorm: beta has the shape [3] for x [2,3]; got [1]'],
  ['groupNorm of variables', () => groupNormOfVariables(new Variable(z(2, 4)), 2, { gamma: z(3) }),
    'groupNorm: gamma has the shape [4]'],
  ['layerNorm of variables', () => layerNormOfVariables(new Variable(z(2, 2, 3)), [2, 3], { gamma: z(3, 2) }),
    'layerNorm: gamma has the shape [2,3] for x [2,2,3]; got [3,2]'],
];
