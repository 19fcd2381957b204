/** The operations on variables. */
export * from './activations.js';
export * from './diagonal.js';
export * from './einsum.js';
export * from './arrange.js';
export * from './elementwise.js';
export * from './group-norm.js';
export * from './linear.js';
export * from './max-pool.js';
export * from './norm.js';
export * from './reduce.js';
export * from './order.js';
export * from './statistics.js';
export * from './resize.js';
export * from './views.js';
