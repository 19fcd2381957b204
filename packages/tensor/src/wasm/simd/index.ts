/** All SIMD kernels, and the table that puts them before the reference ones. */
import * as reference from '../../kernels/index.js';
import type { Kernels } from '../../runtime.js';
import type { KernelSource } from '../asm.js';
import type { Runner } from '../runner.js';
import { convFace, convFuncs } from './conv2d-face.js';
import { depthwiseFace, depthwiseFuncs } from './depthwise-face.js';
import { elementwiseFace } from './elementwise-face.js';
import { elementwiseFuncs } from './elementwise.js';
import { gemmFace, productsAt } from './gemm-face.js';
import { gemmFuncs } from './gemm.js';
import { maxPoolFace, maxPoolFuncs } from './max-pool.js';
import { normFace } from './norm-face.js';
import { normFuncs } from './norm.js';
import { parametricFace, parametricFuncs } from './parametric.js';
import { poolFace, poolFuncs } from './pool.js';
import { randomFace, randomFuncs } from './random.js';
import { reduceFace } from './reduce-face.js';
import { reduceFuncs } from './reduce.js';
import { softmaxFace, softmaxFuncs } from './softmax.js';
import { updateFace, updateFuncs } from './update.js';

/** Every kernel of the module. */
export const simdFuncs = (): readonly KernelSource[] => [
  ...gemmFuncs,
  ...convFuncs,
  ...depthwiseFuncs,
  ...poolFuncs,
  ...maxPoolFuncs,
  ...elementwiseFuncs,
  ...parametricFuncs,
  ...reduceFuncs,
  ...softmaxFuncs,
  ...normFuncs,
  ...updateFuncs,
  ...randomFuncs,
];

/** The reference kernels, with those that have a SIMD face replaced by it. */
export function simdKernels(run: Runner): Kernels {
  const products = productsAt(run);
  return {
    ...reference,
    ...gemmFace(run, products),
    ...convFace(run, products),
    ...depthwiseFace(run),
    ...poolFace(run),
    ...maxPoolFace(run),
    ...elementwiseFace(run),
    ...parametricFace(run),
    ...reduceFace(run),
    ...softmaxFace(run),
    ...normFace(run),
    ...updateFace(run),
    ...randomFace(run),
  };
}
