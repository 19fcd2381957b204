/** Two operands. */
import * as t from '@vitrine/tensor';
import { double, sent, z } from './row.js';
import type { Row } from './row.js';

const binaryNames = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'equal', 'greater', 'siluGrad',
  'sigmoidGrad', 'tanhGrad', 'reluGrad', 'notEqual', 'greaterEqual', 'less', 'lessEqual', 'logicalAnd', 'logicalOr',
  'relu6Grad', 'hardsigmoidGrad', 'hardswishGrad', 'geluGrad'] as const;
export const binary: readonly Row[] = binaryNames.flatMap((op): Row[] => [
  [op, () => t[op](z(2, 3), z(2)), `${op}: shapes [2,3] and [2] do not broadcast: axis -1 has lengths 3 and 2`],
  [op, () => t[op](z(2), double(2)), `${op}: operands are float32 and float64; convert one with toDType`],
  [op, () => t[op](z(2), sent('null')), `${op}: b should be a Tensor; got null`],
  [op, () => t[op](sent('"2"'), z(2)), `${op}: a should be a Tensor; got string 2`],
]);
