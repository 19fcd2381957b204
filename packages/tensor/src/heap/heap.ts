/**
 * Where float32 elements live: one shared `WebAssembly.Memory`, seen through `Float32Array` views, so that plain loops,
 * SIMD kernels and worker threads all work on the same bytes without copying.
 *
 * A page that is not cross-origin isolated may not share memory and gets a private one. Where no such memory can be
 * had at all (a small `ulimit -v`, no WebAssembly), every block is an `ArrayBuffer` of its own.
 */
import { Allocator } from './allocator.js';

const PAGE = 65_536;
/** One page short of 4 GiB, so that the address just past the last element still fits 32 bits. */
const MAX_PAGES = 65_535;
/** Maxima to try, largest first: reserving addresses costs no memory, but the system may refuse a large range. */
const PAGE_LIMITS = [MAX_PAGES, 32_768, 16_384, 4_096, 1_024];
/** Memory grows in steps of at least 16 MiB: growing takes 20 µs, but a step an allocation would be thousands. */
const GROWTH_PAGES = 256;

/** Bytes that exist beyond the last block: a vector load at the end of a row may read, and ignore, what follows. */
const OVERRUN = 64;

/** A taken range of the heap. `shape` is only for reports of what holds the memory. */
export interface Block {
  readonly offset: number;
  readonly bytes: number;
  readonly shape: string;
  /** Present where the block has a buffer of its own. */
  readonly own?: Float32Array;
}

export type HeapKind = 'shared' | 'private' | 'array';

/** Thrown when the heap has no room; the message tells what is live. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

export class Heap {
  readonly memory: WebAssembly.Memory | null;
  readonly kind: HeapKind;
  /** Pages the memory may grow to; 0 where there is none. */
  readonly maxPages: number;
  /** Bytes of live blocks now, and the most there have been. */
  liveBytes = 0;
  peakBytes = 0;
  /** Grows by one whenever views of a private memory go stale. */
  generation = 0;
  private readonly allocator: Allocator | null;
  private readonly live = new Set<Block>();

  constructor(kinds: readonly HeapKind[] = ['shared', 'private', 'array']) {
    const found = reserve(kinds);
    this.memory = found.memory;
    this.kind = found.kind;
    this.maxPages = found.pages;
    this.allocator = found.memory === null ? null : new Allocator(1024, found.pages * PAGE);
    if (found.memory !== null && found.kind === 'private') this.generation = 1;
  }

  /** Bytes that exist in the memory (resident only once touched). */
  get capacityBytes(): number {
    return this.memory === null ? this.liveBytes : this.memory.buffer.byteLength;
  }

  get liveBlocks(): number {
    return this.live.size;
  }

  /** Room for `length` float32 elements, uninitialised. Throws an OutOfMemoryError that tells what is live. */
  allocate(length: number, shape: string): Block {
    const bytes = Allocator.roundUp(4 * length);
    const block = this.allocator === null
      ? this.allocateArray(bytes, shape)
      : this.allocateRange(this.allocator, bytes, shape);
    this.live.add(block);
    this.liveBytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes);
    return block;
  }

  free(block: Block): void {
    if (!this.live.delete(block)) return;
    this.liveBytes -= block.bytes;
    this.allocator?.free(block.offset, block.bytes);
  }

  /**
   * `bytes` of the memory for good, for the library's own needs: not counted as live, never given back. Returns their
   * address.
   */
  reserve(bytes: number): number {
    if (this.allocator === null) throw new Error('Heap.reserve: a heap of plain arrays has no addresses');
    return this.allocateRange(this.allocator, Allocator.roundUp(bytes), '[reserved]').offset;
  }

  /** The elements of a block. A view of a private memory is valid for one `generation` only. */
  view(block: Block, length: number): Float32Array {
    if (block.own !== undefined) return block.own.subarray(0, length);
    return new Float32Array(this.memory!.buffer, block.offset, length);
  }

  /** `3 × [32,28,28,48] (13.8 MB), …`: the shapes that hold the most bytes. */
  describeLive(rows = 5): string {
    const totals = new Map<string, { count: number; bytes: number }>();
    for (const { shape, bytes } of this.live) {
      const total = totals.get(shape) ?? { count: 0, bytes: 0 };
      totals.set(shape, { count: total.count + 1, bytes: total.bytes + bytes });
    }
    const largest = [...totals].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, rows);
    return largest
      .map(([shape, { count, bytes }]) => `${count} × ${shape} (${megabytes(bytes)})`)
      .join(', ') || 'nothing';
  }

  private allocateRange(allocator: Allocator, bytes: number, shape: string): Block {
    const offset = allocator.allocate(bytes);
    if (offset < 0) throw this.full(bytes, shape);
    const memory = this.memory!;
    const missing = allocator.end + OVERRUN - memory.buffer.byteLength;
    if (missing > 0) {
      const needed = Math.ceil(missing / PAGE);
      if (!grow(memory, Math.max(needed, GROWTH_PAGES)) && !grow(memory, needed)) {
        allocator.free(offset, bytes);
        throw this.full(bytes, shape);
      }
      if (this.kind === 'private') this.generation++;
    }
    return { offset, bytes, shape };
  }

  private allocateArray(bytes: number, shape: string): Block {
    try {
      return { offset: 0, bytes, shape, own: new Float32Array(bytes / 4) };
    } catch {
      throw this.full(bytes, shape);
    }
  }

  private full(bytes: number, shape: string): OutOfMemoryError {
    return new OutOfMemoryError(
      `heap: no room for ${shape} (${megabytes(bytes)}); ` +
        `${megabytes(this.liveBytes)} are live in ${this.live.size} tensors: ${this.describeLive()}. ` +
        `Use a smaller batch, or wrap the steps of a loop in scope(() => …) so that what they make is released`,
    );
  }
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function grow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}

function reserve(kinds: readonly HeapKind[]): { kind: HeapKind; memory: WebAssembly.Memory | null; pages: number } {
  for (const kind of kinds) {
    if (kind === 'array' || typeof WebAssembly === 'undefined') continue;
    for (const pages of PAGE_LIMITS) {
      try {
        const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: kind === 'shared' });
        return { kind, memory, pages };
      } catch {
        // The range, or sharing, was refused: try the next smaller one.
      }
    }
  }
  return { kind: 'array', memory: null, pages: 0 };
}
