/** The runner of several threads: the caller and its workers share out ranges. */
import { spawnWorker } from '#spawn';
import type { WorkerHandle } from '#spawn';
import type { Heap } from '../heap/heap.js';
import type { KernelModule } from '../wasm/module.js';
import type { Runner } from '../wasm/runner.js';
import { withScratch } from '../wasm/serial.js';
import { CONTROL_BYTES, MAX_ARGUMENTS, MAX_WORKERS, controlAt, status, takeRanges, word } from './control.js';
import type { Control } from './control.js';
import type { WorkerSetup } from './worker-loop.js';

/** Thrown when a worker has failed. The pool stays closed: results would be wrong without anyone noticing. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';
}

export interface PoolOptions {
  /** Longest time a worker may go without finishing a range while the caller waits, in ms. Default 10,000. */
  readonly patience?: number;
  /** For tests: see `WorkerSetup`. */
  readonly fault?: WorkerSetup['fault'];
}

/** Turns watching workers finish before going to sleep. */
const SPINS = 2_000;
/** A sleeping caller looks around this often: a worker that died wakes nobody. */
const SLICE = 50; // ms

export class Pool implements Runner {
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly control: Control;
  private readonly workers: WorkerHandle[];
  private readonly patience: number;
  /** Why the pool is closed; null while it works. */
  private broken: string | null = null;

  /**
   * Starts `threads` − 1 workers, which boot in the background; until they are up the caller does everything itself.
   */
  constructor(
    readonly threads: number, private readonly kernels: KernelModule, private readonly heap: Heap,
    { patience = 10_000, fault }: PoolOptions = {},
  ) {
    if (heap.memory === null || heap.kind !== 'shared') {
      throw new Error(`Pool: threads need a shared heap; this one is '${heap.kind}'`);
    }
    if (!Number.isInteger(threads) || threads < 2 || threads > MAX_WORKERS + 1) {
      throw new RangeError(`Pool: threads is a whole number from 2 to ${MAX_WORKERS + 1}; got ${threads}`);
    }
    this.patience = patience;
    this.numbers = new Map(kernels.names.map((name, number) => [name, number]));
    const controlAddress = heap.reserve(CONTROL_BYTES);
    this.control = controlAt(heap.memory.buffer, controlAddress);
    this.control.words.fill(0);
    const setup = { memory: heap.memory, controlAddress, names: kernels.names, tableAddress: kernels.tableAddress };
    this.workers = Array.from({ length: threads - 1 }, (_, index) =>
      spawnWorker(
        { ...setup, index, ...(fault !== undefined && { fault }) },
        (reason) => this.breakDown(index, reason),
      ),
    );
  }

  /** Workers that have booted. */
  get ready(): number {
    return Atomics.load(this.control.words, word.ready);
  }

  /** Resolves when all workers have booted. Rejects with a ThreadError if one has stopped. */
  async whenReady(): Promise<void> {
    while (this.ready < this.workers.length) {
      if (this.broken !== null) throw this.error();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  ranges(name: string, total: number, chunk: number, args: readonly number[]): void {
    if (this.broken !== null) throw this.error();
    const run = this.kernels.kernels[name];
    if (total <= chunk || this.ready === 0) {
      for (let begin = 0; begin < total; begin += chunk) run(...args, begin, Math.min(total, begin + chunk));
      return;
    }
    const { words } = this.control;
    this.open(name, total, chunk, args);
    try {
      takeRanges(this.control, (begin, end) => run(...args, begin, end));
    } finally {
      Atomics.store(words, word.door, 0);
      this.waitUntilEmpty();
    }
    if (Atomics.load(words, word.failed) === 1) this.breakDown(this.failedWorker(), 'it threw');
    if (this.broken !== null) throw this.error();
  }

  scratch(length: number, body: (array: Float32Array) => void): void {
    withScratch(this.heap, length, body);
  }

  /** Ends the workers. The pool cannot be used afterwards. */
  close(): void {
    this.broken ??= 'it was closed';
    const { words } = this.control;
    Atomics.store(words, word.closing, 1);
    Atomics.add(words, word.generation, 1);
    Atomics.notify(words, word.generation);
    for (const worker of this.workers) worker.terminate();
  }

  private open(name: string, total: number, chunk: number, args: readonly number[]): void {
    if (args.length > MAX_ARGUMENTS) {
      throw new RangeError(`${name}: a kernel takes at most ${MAX_ARGUMENTS} arguments; got ${args.length}`);
    }
    const { words, args: shared } = this.control;
    shared.set(args);
    words[word.kernel] = this.numbers.get(name) ?? -1;
    words[word.arity] = args.length;
    words[word.total] = total;
    words[word.chunk] = chunk;
    Atomics.store(words, word.next, 0);
    Atomics.store(words, word.door, 1);
    Atomics.add(words, word.generation, 1);
    Atomics.notify(words, word.generation);
  }

  /** Sleeps in slices until every worker has left; gives up on one that is dead or makes no progress. */
  private waitUntilEmpty(): void {
    const { words } = this.control;
    for (let spin = 0; spin < SPINS && Atomics.load(words, word.inside) !== 0; spin++);
    let progress = Atomics.load(words, word.progress);
    // Slices that were waited for to the end, not the clock: a process that is stopped (Ctrl-Z) or sleeps loses none.
    let silent = 0;
    for (;;) {
      const inside = Atomics.load(words, word.inside);
      if (inside === 0) return;
      if (Atomics.wait(words, word.inside, inside, SLICE) === 'timed-out') silent += SLICE;
      const now = Atomics.load(words, word.progress);
      if (now !== progress) [progress, silent] = [now, 0];
      const exited = this.workers.findIndex((_, index) => Atomics.load(words, word.status + index) === status.exited);
      if (exited >= 0) return this.breakDown(exited, 'it exited');
      if (silent > this.patience) {
        return this.breakDown(
          -1,
          `no range was finished for ${this.patience / 1000} s (it may have run out of memory, or hang)`,
        );
      }
    }
  }

  private failedWorker(): number {
    return this.workers.findIndex((_, index) => Atomics.load(this.control.words, word.status + index) === status.threw);
  }

  private breakDown(index: number, reason: string): void {
    this.broken ??= index < 0
      ? `a worker stopped: ${reason}`
      : `worker ${index + 1} of ${this.workers.length} stopped: ${reason}`;
  }

  private error(): ThreadError {
    return new ThreadError(
      `threads: ${this.broken}; results since the last operation are not to be trusted. ` +
        `setThreads(n) starts anew, setThreads(1) does without`,
    );
  }
}
