/** Threads: same bits, no keeping the process alive, and no silence when a worker fails. */
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import { Pool, ThreadError } from '../../packages/tensor/dist/threads/pool.js';
import type { PoolOptions } from '../../packages/tensor/dist/threads/pool.js';
import { f32, i32, kernel } from '../../packages/tensor/dist/wasm/asm.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';

/** out[i] += 1 for begin ≤ i < end, slowly: each is counted up a million times beside. */
const slowCount = kernel('slow-count', { out: 'i32', begin: 'i32', end: 'i32' }, ({ out, begin, end }, $) => {
  const i = $.let(begin);
  $.for(i, end, i32.const(1), () => {
    const turn = $.let(i32.const(0));
    $.for(turn, i32.const(1_000_000), i32.const(1), () => {});
    const address = $.let(i32.add(out, i32.shl(i, i32.const(2))));
    $.do(f32.store(address, f32.add(f32.load(address), f32.const(1))));
  });
});

async function withPool(
  threads: number, options: PoolOptions, body: (pool: Pool, out: Float32Array) => void | Promise<void>,
): Promise<void> {
  const heap = new Heap();
  const pool = new Pool(threads, compileKernels([slowCount], heap), heap, options);
  try {
    await pool.whenReady();
    const out = heap.view(heap.allocate(64, '[test]'), 64).fill(0);
    await body(pool, out);
  } finally {
    pool.close();
  }
}

describe('threads: the pool', function () {
  this.timeout(20_000);

  for (const threads of [2, 3]) {
    it(`${threads} threads do every range once, job after job`, () => withPool(threads, {}, (pool, out) => {
      for (let job = 1; job <= 20; job++) {
        pool.ranges('slow-count', 64, 1 + (job % 5), [out.byteOffset]);
        expect([...out]).to.deep.equal(new Array(64).fill(job));
      }
    }));
  }

  it('until the workers are up the caller does the work', () => {
    const heap = new Heap();
    const pool = new Pool(2, compileKernels([slowCount], heap), heap);
    const out = heap.view(heap.allocate(8, '[test]'), 8).fill(0);
    pool.ranges('slow-count', 8, 1, [out.byteOffset]);
    expect([...out]).to.deep.equal(new Array(8).fill(1));
    pool.close();
  });

  const faults: readonly (readonly [NonNullable<PoolOptions['fault']>, RegExp])[] = [
    ['throw', /worker 1 of 1 stopped: it threw/],
    ['exit', /worker 1 of 1 stopped: it exited/],
    ['memory', /no range was finished for 1\.5 s \(it may have run out of memory/],
    ['hang', /no range was finished for 1\.5 s/],
  ];
  for (const [fault, message] of faults) {
    it(`a worker that fails (${fault}) is reported, at once and afterwards, and the call returns`, () =>
      withPool(2, { fault, patience: 1500 }, (pool, out) => {
        const work = (): void => pool.ranges('slow-count', 64, 1, [out.byteOffset]);
        // Whether the worker takes a range before the caller has done them all is the machine's affair.
        const untilDeadline = (): void => {
          for (const end = performance.now() + 10_000; performance.now() < end;) work();
        };
        expect(untilDeadline).to.throw(ThreadError, message);
        expect(work).to.throw(ThreadError, 'setThreads(n) starts anew');
      }));
  }

  it('a clock that jumps, as after Ctrl-Z and fg, closes nothing', () => withPool(2, {}, (pool, out) => {
    const { now } = performance;
    let hours = 0;
    performance.now = () => (hours += 3_600_000);
    try {
      for (let job = 0; job < 40; job++) pool.ranges('slow-count', 64, 32, [out.byteOffset]);
    } finally {
      performance.now = now;
    }
    expect([...out]).to.deep.equal(new Array(64).fill(40));
  }));

  it('a closed pool says so', () => withPool(2, {}, (pool, out) => {
    pool.close();
    expect(() => pool.ranges('slow-count', 64, 1, [out.byteOffset])).to.throw(ThreadError, 'it was closed');
  }));

  it('refuses numbers and heaps it cannot serve', () => {
    const heap = new Heap();
    const kernels = compileKernels([slowCount], heap);
    for (const threads of [0, 1, 1.5, 1000]) {
      expect(() => new Pool(threads, kernels, heap)).to.throw(RangeError, 'from 2 to');
    }
    const own = new Heap(['private']);
    expect(() => new Pool(2, compileKernels([slowCount], own), own)).to.throw("this one is 'private'");
  });
});

describe('threads: the process', () => {
  const run = (code: string): { status: number | null; stdout: string } => {
    const tensor = new URL('../../packages/tensor/dist/index.js', import.meta.url).href;
    const source = `import * as t from ${JSON.stringify(tensor)};\n${code}`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8', timeout: 15_000 },
    );
    return { status, stdout: stdout + stderr };
  };

  it('exits by itself with idle workers', () => {
    const { status, stdout } = run(`
      t.setThreads(3);
      const a = t.ones([600, 600]);
      await t.threadsReady();
      console.log(t.sum(t.matmul(a, a)).item(), t.info().threads);`);
    expect(stdout).to.equal('216000000 3\n');
    expect(status).to.equal(0);
  });

  it('one thread starts no worker', () => {
    const { stdout } = run(`
      import { Worker } from 'node:worker_threads';
      t.setThreads(1);
      t.matmul(t.ones([300, 300]), t.ones([300, 300]));
      console.log(t.info().threads, process.getActiveResourcesInfo().filter((name) => ` +
        `name.includes('Worker') || name.includes('MessagePort')).length);`);
    expect(stdout).to.equal('1 0\n');
  });

  it('setThreads and setBackend refuse nonsense', async () => {
    const { setBackend, setThreads } = await import('@vitrine/tensor');
    for (const n of [0, -1, 1.5, NaN, 1000]) {
      expect(() => setThreads(n)).to.throw(RangeError, 'setThreads: a whole number from 1 to');
    }
    expect(() => setBackend('gpu' as 'simd')).to.throw(RangeError, "setBackend: 'reference' or 'simd'; got gpu");
  });
});
