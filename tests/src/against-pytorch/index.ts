/** Every family of operations that is held against PyTorch. */
import { activations } from './activations.js';
import { arrange } from './arrange.js';
import type { Family } from './family.js';
import { first } from './first.js';
import { linear } from './linear.js';
import { losses } from './losses.js';
import { norms } from './norms.js';
import { order } from './order.js';
import { pooling } from './pooling.js';
import { reductions } from './reductions.js';
import { resize } from './resize.js';

export const families: readonly Family[] = [
  first,
  activations,
  arrange,
  linear,
  losses,
  norms,
  order,
  pooling,
  reductions,
  resize,
];
