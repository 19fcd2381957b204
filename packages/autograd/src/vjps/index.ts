/** The whole table, one row an operation. */
import type { Args, Vjps } from '../args.js';
import { activations } from './activations.js';
import { diagonal } from './diagonal.js';
import { arrange } from './arrange.js';
import { elementwise } from './elementwise.js';
import { groupNorm } from './group-norm.js';
import { linear } from './linear.js';
import { maxPool } from './max-pool.js';
import { norm } from './norm.js';
import { order } from './order.js';
import { reduce } from './reduce.js';
import { resize } from './resize.js';
import { views } from './views.js';

export const vjps: Vjps<Args> = {
  ...elementwise,
  ...activations,
  ...reduce,
  ...order,
  ...views,
  ...arrange,
  ...linear,
  ...diagonal,
  ...maxPool,
  ...resize,
  ...groupNorm,
  ...norm,
};
