/** Views. */
import * as t from '@vitrine/tensor';
import { z } from './row.js';
import type { Row } from './row.js';

export const views: readonly Row[] = [
  ['reshape', () => t.reshape(z(2, 3), [4]), 'reshape: [2,3] has 6 elements, which do not fit [4]'],
  ['reshape', () => t.reshape(z(2, 3), [-1, 4]), 'reshape: [2,3] has 6 elements, which do not fit [-1,4]'],
  ['reshape', () => t.reshape(z(2, 3), [-1, -1]), 'reshape'],
  ['reshape', () => t.reshape(z(2, 3), [-2, -3]), 'reshape: axis lengths are whole numbers >= 0; got -2'],
  ['permute', () => t.permute(z(2, 3), [0]), 'permute: axes of [2,3] must each be named once; got [0]'],
  ['permute', () => t.permute(z(2, 3), [0, -2]), 'permute: axes of [2,3] must each be named once; got [0,-2]'],
  ['permute', () => t.permute(z(2, 3), [0, 2]), 'permute: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['mT', () => t.mT(z(3)), 'mT: a matrix has at least two axes; got [3]'],
  ['broadcastTo', () => t.broadcastTo(z(2, 3), [2, 4]), 'broadcastTo: [2,3] does not broadcast to [2,4]'],
  ['broadcastTo', () => t.broadcastTo(z(2, 3), [3]), 'broadcastTo: [2,3] does not broadcast to [3]'],
  ['slice', () => t.slice(z(2, 3), 2, 0), 'slice: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['slice', () => t.slice(z(2, 3), 0, 0.5), 'slice: start and end are whole numbers; got 0.5'],
  ['slice', () => t.slice(z(2, 3), 0, NaN), 'slice: start and end are whole numbers; got NaN'],
  ['slice', () => t.slice(z(2, 3), 0, 0, 1.5), 'slice: start and end are whole numbers; got 0, 1.5'],
  ['slice', () => t.slice(z(2, 3), 0, 0, 2, 0), 'slice: step is a whole number other than 0; got 0'],
  ['slice', () => t.slice(z(2, 3), 0, 0, 2, 1.5), 'slice: step is a whole number other than 0; got 1.5'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 2, 2),
    'padSlice: [2,3] does not lie in [4,3] from 2 by 2 along axis 0'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 0, -1), 'padSlice: [2,3] does not lie in [4,3] from 0 by -1'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 0.5), 'padSlice: [2,3] does not lie in [4,3] from 0.5'],
  ['padSlice', () => t.padSlice(z(0, 3), [4, 3], 0, 5), 'padSlice: [0,3] does not lie in [4,3] from 5'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 0, 0), 'padSlice: step is a whole number other than 0; got 0'],
  ['padSlice', () => t.padSlice(z(), [4, 3], 0, 0), 'padSlice: [] does not lie in [4,3] from 0 along axis 0'],
  ['flatten', () => t.flatten(z(2, 3, 4), 2, 1), 'flatten: startAxis is not behind endAxis; got 2, 1 for [2,3,4]'],
  ['flatten', () => t.flatten(z(2, 3), 0, 2), 'flatten: axis 2 is out of range; axes of [2,3] are -2..1'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 3), 'padSlice: [2,3] does not lie in [4,3] from 3 along axis 0'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 4], 0, 0), 'padSlice: [2,3] does not lie in [4,4] from 0 along axis 0'],
  ['unsqueeze', () => t.unsqueeze(z(2, 3), 3), 'unsqueeze: axis 3 is out of range'],
  ['squeeze', () => t.squeeze(z(2, 3), 1), 'squeeze: axis 1 of [2,3] has length 3; only an axis of length 1 can go'],
  ['squeeze', () => t.squeeze(z(), 0), 'squeeze: axis 0 is out of range; a scalar has no axes'],
];
