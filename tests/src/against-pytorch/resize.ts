/** Images of another size. */
import * as ag from '@vitrine/autograd';
import type { ResizeOptions } from '@vitrine/tensor';
import type { Family } from './family.js';

interface Options extends ResizeOptions {
  readonly size: readonly [number, number];
}

export const resize: Family<Options> = {
  file: 'resize.safetensors',
  title: 'Resizing',
  about: 'With and without antialias, aligned corners and not.',
  runs: { resize: ([x], { size, ...options }) => ag.resize(x, size, options) },
};
