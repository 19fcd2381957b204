/** Operations on variables. */
import {
  Variable, conv2d as conv2dOfVariables, matmul as matmulOfVariables, mul as mulOfVariables,
} from '@vitrine/autograd';
import { sent, z } from './row.js';
import type { Row } from './row.js';

export const variables: readonly Row[] = [
  ['mul of variables', () => mulOfVariables(1, 2), 'mul: at least one operand is a variable or tensor; got 1 and 2'],
  ['mul of variables', () => mulOfVariables(new Variable(z(2)), new Variable(z(3))),
    'mul: shapes [2] and [3] do not broadcast'],
  ['matmul of variables', () => matmulOfVariables(new Variable(z(2, 3)), sent('null')),
    'matmul: x should be a Tensor; got null'],
  ['conv2d of variables', () => conv2dOfVariables(new Variable(z(2, 3)), z(1, 1, 1, 1)),
    'conv2d: input is [N,H,W,C]; got [2,3]'],
  ['Variable', () => new Variable(sent('[1,2]')), 'Variable: value should be a Tensor; got a Array'],
];
