/** What the sibling packages need and users do not: the runtime's state, storages, checks. No promise of stability. */
export { runtime } from './runtime.js';
export { indexAt, repeatedAxes } from './shape.js';
export { Storage } from './storage.js';
export { allocate, checkTensor } from './tensor.js';
export { activeKernels } from './backend.js';
export type { Activation } from './kernels/fused.js';
export type { Geometry } from './kernels/geometry.js';
export { convTransposeShape } from './ops/conv-transpose.js';
export {
  checkPad, flattenedShape, padPositions, rollShifts, sliceEnd, sliceRange, splitLengths, stackAxis, tileShapes,
} from './ops/arrange-rules.js';
export { checkScatter } from './ops/index-select.js';
export { flatPositions, indexTensor } from './ops/indices.js';
export { elements } from './ops/dispatch.js';
export { joinBytes } from './formats/bytes.js';
export { putAlong, takeAlong, topKIndices } from './ops/order.js';
export { countAlong, reducedShape } from './ops/reduce.js';
export { degreesOfFreedom } from './ops/statistics.js';
export type { AnomalyMode, Kernels, Observer, Tracing } from './runtime.js';
export { contractEinsum, parseEinsum } from './ops/einsum.js';
export { productShape } from './ops/matmul.js';
export { checkGroups, checkNormalized } from './ops/group-norm.js';
export { cellTables, filtered, resizeTables, transposed } from './ops/resampling.js';
export type { AxisTables, FilterName } from './ops/resampling.js';
