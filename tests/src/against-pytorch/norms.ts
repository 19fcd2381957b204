/** Layer and group normalisation. */
import * as ag from '@vitrine/autograd';
import type { Family } from './family.js';

interface SampleNormOptions {
  /** layerNorm: the lengths of the last axes. */
  readonly normalized: readonly number[];
  readonly groups: number;
  readonly eps: number;
}

export const norms: Family<SampleNormOptions> = {
  file: 'norms.safetensors',
  title: 'Layer and group normalisation',
  about: 'Gradients of the input, and of scale and shift.',
  runs: {
    layerNorm: ([x, gamma, beta], { normalized, eps }) => ag.layerNorm(x, normalized, { gamma, beta, eps }),
    groupNorm: ([x, gamma, beta], { groups, eps }) => ag.groupNorm(x, groups, { gamma, beta, eps }),
  },
};
