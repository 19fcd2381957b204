/** The whole table: every differentiable operation. */
import type { Args } from '@vitrine/autograd';
import { arrange } from './arrange.js';
import type { Cases } from './case.js';
import { activations } from './activations.js';
import { diagonal } from './diagonal.js';
import { elementwise } from './elementwise.js';
import { groupNorm } from './group-norm.js';
import { linear } from './linear.js';
import { maxPool } from './max-pool.js';
import { norm } from './norm.js';
import { order } from './order.js';
import { reduce } from './reduce.js';
import { resize } from './resize.js';
import { views } from './views.js';

export const gradchecks: Cases<Args> = {
  ...diagonal,
  ...elementwise,
  ...activations,
  ...linear,
  ...maxPool,
  ...resize,
  ...groupNorm,
  ...norm,
  ...order,
  ...reduce,
  ...views,
  ...arrange,
};
