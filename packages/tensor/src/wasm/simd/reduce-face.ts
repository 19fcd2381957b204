/**
 * Reductions under the contracts of kernels/reduce.ts: how x is cut into segments, and what a thread takes at a time.
 */
import * as reference from '../../kernels/reduce.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import type { Reduction } from './reduce.js';

/** Elements of a segment of a row: each of 32 lanes adds 32 of them. */
const ROW_SEGMENT = 1024;
/** Elements of a segment of columns, and the most rows it may have: 64 blocks of 32. */
const COLUMN_SEGMENT = 65_536;
const MAX_SEGMENT_ROWS = 2048;
/** Columns of one piece. */
const MAX_WIDTH = 4096;
/** Elements a thread takes at a time: about 30 µs. */
const CHUNK = 262_144;

/** The least number of equal parts that are at most `length` long; one at least. */
const partsOf = (n: number, length: number): number => Math.max(1, Math.ceil(n / length));

/** Reduces outer × n × inner floats at the address `x` to outer × inner at `out`. */
export function reduceAt(
  run: Runner, reduction: Reduction, outer: number, n: number, inner: number, x: number, out: number,
): void {
  const width = Math.min(inner, MAX_WIDTH);
  const rows = Math.max(32, Math.min(MAX_SEGMENT_ROWS, Math.floor(COLUMN_SEGMENT / width)));
  const length = inner === 1 ? ROW_SEGMENT : rows;
  const segments = partsOf(n, length);
  const pieceSize = width * Math.min(n, length);
  const chunk = Math.ceil(CHUNK / Math.max(pieceSize, 16));
  const reduceTo = (target: number): void => {
    if (inner === 1) {
      run.ranges(`${reduction}-rows`, outer * segments, chunk, [n, segments, length, x, target]);
    } else {
      const tiles = partsOf(inner, width);
      run.ranges(`${reduction}-columns`, outer * segments * tiles, chunk, [
        n, inner, segments, length, tiles, width, x, target,
      ]);
    }
  };
  if (segments === 1) return reduceTo(out);
  run.scratch(outer * segments * inner, (scratch) => {
    const partials = addressOf(scratch);
    reduceTo(partials);
    reduceAt(run, reduction, outer, segments, inner, partials, out);
  });
}

export const reduceFace = (run: Runner): Pick<Kernels, 'sum' | 'max' | 'min' | 'argmax'> => ({
  sum: (outer, n, inner, x, out) => reduceAt(run, 'sum', outer, n, inner, addressOf(x), addressOf(out)),
  max: (outer, n, inner, x, out) => reduceAt(run, 'max', outer, n, inner, addressOf(x), addressOf(out)),
  min: (outer, n, inner, x, out) => reduceAt(run, 'min', outer, n, inner, addressOf(x), addressOf(out)),

  argmax(outer, n, inner, x, out) {
    // Rare: an axis that is not the last; indices as integers.
    if (inner !== 1 || !(out instanceof Float32Array)) return reference.argmax(outer, n, inner, x, out);
    run.ranges('argmax-rows', outer, Math.ceil(CHUNK / (4 * Math.max(n, 16))), [n, addressOf(x), addressOf(out)]);
  },
});
