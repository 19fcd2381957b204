/** What is no tensor, in the place of one. */
import * as t from '@vitrine/tensor';
import { noTensor, z } from './row.js';
import type { Row } from './row.js';

/** In the first place of operations that take x. */
const firstOperand: readonly Row[] = ([
  'contiguous', 'clone', 'neg', 'abs', 'square', 'sqrt', 'rsqrt', 'reciprocal', 'exp', 'log', 'sigmoid', 'tanh', 'relu',
    'silu', 'sign', 'mT', 'sum', 'mean', 'max', 'min', 'softmax',
  'logSoftmax', 'globalAveragePool', 'moments',
  'sin', 'cos', 'log1p', 'expm1', 'erf', 'floor', 'ceil', 'round', 'isFinite', 'isNaN', 'logicalNot',
  'relu6', 'hardsigmoid', 'hardswish', 'gelu', 'leakyRelu', 'elu', 'softplus',
  'prod', 'logSumExp', 'norm', 'variance', 'std', 'any', 'all',
] as const).map((op) => [op, () => t[op](noTensor), `${op}: x should be a Tensor; got a Object`]);

const others: readonly Row[] = [
  ['reshape', () => t.reshape(noTensor, [2]), 'reshape: x should be a Tensor'],
    ['permute', () => t.permute(noTensor, [0]), 'permute: x should be a Tensor'],
  ['broadcastTo', () => t.broadcastTo(noTensor, [2]), 'broadcastTo: x should be a Tensor'],
    ['slice', () => t.slice(noTensor, 0, 1), 'slice: x should be a Tensor'],
  ['padSlice', () => t.padSlice(noTensor, [2], 0, 0), 'padSlice: x should be a Tensor'],
    ['unsqueeze', () => t.unsqueeze(noTensor, 0), 'unsqueeze: x should be a Tensor'],
  ['squeeze', () => t.squeeze(noTensor, 0), 'squeeze: x should be a Tensor'],
    ['argmax', () => t.argmax(noTensor, 0), 'argmax: x should be a Tensor'],
  ['sumTo', () => t.sumTo(noTensor, []), 'sumTo: x should be a Tensor'],
    ['oneHot', () => t.oneHot(noTensor, 2), 'oneHot: labels should be a Tensor'],
  ['toDType', () => t.toDType(noTensor, 'float64'), 'toDType: source should be a Tensor'],
    ['conv2d', () => t.conv2d(z(1, 1, 1, 1), noTensor), 'conv2d: w should be a Tensor'],
  ['averagePool2d', () => t.averagePool2d(noTensor, { kernel: 2 }), 'averagePool2d: x should be a Tensor'],
  ['matmul', () => t.matmul(z(1, 1), noTensor), 'matmul: b should be a Tensor'],
    ['copyInto', () => t.copyInto(noTensor, z(1)), 'copyInto: target should be a Tensor'],
  ['addInto', () => t.addInto(z(1), noTensor), 'addInto: source should be a Tensor'],
  ['scaleInto', () => t.scaleInto(noTensor, 1), 'scaleInto: target should be a Tensor'],
  ['clampInto', () => t.clampInto(noTensor, 0, 1), 'clampInto: target should be a Tensor'],
];

export const noTensorRows: readonly Row[] = [...firstOperand, ...others];
