/** Max pooling in SIMD: `maxPool` of kernels/max-pool.ts with the loop over channels in vectors. */
import { at, bytesOf, f32, i32, kernel } from '../asm.js';
import type { KernelSource } from '../asm.js';
import type { Spans } from '../../kernels/max-pool.js';
import type { Kernels } from '../../runtime.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { channels } from './pool.js';

/**
 * out and, `withIndices`, indices as the reference, for the output pixels begin ≤ (n·outH + i)·outW + j < end. rows
 * and columns are the addresses of the spans: for each, its first pixel and its count, as two words. Indices are
 * float32.
 */
const maxPool = (withIndices: boolean): KernelSource => kernel(withIndices ? 'max-pool-indices' : 'max-pool', {
  H: 'i32', W: 'i32', C: 'i32', outH: 'i32', outW: 'i32',
  rows: 'i32', rowStep: 'i32', columns: 'i32', columnStep: 'i32',
  x: 'i32', out: 'i32', indices: 'i32', begin: 'i32', end: 'i32',
}, (p, $) => {
  const { H, W, C, outH, outW, rows, rowStep, columns, columnStep, x, out, indices, begin, end } = p;
  const step = $.let(bytesOf(C));
  const pixel = $.let(begin);
  $.for(pixel, end, i32.const(1), () => {
    const line = $.let(i32.divU(pixel, outW));
    const n = $.let(i32.divU(line, outH));
    const row = $.let(at(rows, i32.sub(line, i32.mul(n, outH)), 8));
    const column = $.let(at(columns, i32.sub(pixel, i32.mul(line, outW)), 8));
    const first = $.let(i32.add(i32.mul(i32.load(row), W), i32.load(column)));
    const image = $.let(i32.add(x, i32.mul(i32.mul(i32.mul(n, H), W), step)));
    const to = $.let(i32.mul(pixel, step));
    channels($, C, (v, c) => {
      const best = $.let(v.const(-Infinity));
      const where = $.let(v.splat(f32.fromInt(first)));
      const [lineStart, r] = [$.let(first), $.let(i32.load(row, 4))];
      $.while(r, () => {
        const source = $.let(i32.add(i32.add(image, i32.mul(lineStart, step)), c));
        const [here, s] = [$.let(v.splat(f32.fromInt(lineStart))), $.let(i32.load(column, 4))];
        $.while(s, () => {
          const value = $.let(v.load(source));
          if (withIndices) {
            $.set(where, v.select(here, where, v.gt(value, best)));
            $.set(where, v.select(where, here, v.eq(value, value))); // NaN, which equals nothing, takes the place
            $.set(here, v.add(here, v.splat(f32.fromInt(columnStep))));
          }
          $.set(best, v.max(best, value));
          $.set(source, i32.add(source, i32.mul(columnStep, step)));
          $.set(s, i32.sub(s, i32.const(1)));
        });
        $.set(lineStart, i32.add(lineStart, i32.mul(rowStep, W)));
        $.set(r, i32.sub(r, i32.const(1)));
      });
      $.do(v.store(i32.add(i32.add(out, to), c), best));
      if (withIndices) $.do(v.store(i32.add(i32.add(indices, to), c), where));
    });
  });
});

export const maxPoolFuncs: readonly KernelSource[] = [maxPool(false), maxPool(true)];

/** Elements a thread reads at a time: about 40 µs. */
const CHUNK = 65_536;

const largest = (counts: Int32Array): number => counts.reduce((most, count) => Math.max(most, count), 1);

/** First pixel and count of every span, one after the other. */
const interleaved = ({ first, count }: Spans): number[] => Array.from(first, (start, i) => [start, count[i]]).flat();

export const maxPoolFace = (run: Runner): Pick<Kernels, 'maxPool'> => ({
  maxPool(N, H, W, C, rows, columns, x, out, indices) {
    // Addresses are taken first: scratch may grow the heap, and views of a private memory do not survive that.
    const [from, to, places] = [addressOf(x), addressOf(out), indices === null ? 0 : addressOf(indices)];
    const [outH, outW] = [rows.first.length, columns.first.length];
    const chunk = Math.max(1, Math.floor(CHUNK / (largest(rows.count) * largest(columns.count) * C + 1)));
    run.scratch(2 * (outH + outW), (scratch) => {
      const spans = new Int32Array(scratch.buffer, scratch.byteOffset, scratch.length);
      spans.set([...interleaved(rows), ...interleaved(columns)]);
      run.ranges(indices === null ? 'max-pool' : 'max-pool-indices', N * outH * outW, chunk, [
        H, W, C, outH, outW, spans.byteOffset, rows.step, spans.byteOffset + 8 * outH, columns.step, from, to, places,
      ]);
    });
  },
});
