/** What a worker does all its life: wait for a job, take ranges of it, wait again. */
import { publishedKernels } from '../wasm/module.js';
import { MAX_WORKERS, controlAt, status, takeRanges, word } from './control.js';

export interface WorkerSetup {
  readonly memory: WebAssembly.Memory;
  readonly controlAddress: number;
  /** Names of the kernels, by number, and where their bytes are listed. */
  readonly names: readonly string[];
  readonly tableAddress: number;
  /** Which of the status words is this worker's. */
  readonly index: number;
  /** For tests: what to do at the first range instead of working. */
  readonly fault?: 'throw' | 'exit' | 'memory' | 'hang';
}

/**
 * Turns looking for the next job before going to sleep: a few microseconds. Ten or a hundred times as many gained
 * nothing.
 */
const SPINS = 2_000;

/** Never returns, until the pool closes. What it throws has been marked in its status word. */
export function serve(
  { memory, controlAddress, names, tableAddress, index, fault }: WorkerSetup, exit: () => void,
): void {
  if (index >= MAX_WORKERS) throw new RangeError(`worker ${index}: there are ${MAX_WORKERS} status words`);
  const kernelOf = publishedKernels(names, memory, tableAddress);
  const control = controlAt(memory.buffer, controlAddress);
  const { words, args } = control;
  let seen = Atomics.load(words, word.generation);
  Atomics.store(words, word.status + index, status.ready);
  Atomics.add(words, word.ready, 1);
  while (Atomics.load(words, word.closing) === 0) {
    for (let spin = 0; spin < SPINS && Atomics.load(words, word.generation) === seen; spin++);
    Atomics.wait(words, word.generation, seen);
    seen = Atomics.load(words, word.generation);
    Atomics.add(words, word.inside, 1);
    try {
      if (Atomics.load(words, word.door) === 1) {
        const run = kernelOf(words[word.kernel]);
        const own = Array.from(args.subarray(0, words[word.arity]));
        takeRanges(control, (begin, end) => {
          if (fault !== undefined) fail(fault, exit);
          run(...own, begin, end);
          Atomics.add(words, word.progress, 1);
        });
      }
    } catch (error) {
      Atomics.store(words, word.status + index, status.threw);
      Atomics.store(words, word.failed, 1);
      throw error;
    } finally {
      Atomics.sub(words, word.inside, 1);
      Atomics.notify(words, word.inside);
    }
  }
}

/** The ways a worker can go wrong, at will. */
function fail(fault: NonNullable<WorkerSetup['fault']>, exit: () => void): void {
  if (fault === 'throw') throw new Error('a fault that a test asked for');
  if (fault === 'exit') exit();
  const hoard: unknown[] = [];
  for (;;) if (fault === 'memory') hoard.push(new Array(1e6).fill(hoard.length));
}
