/** Starting a decoding worker under Node. The twin for pages is decoder.browser.ts. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Answer, DecoderHandle, DecoderListener, Job, Ready } from './pool.js';
import type { ReadImageOptions } from './read-image.js';

/** One core is left to the caller; more than four are rarely fed by a disk, or needed by a step. */
export const defaultWorkers = (): number => Math.max(1, Math.min(4, availableParallelism() - 1));

export function spawnDecoder(options: ReadImageOptions, { onReady, onAnswer, onEnd }: DecoderListener): DecoderHandle {
  const worker = new Worker(new URL('./decode-worker.node.js', import.meta.url), {
    workerData: options,
    execArgv: [], // options of the process, such as --input-type, may not suit a worker's file
  });
  let reason = '';
  worker.on('message', (message: Answer | Ready) => (message === 'ready' ? onReady() : onAnswer(message)));
  worker.on('error', (error) => { reason = error.message; });
  // After 'error', and after every answer that it has sent.
  worker.on('exit', (code) => onEnd(reason === '' ? `exited with code ${code}` : reason));
  worker.unref();
  return {
    post: (job: Job) => worker.postMessage(job),
    holdProcess: (hold) => (hold ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}
