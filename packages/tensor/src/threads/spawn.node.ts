/** Starting workers under Node. The twin for pages is spawn.browser.ts. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WorkerSetup } from './worker-loop.js';

export interface WorkerHandle {
  readonly terminate: () => void;
}

/** Workers are asleep most of the time and allocate next to nothing. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

/** `onEnd` is told why, when a worker ends that nobody has terminated. A worker never keeps the process alive. */
export function spawnWorker(setup: WorkerSetup, onEnd: (reason: string) => void): WorkerHandle {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), {
    workerData: setup,
    resourceLimits: LIMITS,
    execArgv: [], // options of the process, such as --input-type, may not suit a worker's file
  });
  let terminated = false;
  worker.on('error', (error) => onEnd(`it threw: ${error.message}`));
  worker.on('exit', (code) => {
    if (!terminated) onEnd(`it exited with code ${code}`);
  });
  worker.unref();
  return {
    terminate: () => {
      terminated = true;
      void worker.terminate();
    },
  };
}

export const hardwareThreads = (): number => availableParallelism();
