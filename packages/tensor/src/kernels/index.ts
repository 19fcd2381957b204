/** The kernels an operation may call. The SIMD face offers the same names with the same contracts. */
export { indexSelect, indexSelectGrad, place } from './arrange.js';
export { conv2d, conv2dInputGrad, conv2dWeightGrad, columnsSize } from './conv2d.js';
export { padDiagonal } from './diagonal.js';
export { depthwise, depthwiseInputGrad, depthwiseWeightGrad } from './depthwise.js';
export { binaryKernel, copy, unaryKernel, whereKernel } from './elementwise.js';
export { conv2dFused, depthwiseFused, gemmFused, packWeights, packedSize } from './fused.js';
export { gemm, gemmNT, gemmTN } from './gemm.js';
export { groupNorm } from './group-norm.js';
export { maxPool } from './max-pool.js';
export { batchNorm, batchNormGrad, batchNormSilu, batchNormSiluGrad, moments } from './norm.js';
export {
  adamwUpdate, addUpdate, clampUpdate, lerpUpdate, rmspropTFUpdate, rmspropUpdate, scaleUpdate, sgdUpdate,
} from './update.js';
export { parametricGradKernel, parametricKernel } from './parametric.js';
export { averagePool, averagePoolGrad } from './pool.js';
export { bernoulli, normal, truncatedNormal, uniform } from './random.js';
export { argmax, argmin, logSumExp, max, min, norm, prod, sum } from './reduce.js';
export { cumsum } from './scan.js';
export { putAlong, sortIndices, takeAlong, topKIndices } from './order.js';
export { resample } from './resize.js';
export { logSoftmax, softmax } from './softmax.js';
