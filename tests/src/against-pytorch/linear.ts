/** Products in all ranks, einsum, dilated and transposed convolutions. */
import * as ag from '@vitrine/autograd';
import { binary } from './family.js';
import type { Family } from './family.js';

interface LinearOptions {
  readonly equation?: string;
  /** [down, across]; 'same' was worked out by the script, on its own. */
  readonly stride?: readonly [number, number];
  readonly padding?: number | readonly [number, number] | 'same';
  readonly outputPadding?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

export const linear: Family<LinearOptions> = {
  file: 'linear.safetensors',
  title: 'Products in all their forms',
  about: 'Batched, broadcast, and written as equations; convolutions that are dilated or transposed.',
  runs: {
    matmul: binary(ag.matmul),
    einsum: (operands, { equation = '' }) => ag.einsum(equation, ...operands),
    conv2d: ([x, w], options) => ag.conv2d(x, w, options),
    convTranspose2d: ([x, w], options) => ag.convTranspose2d(x, w, options),
  },
};
