/** Starting workers in a page. The twin for Node is spawn.node.ts. */
import type { WorkerSetup } from './worker-loop.js';

export interface WorkerHandle {
  readonly terminate: () => void;
}

export function spawnWorker(setup: WorkerSetup, onEnd: (reason: string) => void): WorkerHandle {
  const worker = new Worker(new URL('./worker.browser.js', import.meta.url), { type: 'module' });
  worker.addEventListener('error', (event) => onEnd(`it threw: ${event.message}`));
  worker.postMessage(setup);
  return { terminate: () => worker.terminate() };
}

export const hardwareThreads = (): number => navigator.hardwareConcurrency;
