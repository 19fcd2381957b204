/** What training makes small. Functions: the options say how, and every result is a variable to go back from. */
export { crossEntropy, nll } from './cross-entropy.js';
export type { CrossEntropyOptions, NllOptions } from './cross-entropy.js';
export { bce, bceWithLogits, klDivergence } from './distributions.js';
export type { BceOptions, BceWithLogitsOptions, KlDivergenceOptions } from './distributions.js';
export type { LossOptions, Reduction } from './reduction.js';
export { huber, l1, mse, smoothL1 } from './regression.js';
export type { HuberOptions, SmoothL1Options } from './regression.js';
