/** The whole table: every public operation on tensors. To add an operation is to add its rows here. */
import { activationSamples } from './activations.js';
import { convLayoutSamples, convSamples, depthwiseSamples, dilatedSamples } from './conv.js';
import { convTransposeSamples } from './conv-transpose.js';
import { arrangeSamples } from './arrange.js';
import { createSamples } from './create.js';
import { diagonalSamples } from './diagonal.js';
import { einsumSamples } from './einsum.js';
import { binarySamples, unarySamples } from './elementwise.js';
import { groupNormSamples } from './group-norm.js';
import { indexSelectSamples } from './index-select.js';
import { matmulSamples } from './matmul.js';
import { matmulBatchedSamples } from './matmul-batched.js';
import { maxPoolSamples } from './max-pool.js';
import { normSamples } from './norm.js';
import { orderSamples } from './order.js';
import { poolSamples } from './pool.js';
import { reduceSamples, softmaxSamples } from './reduce.js';
import { resizeSamples } from './resize.js';
import type { Sample } from './sample.js';
import { statisticsSamples } from './statistics.js';
import { updateSamples } from './update.js';
import { viewSamples } from './views.js';
import { whereSamples } from './where.js';

export const samples: Readonly<Record<string, readonly Sample[]>> = {
  create: createSamples,
  views: viewSamples,
  arrange: arrangeSamples,
  'index-select': indexSelectSamples,
  unary: unarySamples,
  binary: binarySamples,
  activations: activationSamples,
  where: whereSamples,
  reduce: reduceSamples,
  softmax: softmaxSamples,
  statistics: statisticsSamples,
  order: orderSamples,
  matmul: matmulSamples,
  'matmul batched': matmulBatchedSamples,
  diagonal: diagonalSamples,
  einsum: einsumSamples,
  conv: convSamples,
  'conv depthwise': depthwiseSamples,
  'conv layouts': convLayoutSamples,
  'conv dilated': dilatedSamples,
  'conv transposed': convTransposeSamples,
  pool: poolSamples,
  'max pool': maxPoolSamples,
  resize: resizeSamples,
  'group norm': groupNormSamples,
  norm: normSamples,
  update: updateSamples,
};
