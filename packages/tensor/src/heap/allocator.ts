/**
 * Which bytes of the heap are taken: plain bookkeeping, no memory in sight.
 *
 * Free blocks are kept in bins by size, bin k holding those of 2^k to 2^(k+1) − 1 bytes. An allocation takes
 * the first fitting block of its own bin, else any block of a larger bin, else new bytes at the top; the
 * rest of a split block goes back to its bin. A freed block merges with free neighbours, so that a training
 * loop, which asks for the same sizes in every step, finds the same bytes again. Freeing takes constant time, and
 * allocating a look through one bin and then at one block of each larger one.
 * Source: segregated fits, Wilson et al. 1995, "Dynamic Storage Allocation: A Survey and Critical Review".
 */

/** Every block starts on a cache line, so that threads writing neighbouring blocks share none. */
export const ALIGNMENT = 64;

const BINS = 53;
const binOf = (bytes: number): number => Math.floor(Math.log2(bytes));

export class Allocator {
  /** First byte above every block ever handed out and not merged back. */
  private top: number;
  private readonly bins: Set<number>[] = Array.from({ length: BINS }, () => new Set<number>());
  /** Free blocks: start → bytes, and end → start, to find neighbours. */
  private readonly sizes = new Map<number, number>();
  private readonly startAt = new Map<number, number>();

  /** Hands out bytes from `base` up to `limit`. `base` should not be 0, so that address 0 is nobody's. */
  constructor(base: number, private readonly limit: number) {
    this.top = base;
  }

  /** Bytes up to here must exist. */
  get end(): number {
    return this.top;
  }

  /** `bytes` as they are really taken: rounded up to the alignment, at least one line. */
  static roundUp(bytes: number): number {
    return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
  }

  /** Start of a free block of `bytes` (already rounded), or −1 when there is none below the limit. */
  allocate(bytes: number): number {
    const own = binOf(bytes);
    for (const start of this.bins[own]) {
      if (this.sizes.get(start)! >= bytes) return this.take(start, bytes);
    }
    for (let bin = own + 1; bin < BINS; bin++) {
      for (const start of this.bins[bin]) return this.take(start, bytes);
    }
    if (this.top + bytes > this.limit) return -1;
    const start = this.top;
    this.top += bytes;
    return start;
  }

  /** Gives back what `allocate(bytes)` handed out at `start`. */
  free(start: number, bytes: number): void {
    const following = this.sizes.get(start + bytes);
    if (following !== undefined) {
      this.remove(start + bytes, following);
      bytes += following;
    }
    const preceding = this.startAt.get(start);
    if (preceding !== undefined) {
      this.remove(preceding, start - preceding);
      bytes += start - preceding;
      start = preceding;
    }
    if (start + bytes === this.top) this.top = start;
    else this.insert(start, bytes);
  }

  private take(start: number, bytes: number): number {
    const size = this.sizes.get(start)!;
    this.remove(start, size);
    if (size > bytes) this.insert(start + bytes, size - bytes);
    return start;
  }

  private insert(start: number, bytes: number): void {
    this.sizes.set(start, bytes);
    this.startAt.set(start + bytes, start);
    this.bins[binOf(bytes)].add(start);
  }

  private remove(start: number, bytes: number): void {
    this.sizes.delete(start);
    this.startAt.delete(start + bytes);
    this.bins[binOf(bytes)].delete(start);
  }
}
