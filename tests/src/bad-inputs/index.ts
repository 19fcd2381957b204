/** The whole table: what every operation refuses. */
import { activations } from './activations.js';
import { arrange } from './arrange.js';
import { binary } from './binary.js';
import { create } from './create.js';
import { contractions } from './contractions.js';
import { groupNorm } from './group-norm.js';
import { images } from './images.js';
import { noTensorRows } from './no-tensor.js';
import { normAndUpdate } from './norm-and-update.js';
import { order } from './order.js';
import { poolAndResize } from './pool-and-resize.js';
import { reduce } from './reduce.js';
import type { Row } from './row.js';
import { variables } from './variables.js';
import { views } from './views.js';

export const badInputs: readonly Row[] = [
  ...arrange,
  ...binary,
  ...activations,
  ...create,
  ...contractions,
  ...groupNorm,
  ...images,
  ...noTensorRows,
  ...normAndUpdate,
  ...order,
  ...poolAndResize,
  ...reduce,
  ...variables,
  ...views,
];
