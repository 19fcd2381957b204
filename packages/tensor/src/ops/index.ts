export * from './create.js';
export * from './create-random.js';
export * from './views.js';
export { concat, flip, pad, roll, split, stack, tile } from './arrange.js';
export type { PadMode, PadOptions, PadWidths } from './arrange-rules.js';
export { gather, indexSelect, indexSelectGrad, scatterAdd } from './index-select.js';
export type { Indices } from './indices.js';
export {
  abs, add, binary, ceil, cos, div, equal, erf, exp, expm1, floor, greater, greaterEqual, isFinite, isNaN, less,
  lessEqual, log, log1p, logicalAnd, logicalNot, logicalOr, maximum, minimum, mul, neg, notEqual, pow, reciprocal,
  relu, reluGrad, round, rsqrt, scalarLike, sigmoid, sigmoidGrad, sign, silu, siluGrad, sin, sqrt, square, sub, tanh,
  tanhGrad, unary, where,
} from './elementwise.js';
export {
  clamp, clampGrad, elu, eluGrad, gelu, geluGrad, hardsigmoid, hardsigmoidGrad, hardswish, hardswishGrad, leakyRelu,
  leakyReluGrad, relu6, relu6Grad, softplus, softplusGrad,
} from './activations.js';
export type { ClampOptions, GeluOptions, SoftplusOptions } from './activations.js';
export { argmax, argmin, logSumExp, max, mean, min, prod, sum, sumTo } from './reduce.js';
export type { ReduceOptions } from './reduce.js';
export { matmul } from './matmul.js';
export { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv.js';
export { convTranspose2d } from './conv-transpose.js';
export type { ConvTranspose2dOptions } from './conv-transpose.js';
export { diagonal, padDiagonal } from './diagonal.js';
export { einsum } from './einsum.js';
export { convGeometry } from './geometry.js';
export type { Conv2dOptions, Padding, WindowOptions } from './geometry.js';
export { averagePool2d, averagePool2dGrad, globalAveragePool } from './pool.js';
export type { AveragePoolOptions, PoolOptions } from './pool.js';
export {
  adaptiveMaxPool2d, adaptiveMaxPool2dWithIndices, gatherPixels, maxPool2d, maxPool2dWithIndices, scatterPixels,
} from './max-pool.js';
export type { MaxPoolOptions, PooledMax } from './max-pool.js';
export { adaptiveAveragePool2d, resample, resize } from './resize.js';
export type { ResizeMode, ResizeOptions } from './resampling.js';
export type { Resampling, ResamplingRow } from '../kernels/resize.js';
export { batchNorm, batchNormGrad, batchNormSilu, batchNormSiluGrad, moments } from './norm.js';
export type { BatchNormGradients } from './norm.js';
export { groupNorm, layerNorm } from './group-norm.js';
export type { GroupNormOptions } from './group-norm.js';
export { logSoftmax, softmax } from './softmax.js';
export { cumsum } from './scan.js';
export type { CumsumOptions } from './scan.js';
export { argsort, sort, topK } from './order.js';
export type { Ordered, SortOptions, TopKOptions } from './order.js';
export * from './logic.js';
export { norm, std, variance } from './statistics.js';
export type { NormOptions, VarianceOptions } from './statistics.js';
export * from './update.js';
