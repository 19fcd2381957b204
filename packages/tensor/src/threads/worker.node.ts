/** A worker's first file under Node. The twin for pages is worker.browser.ts. */
import process from 'node:process';
import { workerData } from 'node:worker_threads';
import { controlAt, status, word } from './control.js';
import { serve } from './worker-loop.js';
import type { WorkerSetup } from './worker-loop.js';

const setup = workerData as WorkerSetup;

// `process.exit` in a worker ends only the worker; the caller may be asleep and must not wait for it.
process.on('exit', () => {
  const { words } = controlAt(setup.memory.buffer, setup.controlAddress);
  Atomics.compareExchange(words, word.status + setup.index, status.ready, status.exited);
  Atomics.notify(words, word.inside);
});

serve(setup, () => process.exit(1));
