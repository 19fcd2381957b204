/** What there is to measure. */
import type { Kernels } from '@vitrine/tensor/internal';
import type { Arrays, Floats } from './arrays.js';

export type Rate = 'GFLOP/s' | 'GB/s' | 'images/s';

export interface Case {
  /** The table it stands in. */
  readonly family: string;
  readonly name: string;
  /** What its speed is counted in: `flops`, `bytes` or `images` of one run. */
  readonly rate: Rate;
  /** Multiplications and additions. */
  readonly flops: number;
  /** Bytes that must move at the least: every operand and result once. */
  readonly bytes: number;
  readonly images?: number;
  /** max|got − want| / max|want| against the reference kernels. */
  readonly tolerance: number;
  /** Whether the reference kernels are timed too, and not only asked for the right result. Default true. */
  readonly timeReference?: boolean;
  readonly prepare: (arrays: Arrays) => Prepared;
}

export interface Prepared {
  /** On these kernels, which are the active ones: what is to be timed. Laying out weights belongs here, before. */
  readonly plan: (kernels: Kernels) => () => void;
  /** What the last run has computed. */
  readonly outputs: () => readonly Floats[];
  /**
   * Puts back what a run changes in place. Without it, outputs are filled with NaN before the run that is verified, so
   * that what was not written shows.
   */
  readonly reset?: () => void;
}

/** What a family's names count as work. */
export const workOf = ({ rate, flops, bytes, images }: Case): number =>
  rate === 'GFLOP/s' ? flops : rate === 'GB/s' ? bytes : (images ?? 0);
