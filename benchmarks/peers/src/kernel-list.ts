/** Single operations to compare, their operands, and what a framework has to do with them. */
import { Random, rand } from '../../../packages/tensor/dist/index.js';

export type Op = 'matmul' | 'silu' | 'sum' | 'batchNorm' | 'depthwise';

/** An operand: images `[N,H,W,C]`, a convolution's weight `[kH,kW,C/groups,O]`, or anything else as it is. */
export interface Operand {
  readonly kind: 'image' | 'weight' | 'plain';
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Kernel {
  readonly op: Op;
  readonly label: string;
  readonly inputs: readonly Operand[];
  /** Of one run, in thousand millions. */
  readonly work: number;
  readonly unit: 'GFLOP/s' | 'GB/s';
}

/** One framework, all operations. */
export interface KernelPeer {
  readonly name: string;
  readonly threads: number;
  /** Elements of the result, channels last. */
  readonly output: (op: Op) => Promise<Float32Array>;
  /** Seconds of one run, the mean over a sample of at least `SAMPLE_SECONDS`. */
  readonly time: (op: Op) => Promise<number>;
  readonly close?: () => Promise<void>;
}

/** In batch norm, inside the root. */
export const EPS = 1e-3;
export const SAMPLE_SECONDS = 0.03;

const MILLION = 2 ** 20;

export function kernelList(): Kernel[] {
  const random = new Random(7);
  const operand = (kind: Operand['kind'], shape: readonly number[], low = -1, high = 1): Operand =>
    ({ kind, shape, values: rand(shape, random, { low, high }).toFloat32Array() });
  const size = ({ shape }: Operand): number => shape.reduce((product, n) => product * n, 1);
  const [normed, convolved] = [operand('image', [8, 56, 56, 96]), operand('image', [8, 56, 56, 144])];
  return [
    {
      op: 'matmul',
      label: 'matmul 512×512×512',
      inputs: [operand('plain', [512, 512]), operand('plain', [512, 512])],
      work: (2 * 512 ** 3) / 1e9,
      unit: 'GFLOP/s',
    },
    {
      op: 'silu',
      label: 'silu, 1 M',
      inputs: [operand('plain', [MILLION], -6, 6)],
      work: (8 * MILLION) / 1e9,
      unit: 'GB/s',
    },
    {
      op: 'sum',
      label: 'sum, 1 M',
      inputs: [operand('plain', [MILLION], 0, 1)],
      work: (4 * MILLION) / 1e9,
      unit: 'GB/s',
    },
    {
      op: 'batchNorm',
      label: 'batch norm, training, 8×56×56×96',
      inputs: [normed, operand('plain', [96], 0.5, 1.5), operand('plain', [96])],
      work: (8 * size(normed)) / 1e9, // read and written; that the moments read it too is the framework's affair
      unit: 'GB/s',
    },
    {
      op: 'depthwise',
      label: 'depthwise 3×3, 8×56×56×144',
      inputs: [convolved, operand('weight', [3, 3, 1, 144])],
      work: (2 * 9 * size(convolved)) / 1e9,
      unit: 'GFLOP/s',
    },
  ];
}

/** A framework in this process. `run` makes the result and lets go of it; what it returns is thrown away. */
export const kernelsInProcess = (
  name: string,
  threads: number,
  output: (op: Op) => Float32Array,
  run: (op: Op) => void,
): KernelPeer => ({
  name,
  threads,
  output: async (op) => output(op),
  async time(op) {
    const started = performance.now();
    for (let runs = 1; ; runs++) {
      run(op);
      const seconds = (performance.now() - started) / 1000;
      if (seconds >= SAMPLE_SECONDS) return seconds / runs;
    }
  },
});
