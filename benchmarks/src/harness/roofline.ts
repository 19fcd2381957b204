/**
 * What the machine can do at the most, measured: arithmetic by chains of multiply-adds in registers, memory by copying.
 * A kernel that makes F flops and moves B bytes cannot take less than max(F / arithmetic, B / bandwidth).
 * Source: Williams, Waterman & Patterson 2009 (the roofline model).
 */
import { runtime } from '@vitrine/tensor/internal';
import { at, bytesOf, f32x4, i32, kernel, range } from '../../../packages/tensor/dist/wasm/asm.js';
import { compileKernels } from '../../../packages/tensor/dist/wasm/module.js';
import type { KernelModule } from '../../../packages/tensor/dist/wasm/module.js';
import { addressOf } from '../../../packages/tensor/dist/wasm/runner.js';
import type { Runner } from '../../../packages/tensor/dist/wasm/runner.js';
import { serialRunner } from '../../../packages/tensor/dist/wasm/serial.js';
import { Pool } from '../../../packages/tensor/dist/threads/pool.js';
import { Arrays } from './arrays.js';
import { measure } from './measure.js';
import type { Effort } from './measure.js';

export interface Ceilings {
  readonly threads: number;
  /** Flops a second. */
  readonly arithmetic: number;
  /** Bytes a second, read and written together, while copying so many; ascending. */
  readonly copying: readonly { readonly bytes: number; readonly rate: number }[];
}

interface Variant {
  /** A chain waits for its own last result, so several must run side by side; too many do not fit the registers. */
  readonly count: number;
  /** Turns of every chain in one turn of the loop. Fewer branches, but also more instructions to fetch and decode. */
  readonly unroll: number;
}

/**
 * Which is fastest depends on the processor (on AMD Zen 5: 12 chains, not unrolled): the roof is the fastest of all.
 */
const VARIANTS: readonly Variant[] = [8, 10, 12, 13].flatMap((count) => [1, 4].map((unroll) => ({ count, unroll })));
const [FACTOR, TERM] = [0.75, 0.5];

const nameOf = ({ count, unroll }: Variant): string => `chains-${count}x${unroll}`;

/** out[job] = Σ chains of x ← x·FACTOR + TERM, from x = 0, 1, …; `steps` times `unroll` turns each. */
const chains = ({ count, unroll }: Variant) =>
  kernel(
    nameOf({ count, unroll }),
    { out: 'i32', steps: 'i32', begin: 'i32', end: 'i32' },
    ({ out, steps, begin, end }, $) => {
      const [factor, term] = [$.let(f32x4.const(FACTOR)), $.let(f32x4.const(TERM))];
      const job = $.let(begin);
      $.for(job, end, i32.const(1), () => {
        const xs = range(count).map((i) => $.let(f32x4.const(i)));
        const left = $.let(steps);
        $.while(left, () => {
          for (let turn = 0; turn < unroll; turn++) for (const x of xs) $.set(x, f32x4.add(f32x4.mul(x, factor), term));
          $.set(left, i32.sub(left, i32.const(1)));
        });
        const [first, ...others] = xs;
        for (const x of others) $.set(first, f32x4.add(first, x));
        $.do(f32x4.store(at(out, job, 16), first));
      });
    },
  );

/** The same in JavaScript. */
function chainsSum({ count, unroll }: Variant, steps: number): number {
  const xs = range(count).map((start) => {
    let x = start;
    for (let turn = 0; turn < steps * unroll; turn++) x = Math.fround(Math.fround(x * FACTOR) + TERM);
    return x;
  });
  return xs.reduce((sum, x) => Math.fround(sum + x));
}

/** to[i] = from[i], begin ≤ i < end, both multiples of 16. */
const copying = kernel(
  'copying',
  { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' },
  ({ from, to, begin, end }, $) => {
    const source = $.let(at(from, begin));
    const target = $.let(at(to, begin));
    const stop = $.let(i32.add(source, bytesOf(i32.sub(end, begin))));
    $.for(source, stop, i32.const(64), () => {
      const vectors = range(4).map((i) => $.let(f32x4.load(source, 16 * i)));
      $.do(...vectors.map((vector, i) => f32x4.store(target, vector, 16 * i)));
      $.set(target, i32.add(target, i32.const(64)));
    });
  },
);

/** From the first cache to memory, both arrays together. */
const COPY_BYTES = [32, 512, 4 * 1024, 32 * 1024, 256 * 1024].map((KiB) => 1024 * KiB);

/**
 * Measures one thread's ceilings, and those of `threads`. Of all samples the best counts: a ceiling is what can be
 * reached.
 */
export async function measureCeilings(threads: number, effort: Effort): Promise<Ceilings[]> {
  const { heap } = runtime;
  const module = compileKernels([...VARIANTS.map(chains), copying], heap);
  const one = ceilings(1, serialRunner(module.kernels, heap), effort);
  if (threads === 1 || heap.kind !== 'shared') return [one];
  return [one, await withPool(threads, module, (pool) => ceilings(threads, pool, effort))];
}

async function withPool<T>(threads: number, module: KernelModule, body: (pool: Pool) => T): Promise<T> {
  const pool = new Pool(threads, module, runtime.heap);
  try {
    await pool.whenReady();
    return body(pool);
  } finally {
    pool.close();
  }
}

function ceilings(threads: number, run: Runner, effort: Effort): Ceilings {
  const arrays = new Arrays();
  try {
    return {
      threads,
      arithmetic: Math.max(...VARIANTS.map((variant) => arithmeticOf(variant, threads, run, arrays, effort))),
      copying: COPY_BYTES.map((bytes) => ({ bytes, rate: copyRate(bytes, threads, run, arrays, effort) })),
    };
  } finally {
    arrays.release();
  }
}

function arithmeticOf(variant: Variant, threads: number, run: Runner, arrays: Arrays, effort: Effort): number {
  const jobs = 16 * threads;
  const out = arrays.empty(4 * jobs);
  const name = nameOf(variant);
  const chain = (steps: number): void => run.ranges(name, jobs, 1, [addressOf(out), steps]);
  chain(2);
  const want = chainsSum(variant, 2);
  const wrong = out.findIndex((x) => x !== want);
  if (wrong >= 0) throw new Error(`${name}: element ${wrong} is ${out[wrong]}, wanted ${want}`);
  const turns = 32_000; // about 100 µs a job
  const samples = measure(name, () => chain(turns / variant.unroll), effort);
  return (jobs * turns * variant.count * 4 * 2) / Math.min(...samples);
}

function copyRate(bytes: number, threads: number, run: Runner, arrays: Arrays, effort: Effort): number {
  const n = bytes / 8; // floats of either array
  const from = arrays.uniform(n);
  const to = arrays.empty(n).fill(NaN);
  const chunk = Math.ceil(n / (4 * threads) / 16) * 16;
  const copy = (): void => run.ranges('copying', n, chunk, [addressOf(from), addressOf(to)]);
  copy();
  const wrong = to.findIndex((x, i) => x !== from[i]);
  if (wrong >= 0) throw new Error(`copying: element ${wrong} is ${to[wrong]}, wanted ${from[wrong]}`);
  return bytes / Math.min(...measure('copying', copy, effort));
}

/**
 * The least seconds for so many flops and bytes on so many threads. The bandwidth is that of copying no less than
 * `bytes`;
 * where sharing a small copy does not pay, one thread's.
 */
export function roofSeconds(all: readonly Ceilings[], threads: number, flops: number, bytes: number): number {
  const fitting = all.filter((ceilings) => ceilings.threads <= threads);
  if (fitting.length === 0) return NaN;
  const arithmetic = Math.max(...fitting.map((ceilings) => ceilings.arithmetic));
  const bandwidth = Math.max(
    ...fitting.map(({ copying: rungs }) => (rungs.find((rung) => rung.bytes >= bytes) ?? rungs[rungs.length - 1]).rate),
  );
  return Math.max(flops / arithmetic, bytes / bandwidth);
}
