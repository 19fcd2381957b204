import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { ALIGNMENT, Allocator } from '../../packages/tensor/dist/heap/allocator.js';

const BASE = 1024;

/** Live blocks by start, and nothing else. */
class Model {
  readonly live = new Map<number, number>();

  /** Lengths of what is free between BASE and `end`. */
  gaps(end: number): number[] {
    const found: number[] = [];
    let at = BASE;
    for (const [start, bytes] of [...this.live].sort(([a], [b]) => a - b)) {
      if (start < at) throw new Error(`the block at ${start} overlaps the one before it, which ends at ${at}`);
      found.push(start - at);
      at = start + bytes;
    }
    if (at > end) throw new Error(`the last block ends at ${at}, beyond the allocator's end ${end}`);
    return [...found, end - at];
  }
}

describe('allocator', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`agrees with a naive model, seed ${seed}`, () => {
      const random = new Random(seed);
      const allocator = new Allocator(BASE, 1 << 20);
      const model = new Model();
      let refused = 0;
      for (let step = 0; step < 4000; step++) {
        // Phases that fill it, and phases that empty it.
        if (random.uniform() < (Math.floor(step / 500) % 2 === 0 ? 0.7 : 0.35)) {
          const bytes = Allocator.roundUp(random.integer(random.integer(10) === 0 ? 100_000 : 3_000));
          const end = allocator.end;
          const room = Math.max(...model.gaps(end));
          const start = allocator.allocate(bytes);
          if (start < 0) {
            refused++;
            expect(room, 'a free block would have held it').to.be.lessThan(bytes);
            expect(end + bytes, 'there was room at the top').to.be.greaterThan(1 << 20);
          } else {
            expect(start % ALIGNMENT).to.equal(0);
            if (room >= bytes) expect(allocator.end, 'grew though a free block would have held it').to.equal(end);
            model.live.set(start, bytes);
          }
        } else if (model.live.size > 0) {
          const starts = [...model.live.keys()];
          const start = starts[random.integer(starts.length)];
          allocator.free(start, model.live.get(start)!);
          model.live.delete(start);
        }
        const gaps = model.gaps(allocator.end);
        expect(gaps.at(-1), 'a free block at the top is given back').to.equal(0);
      }
      expect(refused).to.be.greaterThan(0);
      for (const [start, bytes] of model.live) allocator.free(start, bytes);
      expect(allocator.end, 'all freed').to.equal(BASE);
    });
  }

  it('merges with both neighbours', () => {
    const allocator = new Allocator(BASE, 1 << 20);
    const [a, b, c, d] = [640, 64, 1280, 64].map((bytes) => allocator.allocate(bytes));
    allocator.free(a, 640);
    allocator.free(c, 1280);
    allocator.free(b, 64);
    const end = allocator.end;
    expect(allocator.allocate(640 + 64 + 1280)).to.equal(a);
    expect(allocator.end).to.equal(end);
    allocator.free(a, 1984);
    allocator.free(d, 64);
    expect(allocator.end).to.equal(BASE);
  });

  it('a loop that asks for the same sizes gets the same bytes', () => {
    const allocator = new Allocator(BASE, 1 << 20);
    const step = (): number[] => {
      const starts = [1024, 64, 4096, 640].map((bytes) => allocator.allocate(bytes));
      [1024, 64, 4096, 640].forEach((bytes, i) => allocator.free(starts[i], bytes));
      return starts;
    };
    expect(step()).to.deep.equal(step());
  });

  it('refuses beyond the limit and goes on working', () => {
    const allocator = new Allocator(BASE, BASE + 128);
    expect([allocator.allocate(192), allocator.allocate(128), allocator.allocate(64)]).to.deep.equal([-1, BASE, -1]);
    allocator.free(BASE, 128);
    expect(allocator.allocate(64)).to.equal(BASE);
  });

  it('rounds up to whole cache lines, at least one', () => {
    expect([0, 1, 64, 65, 128].map((bytes) => Allocator.roundUp(bytes))).to.deep.equal([64, 64, 64, 128, 128]);
  });
});
