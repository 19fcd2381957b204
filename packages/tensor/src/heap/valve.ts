/**
 * The collector's valve. V8 sees a tensor as a small object, not as the megabytes behind it, and would never
 * collect: live bytes of unscoped tensors grow without bound. So when enough unscoped bytes have been made, an
 * ArrayBuffer of that size, whose bytes V8 does count, is made and dropped, and macrotasks are awaited until
 * finalizers have run. (Measured: live bytes stay within 200 MB at 100 MB a step; yielding alone frees nothing.)
 */
import { runtime } from '../runtime.js';

const THRESHOLD = 128 * 2 ** 20;
/**
 * Finalizers run up to dozens of macrotasks after the collection, or never when all that was made is still in use: so
 * many turns are waited after it. The collection itself works beside the program, and takes the longer the more
 * JavaScript objects there are and the busier the machine is: it is waited for by a witness, not by the clock, which
 * only ends what nobody can explain.
 */
const PATIENCE = { turns: 64, ms: 5_000 };

/** Signals, timers and the page's events wait at most this long. */
const TURN_INTERVAL = 50; // ms

/** A turn of the event loop. `setTimeout` waits at least a millisecond; Node has something quicker. */
const macrotask = (): Promise<void> =>
  new Promise((resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0)));

/**
 * Lets everything else have its turn: every 50 ms the event loop (a loop that only awaits settled promises starves it,
 * and Ctrl-C with it), and, once 128 MiB of tensors have been made outside every scope, the garbage collector.
 * The data loader awaits it once a batch; a loop without a loader should, too.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - runtime.lastTurn > TURN_INTERVAL) {
    await macrotask();
    runtime.lastTurn = performance.now();
  }
  if (runtime.unscopedBytes < THRESHOLD) return;
  // The first finalizer to run may be a straggler of an earlier collection: what counts is how much they have freed.
  const before = runtime.finalizedBytes;
  const started = performance.now();
  let collected = false;
  const witness = new FinalizationRegistry<null>(() => {
    collected = true;
  });
  drop(witness);
  let turns = 0;
  while (turns < PATIENCE.turns && performance.now() - started < PATIENCE.ms
    && runtime.finalizedBytes - before < runtime.unscopedBytes / 2) {
    if (collected || !press(runtime.unscopedBytes)) turns++;
    await macrotask();
  }
  witness.unregister(witness); // which also keeps it until here: a registry that is collected itself tells nothing
  const freed = runtime.finalizedBytes - before;
  // What is still in use after all that patience would only make every later batch wait again.
  runtime.unscopedBytes = freed < runtime.unscopedBytes / 2 ? 0 : Math.max(0, runtime.unscopedBytes - freed);
}

/** Makes and drops an object, of whose end the witness hears: at the next full collection. */
function drop(witness: FinalizationRegistry<null>): void {
  witness.register({}, null, witness);
}

/**
 * Makes and drops a buffer, in a function of its own so that nothing keeps it alive. False where there is no room for
 * it (a small `ulimit -v`): V8 has collected all it could before it said so.
 */
function press(bytes: number): boolean {
  try {
    new ArrayBuffer(Math.min(bytes, 2 ** 30));
    return true;
  } catch {
    return false;
  }
}
