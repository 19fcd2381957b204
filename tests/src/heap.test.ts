import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Variable, mul, square, sum } from '@vitrine/autograd';
import * as t from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import type { HeapKind } from '../../packages/tensor/dist/heap/heap.js';
import { withHeap } from './support/heaps.js';

const MIB = 2 ** 20;
/** Elements of 16 MiB: at least one step of growth. */
const STEP = 4 * MIB;

describe('heap: kinds', () => {
  for (const kind of ['shared', 'private', 'array'] as const satisfies readonly HeapKind[]) {
    describe(kind, () => {
      it('is what was asked for', () => {
        const heap = new Heap([kind]);
        expect(heap.kind).to.equal(kind);
        expect(heap.memory === null).to.equal(kind === 'array');
        if (heap.memory !== null) expect(heap.memory.buffer instanceof SharedArrayBuffer).to.equal(kind === 'shared');
      });

      it('tensors keep their values while it grows', () => {
        withHeap(new Heap([kind]), () => t.scope(() => {
          const x = t.arange(0, 1000);
          const view = t.slice(x, 0, 500);
          const y = t.mul(x, 2);
          for (let i = 0; i < 4; i++) t.zeros([STEP]);
          expect(x.toFloat32Array()[999]).to.equal(999);
          expect(view.toFloat32Array()[0]).to.equal(500);
          expect(t.sum(t.sub(y, x)).item()).to.equal(999 * 500);
          t.copyInto(x, y);
          expect(x.toFloat32Array()[999]).to.equal(1998);
        }));
      });

      it('counts live bytes, the peak and blocks', () => {
        const heap = new Heap([kind]);
        withHeap(heap, () => {
          t.scope(() => {
            t.zeros([16]);
            t.zeros([17]);
            expect([heap.liveBytes, heap.liveBlocks]).to.deep.equal([64 + 128, 2]);
          });
          expect([heap.liveBytes, heap.peakBytes, heap.liveBlocks]).to.deep.equal([0, 192, 0]);
        });
      });

      it('blocks do not overlap', () => {
        withHeap(new Heap([kind]), () => t.scope(() => {
          const tensors = Array.from({ length: 50 }, (_, i) => t.full([i], i));
          tensors.forEach((x, i) => expect(x.toFloat32Array().every((v) => v === i)).to.equal(true));
        }));
      });

      it('says what is live when it is full, and goes on', () => {
        withHeap(new Heap([kind]), () => t.scope(() => {
          t.zeros([3, 250_000]);
          t.zeros([3, 250_000]);
          const small = t.ones([7]);
          // More than any Float32Array may have, so that no kind of heap can hold it.
          expect(() => t.zeros([2 ** 20, 2 ** 19])).to.throw(t.OutOfMemoryError,
            'heap: no room for [1048576,524288] (2199023.3 MB); 6.0 MB are live in 3 tensors: '
              + '2 × [3,250000] (6.0 MB), 1 × [7] (0.0 MB). Use a smaller batch');
          expect(t.sum(t.add(small, 1)).item()).to.equal(14);
        }));
      });
    });
  }

  it('falls back to the next kind, arrays in the end', () => {
    expect(new Heap(['array', 'shared']).kind).to.equal('shared');
    expect(new Heap([]).kind).to.equal('array');
  });

  it('views of a private memory go stale when it grows, and are made anew', () => {
    const heap = new Heap(['private']);
    withHeap(heap, () => t.scope(() => {
      const x = t.ones([4]);
      const before = heap.generation;
      const stale = x.storage.data;
      t.zeros([STEP]);
      expect(heap.generation).to.be.greaterThan(before);
      expect([stale.length, x.storage.data.length]).to.deep.equal([0, 4]);
    }));
  });

  it('float64 and meta take no bytes of it', () => {
    const heap = new Heap(['private']);
    withHeap(heap, () => {
      t.zeros([1000], 'float64');
      t.meta(() => t.zeros([1000]));
    });
    expect(heap.peakBytes).to.equal(0);
  });

  it('info tells', () => {
    t.info(); // starts the threads, which have a block of their own
    const x = t.zeros([MIB]);
    const { heap } = t.info();
    expect(heap.liveBytes).to.be.at.least(4 * MIB);
    expect(heap.peakBytes).to.be.at.least(heap.liveBytes);
    expect(heap.capacityBytes).to.be.at.least(heap.liveBytes);
    expect(heap.liveTensors).to.be.at.least(1);
    x.storage.release('this test');
    expect(t.info().heap.liveBytes).to.be.at.most(heap.liveBytes - 4 * MIB);
  });
});

describe('heap: collector', () => {
  it('breathe keeps the live bytes of unscoped tensors bounded', async () => {
    const before = t.info().heap.liveBytes;
    let most = 0;
    let last: Tensor | undefined;
    for (let i = 0; i < 60; i++) {
      last = t.zeros([5_000_000]);
      await t.breathe();
      most = Math.max(most, t.info().heap.liveBytes - before);
    }
    expect(last?.toFloat32Array()[4_999_999]).to.equal(0);
    expect(most, '1200 MB were made').to.be.lessThan(500e6);
  });

  it('no room for the buffer that presses, and breathe lets the program go on', async () => {
    const { unscopedBytes } = runtime;
    const whole = globalThis.ArrayBuffer;
    runtime.unscopedBytes = 256 * MIB;
    globalThis.ArrayBuffer = class extends whole {
      constructor() {
        super(0);
        throw new RangeError('Array buffer allocation failed');
      }
    };
    try {
      await t.breathe();
    } finally {
      globalThis.ArrayBuffer = whole;
      runtime.unscopedBytes = unscopedBytes;
    }
  });

  it('what is released by hand is not waited for', () => {
    const before = runtime.unscopedBytes;
    const [first, second] = [t.zeros([MIB]), t.zeros([MIB])];
    expect(runtime.unscopedBytes - before).to.equal(8 * MIB);
    first.storage.release('this test');
    t.keep(second);
    expect(runtime.unscopedBytes - before).to.equal(4 * MIB);
    second.storage.release('this test');
    expect(runtime.unscopedBytes).to.equal(before);
  });

  it('what the graph saved and has let go is not waited for', () => {
    const x = new Variable(t.ones([MIB]), { requiresGrad: true });
    const before = runtime.unscopedBytes;
    const loss = t.scope(() => sum(square(mul(x, 2))));
    expect(runtime.unscopedBytes - before, 'the graph owns what square saved').to.be.at.least(4 * MIB);
    loss.backward();
    x.zeroGrad();
    expect(runtime.unscopedBytes - before, 'the loss is left').to.be.below(MIB);
  });

  it('what is still in use is not freed', async () => {
    const held = Array.from({ length: 8 }, (_, i) => t.full([5_000_000], i));
    for (let i = 0; i < 16; i++) {
      t.zeros([5_000_000]);
      await t.breathe();
    }
    held.forEach((x, i) => {
      expect(x.toFloat32Array()[4_999_999]).to.equal(i);
      x.storage.release('this test');
    });
  });
});

describe('heap: a second copy of the library', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-copy-'));
    await cp(fileURLToPath(new URL('../../packages/tensor', import.meta.url)), folder,
      { recursive: true, filter: (path) => !/node_modules/.test(path) });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is refused by name', async () => {
    const copy = (await import(pathToFileURL(join(folder, 'dist/index.js')).href)) as typeof t;
    const foreign = copy.ones([2]);
    expect(foreign instanceof t.Tensor).to.equal(false);
    expect(() => t.add(t.ones([2]), foreign)).to.throw(TypeError,
      /^add: b belongs to a second copy of @vitrine\/tensor, .*pnpm dedupe/);
    expect(() => copy.matmul(t.ones([2, 2]), t.ones([2, 2]))).to.throw(TypeError,
      /^matmul: a belongs to a second copy/);
    expect(copy.sum(foreign).item(), 'each copy works by itself').to.equal(2);
  });
});
