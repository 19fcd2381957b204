/**
 * How an operation on variables runs: the tensor operation computes the value, `record` leaves a node.
 *
 * This file, the operations and the tables of vjps use each other: a gradient is made of operations, and every
 * operation has a gradient. Operands may be plain tensors, or numbers where two are combined: those are constants.
 */
import * as t from '@vitrine/tensor';
import { checkTensor, putAlong, takeAlong } from '@vitrine/tensor/internal';
import { variadic } from './args.js';
import type { Args } from './args.js';
import type { Row } from './node.js';
import { record } from './record.js';
import { Variable } from './variable.js';
import { vjps } from './vjps/index.js';

export type Input = Variable | t.Tensor;
export type Operand = Input | number;

/** Arguments with tensors in the place of variables. */
type Values<A extends readonly unknown[]> = { [I in keyof A]: A[I] extends Variable ? t.Tensor : A[I] };

/** The value of each operation. */
const forward: { readonly [K in keyof Args]: (...args: Values<Args[K]>) => t.Tensor } = {
  // elementwise
  neg: t.neg, abs: t.abs, square: t.square, sqrt: t.sqrt, rsqrt: t.rsqrt, reciprocal: t.reciprocal,
  exp: t.exp, log: t.log, sigmoid: t.sigmoid, tanh: t.tanh, relu: t.relu, silu: t.silu,
  add: t.add, sub: t.sub, mul: t.mul, div: t.div, pow: t.pow, maximum: t.maximum, minimum: t.minimum,
  siluGrad: t.siluGrad, sigmoidGrad: t.sigmoidGrad, tanhGrad: t.tanhGrad, reluGrad: t.reluGrad,
  sin: t.sin, cos: t.cos, log1p: t.log1p, expm1: t.expm1, erf: t.erf,
  sign: t.sign, floor: t.floor, ceil: t.ceil, round: t.round,
  where: (a, b, condition) => t.where(condition, a, b),
  // activations
  relu6: t.relu6, hardsigmoid: t.hardsigmoid, hardswish: t.hardswish, gelu: t.gelu,
  relu6Grad: t.relu6Grad, hardsigmoidGrad: t.hardsigmoidGrad, hardswishGrad: t.hardswishGrad, geluGrad: t.geluGrad,
  clamp: t.clamp, leakyRelu: t.leakyRelu, elu: t.elu, softplus: t.softplus,
  clampGrad: t.clampGrad, leakyReluGrad: t.leakyReluGrad, eluGrad: t.eluGrad, softplusGrad: t.softplusGrad,
  // reduce
  sum: t.sum, max: t.max, min: t.min, softmax: t.softmax, logSoftmax: t.logSoftmax,
  logSumExp: t.logSumExp, norm: t.norm,
  // order
  cumsum: t.cumsum, takeAlong, putAlong,
  // views
  reshape: t.reshape, permute: t.permute, broadcastTo: t.broadcastTo, slice: t.slice, padSlice: t.padSlice,
  // arrange
  concat: (...args) => t.concat(...variadic(args)),
  indexSelect: t.indexSelect, indexSelectGrad: t.indexSelectGrad,
  // linear
  matmul: t.matmul, conv2d: t.conv2d, conv2dInputGrad: t.conv2dInputGrad, conv2dWeightGrad: t.conv2dWeightGrad,
  averagePool2d: t.averagePool2d, averagePool2dGrad: t.averagePool2dGrad,
  // diagonal
  diagonal: t.diagonal, padDiagonal: t.padDiagonal,
  // max pooling
  maxPool2d: t.maxPool2d, adaptiveMaxPool2d: t.adaptiveMaxPool2d,
  gatherPixels: t.gatherPixels, scatterPixels: t.scatterPixels,
  // resize
  resample: t.resample,
  // group norm
  groupNorm: (x, gamma, beta, groups, eps) => t.groupNorm(x, groups, { gamma, beta, eps }),
  // norm
  batchNormTrain: t.batchNorm, batchNormSiluTrain: t.batchNormSilu, batchNormEval: t.batchNorm,
};

export function apply<K extends keyof Args>(op: K, ...args: Args[K]): Variable {
  const values = args.map((arg) => (arg instanceof Variable ? arg.value : arg)) as Values<Args[K]>;
  return record(op, vjps[op] as Row<Args[K]>, args, forward[op](...values));
}

/** A plain tensor as a constant variable; a variable as it is. */
export function variable(op: string, x: Input): Variable {
  if (x instanceof Variable) return x;
  checkTensor(op, 'x', x);
  return new Variable(x);
}

export function pair(op: string, a: Operand, b: Operand): [Variable, Variable] {
  if (typeof a === 'number') {
    if (typeof b === 'number') {
      throw new TypeError(`${op}: at least one operand is a variable or tensor; got ${a} and ${b}`);
    }
    const right = variable(op, b);
    return [new Variable(t.scalarLike(a, right.value)), right];
  }
  const left = variable(op, a);
  return [left, typeof b === 'number' ? new Variable(t.scalarLike(b, left.value)) : variable(op, b)];
}
