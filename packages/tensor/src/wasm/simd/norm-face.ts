/** Batch normalisation under the contracts of kernels/norm.ts, on the kernels of norm.ts. */
import * as reference from '../../kernels/norm.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { BLOCK_ROWS, MAX_PART_ROWS } from './columns.js';
import { reduceAt } from './reduce-face.js';

/** Elements of x a thread takes at a time: 30 to 60 µs, by what is done to each. */
const CHUNK = { sums: 65_536, normalise: 65_536, silu: 32_768 };

/** Rows that make such a chunk: a multiple of the block, so that only the last block is short. */
const rowsPerChunk = (elements: number, C: number): number => BLOCK_ROWS * Math.ceil(elements / (C * BLOCK_ROWS));
/** How rows are cut for sums: rows of a part, parts, and parts a thread takes at a time. */
function partsOf(rows: number, C: number, elements: number): { partRows: number; parts: number; chunk: number } {
  const partRows = Math.min(MAX_PART_ROWS, rowsPerChunk(elements, C));
  return { partRows, parts: Math.ceil(rows / partRows), chunk: Math.ceil(elements / (partRows * C)) };
}

/**
 * The moments from the partials of all parts, in float64. With n rows, d = shift − mean and s, q the sums of a part:
 *   mean = 1/rows · Σ (n·shift + s),   variance = 1/rows · Σ (q + 2·d·s + n·d²)
 */
function mergeMoments(
  rows: number, C: number, partRows: number, partials: Float32Array, mean: Float32Array, variance: Float32Array,
): void {
  const size = 3 * C;
  for (let c = 0; c < C; c++) {
    let total = 0;
    for (let at = c, left = rows; left > 0; at += size, left -= partRows) {
      total += Math.min(left, partRows) * partials[at] + partials[at + C];
    }
    const center = total / rows;
    let squares = 0;
    for (let at = c, left = rows; left > 0; at += size, left -= partRows) {
      const d = partials[at] - center;
      squares += partials[at + 2 * C] + d * (2 * partials[at + C] + d * Math.min(left, partRows));
    }
    mean[c] = center;
    variance[c] = Math.max(0, squares / rows); // rounding may leave −1e-20 where all rows are equal
  }
}

type NormFace = Pick<Kernels, 'moments' | 'batchNorm' | 'batchNormGrad' | 'batchNormSilu' | 'batchNormSiluGrad'>;

/**
 * Addresses are taken first: scratch may grow the heap, and views of a private memory do not survive that.
 * Rows = 0 goes to the reference kernels: there is nothing to run on.
 */
export const normFace = (run: Runner): NormFace => {
  const normalise = (
    kernel: 'batch-norm' | 'batch-norm-silu', chunk: number, rows: number, C: number,
    [x, mean, variance, gamma, beta, out]: readonly number[], eps: number,
  ): void =>
    run.scratch(C, (scratch) => {
      const scale = addressOf(scratch);
      run.ranges('batch-norm-scale', C, C, [variance, gamma, eps, scale]);
      run.ranges(kernel, rows, rowsPerChunk(chunk, C), [C, x, mean, scale, beta, out]);
    });

  const gradient = (
    activation: 'none' | 'silu', rows: number, C: number,
    [x, dout, mean, variance, gamma, beta, dx, dgamma, dbeta]: readonly number[], eps: number,
  ): void => {
    const silu = activation === 'silu';
    const { partRows, parts, chunk } = partsOf(rows, C, silu ? CHUNK.silu : CHUNK.sums);
    run.scratch(2 * C * parts + 6 * C, (scratch) => {
      const partials = addressOf(scratch);
      const totals = partials + 4 * 2 * C * parts;
      const scale = totals + 4 * 2 * C;
      const coefficients = scale + 4 * C;
      if (silu) run.ranges('batch-norm-scale', C, C, [variance, gamma, eps, scale]);
      run.ranges(silu ? 'batch-norm-silu-grad-sums' : 'batch-norm-grad-sums', parts, chunk, [
        rows, C, x, dout, mean, scale, beta, dx, partials, partRows,
      ]);
      reduceAt(run, 'sum', 1, parts, 2 * C, partials, totals);
      run.ranges('batch-norm-grad-coefficients', C, C, [
        rows, C, totals, variance, gamma, eps, coefficients, dgamma, dbeta,
      ]);
      run.ranges('batch-norm-grad-input', rows, rowsPerChunk(CHUNK.normalise, C), [
        C, x, silu ? dx : dout, mean, coefficients, dx,
      ]);
    });
  };

  return {
    moments(rows, C, x, mean, variance) {
      if (rows === 0) return reference.moments(rows, C, x, mean, variance);
      const [xAt, meanAt, varianceAt] = [x, mean, variance].map(addressOf);
      const { partRows, parts, chunk } = partsOf(rows, C, CHUNK.sums);
      run.scratch(3 * C * parts, (scratch) => {
        run.ranges('moments-partial', parts, chunk, [rows, C, xAt, addressOf(scratch), partRows]);
        const vector = (address: number): Float32Array => new Float32Array(scratch.buffer, address, C);
        mergeMoments(rows, C, partRows, scratch, vector(meanAt), vector(varianceAt));
      });
    },

    batchNorm(rows, C, x, mean, variance, gamma, beta, eps, out) {
      normalise('batch-norm', CHUNK.normalise, rows, C, [x, mean, variance, gamma, beta, out].map(addressOf), eps);
    },

    batchNormSilu(rows, C, x, mean, variance, gamma, beta, eps, out) {
      normalise('batch-norm-silu', CHUNK.silu, rows, C, [x, mean, variance, gamma, beta, out].map(addressOf), eps);
    },

    batchNormGrad(rows, C, x, dout, mean, variance, gamma, eps, dx, dgamma, dbeta) {
      if (rows === 0) return reference.batchNormGrad(rows, C, x, dout, mean, variance, gamma, eps, dx, dgamma, dbeta);
      const noBeta = gamma; // without activation it is not read
      gradient('none', rows, C, [x, dout, mean, variance, gamma, noBeta, dx, dgamma, dbeta].map(addressOf), eps);
    },

    batchNormSiluGrad(rows, C, x, dout, mean, variance, gamma, beta, eps, dx, dgamma, dbeta) {
      if (rows === 0) {
        return reference.batchNormSiluGrad(rows, C, x, dout, mean, variance, gamma, beta, eps, dx, dgamma, dbeta);
      }
      gradient('silu', rows, C, [x, dout, mean, variance, gamma, beta, dx, dgamma, dbeta].map(addressOf), eps);
    },
  };
};
