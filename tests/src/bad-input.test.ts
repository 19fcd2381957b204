import {
  Variable, conv2d as conv2dOfVariables, matmul as matmulOfVariables, mul as mulOfVariables,
} from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import * as ops from '../../packages/tensor/dist/ops/index.js';

const z = (...shape: number[]): Tensor => t.zeros(shape);
const double = (...shape: number[]): Tensor => t.zeros(shape, 'float64');
/** What TypeScript would not let through, as plain JavaScript sends it. */
const sent = (json: string): never => JSON.parse(json) as never;

type Row = readonly [op: string, call: () => unknown, message: string];

const create: readonly Row[] = [
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

const views: readonly Row[] = [
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
  ['padSlice', () => t.padSlice(z(2, 3), [4, 3], 0, 3), 'padSlice: [2,3] does not lie in [4,3] from 3 along axis 0'],
  ['padSlice', () => t.padSlice(z(2, 3), [4, 4], 0, 0), 'padSlice: [2,3] does not lie in [4,4] from 0 along axis 0'],
  ['unsqueeze', () => t.unsqueeze(z(2, 3), 3), 'unsqueeze: axis 3 is out of range'],
  ['squeeze', () => t.squeeze(z(2, 3), 1), 'squeeze: axis 1 of [2,3] has length 3; only an axis of length 1 can go'],
  ['squeeze', () => t.squeeze(z(), 0), 'squeeze: axis 0 is out of range; a scalar has no axes'],
];

const binaryNames = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'equal', 'greater', 'siluGrad',
  'sigmoidGrad', 'tanhGrad', 'reluGrad'] as const;
const binary: readonly Row[] = binaryNames.flatMap((op): Row[] => [
  [op, () => t[op](z(2, 3), z(2)), `${op}: shapes [2,3] and [2] do not broadcast: axis -1 has lengths 3 and 2`],
  [op, () => t[op](z(2), double(2)), `${op}: operands are float32 and float64; convert one with toDType`],
  [op, () => t[op](z(2), sent('null')), `${op}: b should be a Tensor; got null`],
  [op, () => t[op](sent('"2"'), z(2)), `${op}: a should be a Tensor; got string 2`],
]);

const reduce: readonly Row[] = [
  ...(['sum', 'mean', 'max', 'min'] as const).flatMap((op): Row[] => [
    [op, () => t[op](z(2, 3), { axes: 2 }), `${op}: axis 2 is out of range; axes of [2,3] are -2..1`],
    [op, () => t[op](z(2, 3), { axes: [0, -2] }), `${op}: axis 0 of [2,3] is named twice`],
  ]),
  ['max', () => t.max(z(0, 3), { axes: 0 }), 'max: [0,3] has no elements along axes [0]'],
  ['min', () => t.min(z(0)), 'min: [0] has no elements along axes [0]'],
  ['argmax', () => t.argmax(z(2, 3), -3), 'argmax: axis -3 is out of range'],
  ['argmax', () => t.argmax(z(2, 0), 1), 'argmax: [2,0] has no elements along axis 1'],
  ['sumTo', () => t.sumTo(z(2, 3), [2]), 'sumTo: [2,3] is no broadcast of [2]'],
  ['sumTo', () => t.sumTo(z(3), [2, 3]), 'sumTo: [3] is no broadcast of [2,3]'],
  ['softmax', () => t.softmax(z()), 'softmax: works along the last axis; got a scalar'],
  ['logSoftmax', () => t.logSoftmax(z()), 'logSoftmax: works along the last axis; got a scalar'],
];

const images: readonly Row[] = [
  ['matmul', () => t.matmul(z(2, 3), z(2, 3)), 'matmul: takes [M,K] and [K,N] with the same K; got [2,3] and [2,3]'],
  ['matmul', () => t.matmul(z(2, 3), z(3)), 'got [2,3] and [3]'],
  ['matmul', () => t.matmul(z(2, 3), double(3, 2)), 'matmul: operands are float32 and float64'],
  ['conv2d', () => t.conv2d(z(8, 32, 32, 3), z(3, 3, 4, 16)),
    'conv2d: input has 3 channels, weight wants 4×1 groups = 4; input [8,32,32,3] NHWC, weight [3,3,4,16] kH,kW,C,O'],
  ['conv2d', () => t.conv2d(z(5, 5, 3), z(3, 3, 3, 4)), 'conv2d: input is [N,H,W,C]; got [5,5,3]'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(3, 3, 3)), 'conv2d: weight is [kH,kW,C/groups,O]; got [3,3,3]'],
  ['conv2d', () => t.conv2d(z(1, 2, 9, 3), z(3, 3, 3, 4)),
    'conv2d: a 3x3 window does not fit the padded input 2x9; input [1,2,9,3] NHWC'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(3, 3, 3, 4), { stride: 0 }),
    'conv2d: stride is a whole number >= 1, or two of them; got 0'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(3, 3, 3, 4), { stride: [1, 1.5] }), 'got [1,1.5]'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(3, 3, 3, 4), { padding: -1 }),
    "conv2d: padding is 'same', 'valid', or whole numbers >= 0; got -1"],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(3, 3, 3, 4), { padding: sent('"full"') }), 'conv2d: padding is'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 4), z(3, 3, 2, 3), { groups: 2 }),
    'conv2d: 3 output channels do not divide into 2 groups; weight [3,3,2,3] kH,kW,C,O'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 4), z(3, 3, 2, 4), { groups: 0 }),
    'conv2d: groups is a whole number >= 1; got 0'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), z(0, 3, 3, 4)),
    'conv2d: the kernel has no pixels; weight [0,3,3,4] kH,kW,C,O'],
  ['conv2d', () => t.conv2d(z(1, 5, 5, 3), double(3, 3, 3, 4)), 'conv2d: operands are float32 and float64'],
  ['conv2dInputGrad', () => t.conv2dInputGrad(z(1, 5, 5, 4), z(3, 3, 3, 4), [1, 5, 5, 3]),
    'conv2dInputGrad: the cotangent has the shape of the output, [1,3,3,4]; got [1,5,5,4]'],
  ['conv2dInputGrad', () => t.conv2dInputGrad(z(1, 3, 3, 4), double(3, 3, 3, 4), [1, 5, 5, 3]),
    'conv2dInputGrad: operands are float32 and float64'],
  ['conv2dWeightGrad', () => t.conv2dWeightGrad(z(1, 5, 5, 3), z(1, 3, 3, 5), [3, 3, 3, 4]),
    'conv2dWeightGrad: the cotangent has the shape of the output, [1,3,3,4]; got [1,3,3,5]'],
  ['conv2dWeightGrad', () => t.conv2dWeightGrad(z(1, 5, 5, 2), z(1, 3, 3, 4), [3, 3, 3, 4]),
    'conv2dWeightGrad: input has 2 channels, weight wants 3×1'],
  ['convGeometry', () => t.convGeometry('mine', [1], [2], {}), 'mine: weight is [kH,kW,C/groups,O]; got [2]'],
  ['averagePool2d', () => t.averagePool2d(z(1, 5, 5, 3), { kernel: 0 }),
    'averagePool2d: the window is a whole number >= 1, or two of them; got 0'],
  ['averagePool2d', () => t.averagePool2d(z(1, 5, 5, 3), { kernel: 6 }),
    'averagePool2d: a 6x6 window does not fit the padded input 5x5'],
  ['averagePool2d', () => t.averagePool2d(z(5, 5), { kernel: 2 }), 'averagePool2d: input is [N,H,W,C]; got [5,5]'],
  ['averagePool2dGrad', () => t.averagePool2dGrad(z(1, 5, 5, 3), [1, 4, 4, 3], { kernel: 2 }),
    'averagePool2dGrad: the cotangent has the shape of the output, [1,2,2,3]; got [1,5,5,3]'],
  ['globalAveragePool', () => t.globalAveragePool(z(2, 3)), 'globalAveragePool: input is [N,H,W,C]; got [2,3]'],
];

const normAndUpdate: readonly Row[] = [
  ['moments', () => t.moments(z(0, 3)), 'moments: [0,3] has no rows to average over'],
  ['moments', () => t.moments(z()), 'moments: x has at least the channel axis; got a scalar'],
  ['batchNorm', () => t.batchNorm(z(2, 3), z(3), z(2), z(3), z(3), 1e-3),
    'batchNorm: beta has one value for each of the 3 channels of [2,3]; got [2]'],
  ['batchNorm', () => t.batchNorm(z(2, 3), z(3), z(3), z(3), double(3), 1e-3),
    'batchNorm: operands are float32 and float64'],
  ['batchNormGrad', () => t.batchNormGrad(z(2, 2), z(2, 3), z(3), z(3), z(3), 1e-3),
    'batchNormGrad: the cotangent has the shape of x, [2,3]; got [2,2]'],
  ['batchNormGrad', () => t.batchNormGrad(z(2, 3), z(2, 3), z(1, 3), z(3), z(3), 1e-3),
    'batchNormGrad: gamma has one value for each of the 3 channels'],
  ['batchNormSilu', () => t.batchNormSilu(z(2, 3), z(3), z(3), z(2), z(3), 1e-3),
    'batchNormSilu: mean has one value for each of the 3 channels of [2,3]; got [2]'],
  ['batchNormSiluGrad', () => t.batchNormSiluGrad(z(3, 3), z(2, 3), z(3), z(3), z(3), z(3), 1e-3),
    'batchNormSiluGrad: the cotangent has the shape of x, [2,3]; got [3,3]'],
  ['batchNormSiluGrad', () => t.batchNormSiluGrad(z(2, 3), z(2, 3), z(3), z(4), z(3), z(3), 1e-3),
    'batchNormSiluGrad: beta has one value for each of the 3 channels'],
  ['copyInto', () => t.copyInto(z(2), z(3)), 'copyInto: source has the shape of the target, [2]; got [3]'],
  ['copyInto', () => t.copyInto(t.mT(z(2, 3)), z(3, 2)),
    'copyInto: the target of an update in place is contiguous; got strides [1,3]'],
  ['addInto', () => t.addInto(z(2), double(2)), 'addInto: operands are float32 and float64'],
  ['lerpInto', () => t.lerpInto(z(2), z(1), 0.5), 'lerpInto: source has the shape of the target, [2]; got [1]'],
  ['sgdInto', () => t.sgdInto(z(2), z(2), z(3), { lr: 1, momentum: 0, weightDecay: 0 }),
    'sgdInto: velocity has the shape of the target, [2]; got [3]'],
  ['adamwInto', () => t.adamwInto(z(2), z(3), z(2), z(2),
    { lr: 1, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1 }),
    'adamwInto: gradient has the shape of the target, [2]; got [3]'],
  ['rmspropInto', () => t.rmspropInto(z(2), z(2), z(2), z(3), { lr: 1, decay: 0, momentum: 0, eps: 1, weightDecay: 0 }),
    'rmspropInto: buffer has the shape of the target, [2]; got [3]'],
];

/** What is no tensor, in the first place of every operation that takes one. */
const noTensor = sent('{"shape":[2]}');
const firstOperand: readonly Row[] = ([
  'contiguous', 'clone', 'neg', 'abs', 'square', 'sqrt', 'rsqrt', 'reciprocal', 'exp', 'log', 'sigmoid', 'tanh', 'relu',
    'silu', 'sign', 'mT', 'sum', 'mean', 'max', 'min', 'softmax',
  'logSoftmax', 'globalAveragePool', 'moments',
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
];

const variables: readonly Row[] = [
  ['mul of variables', () => mulOfVariables(1, 2), 'mul: at least one operand is a variable or tensor; got 1 and 2'],
  ['mul of variables', () => mulOfVariables(new Variable(z(2)), new Variable(z(3))),
    'mul: shapes [2] and [3] do not broadcast'],
  ['matmul of variables', () => matmulOfVariables(new Variable(z(2, 3)), sent('null')),
    'matmul: x should be a Tensor; got null'],
  ['conv2d of variables', () => conv2dOfVariables(new Variable(z(2, 3)), z(1, 1, 1, 1)),
    'conv2d: input is [N,H,W,C]; got [2,3]'],
  ['Variable', () => new Variable(sent('[1,2]')), 'Variable: value should be a Tensor; got a Array'],
];

const table: readonly Row[] = [...create, ...views, ...binary, ...reduce, ...images, ...normAndUpdate, ...firstOperand,
  ...others, ...variables];

describe('bad input', () => {
  for (const [op, call, message] of table) it(`${op}: ${message}`, () => expect(call).to.throw(message));

  it('covers every operation that takes anything', () => {
    const covered = new Set(table.map(([op]) => op));
    /** Checked by `full`, the operation they are, or by the type of their one argument. */
    const elsewhere = new Set(['zeros', 'ones', 'zerosLike', 'onesLike', 'scalarLike', 'meta', 'unary', 'binary']);
    expect(Object.keys(ops).filter((name) => !covered.has(name) && !elsewhere.has(name))).to.deep.equal([]);
  });
});
