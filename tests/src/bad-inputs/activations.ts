/** Activations with constants, and the choice between two operands. */
import * as ag from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { double, noTensor, sent, z } from './row.js';
import type { Row } from './row.js';

/** A gradient as a function of its two operands. */
const grads = {
  clampGrad: (g: t.Tensor, x: t.Tensor) => t.clampGrad(g, x, { min: 0 }),
  leakyReluGrad: (g: t.Tensor, x: t.Tensor) => t.leakyReluGrad(g, x),
  eluGrad: (g: t.Tensor, x: t.Tensor) => t.eluGrad(g, x),
  softplusGrad: (g: t.Tensor, x: t.Tensor) => t.softplusGrad(g, x),
};

export const activations: readonly Row[] = [
  ...Object.entries(grads).flatMap(([op, run]): Row[] => [
    [op, () => run(z(3), z(2, 3)), `${op}: g has the shape of x; got [3] and [2,3]`],
    [op, () => run(double(2), z(2)), `${op}: operands are float64 and float32; convert one with toDType`],
    [op, () => run(noTensor, z(2)), `${op}: g should be a Tensor; got a Object`],
    [op, () => run(z(2), noTensor), `${op}: x should be a Tensor; got a Object`],
  ]),
  ['clamp', () => t.clamp(noTensor, { min: 0 }), 'clamp: x should be a Tensor; got a Object'],
  ['clamp', () => t.clamp(z(2), {}), 'clamp: give min, max or both'],
  ['clampGrad', () => t.clampGrad(z(2), z(2), {}), 'clampGrad: give min, max or both'],
  ['clamp', () => t.clamp(z(2), { max: NaN }), 'clamp: max is a number; got NaN'],
  ['clamp', () => t.clamp(z(2), { min: sent('"0"') }), 'clamp: min is a number; got 0'],
  ['leakyRelu', () => t.leakyRelu(z(2), NaN), 'leakyRelu: slope is a number; got NaN'],
  ['elu', () => t.elu(z(2), NaN), 'elu: alpha is a number; got NaN'],
  ['eluGrad', () => t.eluGrad(z(2), z(2), NaN), 'eluGrad: alpha is a number; got NaN'],
  ['softplus', () => t.softplus(z(2), { beta: 0 }), 'softplus: beta is finite and not 0; got 0'],
  ['softplus', () => t.softplus(z(2), { beta: -Infinity }), 'softplus: beta is finite and not 0; got -Infinity'],
  ['softplus', () => t.softplus(z(2), { threshold: NaN }), 'softplus: threshold is a number; got NaN'],
  ['gelu', () => t.gelu(z(2), { approximate: sent('"fast"') }), "gelu: approximate is 'none' or 'tanh'; got fast"],
  ['geluGrad', () => t.geluGrad(z(2), z(2), { approximate: sent('"fast"') }),
    "geluGrad: approximate is 'none' or 'tanh'; got fast"],
  ['where', () => t.where(noTensor, z(2), z(2)), 'where: condition should be a Tensor; got a Object'],
  ['where', () => t.where(z(2), noTensor, 1), 'where: a should be a Tensor; got a Object'],
  ['where', () => t.where(z(2), 1, sent('null')), 'where: b should be a Tensor; got null'],
  ['where', () => t.where(z(2), z(2), double(2)), 'where: operands are float32 and float64; convert one with toDType'],
  ['where', () => t.where(z(2), z(2, 3), z(3)),
    'where: shapes [2] and [2,3] do not broadcast: axis -1 has lengths 2 and 3'],
  ['where of variables', () => ag.where(noTensor, z(2), 1), 'where: condition should be a Tensor; got a Object'],
  ['where of variables', () => ag.where(z(2), 1, noTensor), 'where: x should be a Tensor; got a Object'],
];
