/**
 * The words that caller and workers share, in the heap itself, and how a job is handed over.
 *
 * The caller writes a job while the door is closed and nobody is inside, then opens the door, counts up `generation`
 * and wakes the workers. A worker enters (`inside` + 1), and leaves at once if the door is closed; else it takes ranges
 * until none are left, and leaves. The caller takes ranges, too, then closes the door and waits until nobody is inside.
 * Entering before looking at the door, and closing it before counting, is what makes this safe: either the worker sees
 * the door closed, or the caller sees the worker (both orders being sequentially consistent).
 */

/** Words of 32 bits. */
export const word = {
  /** Counts jobs; workers wait for it to change. */
  generation: 0,
  /** 1 while a job may be entered. */
  door: 1,
  /** Workers inside. */
  inside: 2,
  /** Number of the next range. */
  next: 3,
  /** The job: kernel, number of arguments, elements in all, elements a range. */
  kernel: 4,
  arity: 5,
  total: 6,
  chunk: 7,
  /** 1 once a worker has failed: the others stop taking ranges. */
  failed: 8,
  /** Ranges finished by workers: shows that they live. */
  progress: 9,
  /** 1 tells workers to end. */
  closing: 10,
  /** Workers that have booted. */
  ready: 11,
  /** First of one word a worker: see `status`. */
  status: 16,
} as const;

export const status = { booting: 0, ready: 1, threw: 2, exited: 3 } as const;

export const MAX_WORKERS = 48;
export const MAX_ARGUMENTS = 28;

const WORDS = word.status + MAX_WORKERS;
/** A control block: its words, then the arguments as float64 (which holds addresses and floats exactly). */
export const CONTROL_BYTES = 4 * WORDS + 8 * MAX_ARGUMENTS;

export interface Control {
  readonly words: Int32Array;
  readonly args: Float64Array;
}

export const controlAt = (buffer: ArrayBufferLike, address: number): Control => ({
  words: new Int32Array(buffer, address, WORDS),
  args: new Float64Array(buffer, address + 4 * WORDS, MAX_ARGUMENTS),
});

/** Takes ranges of the open job until there are none left; returns how many it did. */
export function takeRanges({ words }: Control, run: (begin: number, end: number) => void): number {
  const total = words[word.total];
  const chunk = words[word.chunk];
  for (let done = 0; ; done++) {
    const begin = Atomics.add(words, word.next, 1) * chunk;
    if (begin >= total || Atomics.load(words, word.failed) === 1) return done;
    run(begin, Math.min(total, begin + chunk));
  }
}
