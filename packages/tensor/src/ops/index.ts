export * from './create.js';
export * from './views.js';
export {
  abs, add, binary, div, equal, exp, greater, log, maximum, minimum, mul, neg, pow, reciprocal, relu, reluGrad, rsqrt, scalarLike,
  sigmoid, sigmoidGrad, sign, silu, siluGrad, sqrt, square, sub, tanh, tanhGrad, unary,
} from './elementwise.js';
export { argmax, max, mean, min, sum, sumTo } from './reduce.js';
export type { ReduceOptions } from './reduce.js';
export { matmul } from './matmul.js';
export { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv.js';
export { convGeometry } from './geometry.js';
export type { Conv2dOptions, Padding, WindowOptions } from './geometry.js';
export { averagePool2d, averagePool2dGrad, globalAveragePool } from './pool.js';
export type { PoolOptions } from './pool.js';
export { batchNorm, batchNormGrad, batchNormSilu, batchNormSiluGrad, moments } from './norm.js';
export type { BatchNormGradients } from './norm.js';
export { logSoftmax, softmax } from './softmax.js';
export * from './update.js';
