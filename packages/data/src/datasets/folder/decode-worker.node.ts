/** A decoding worker's first file: images in the order they are asked for, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Job, Ready } from './pool.js';
import { readImage, type ReadImageOptions } from './read-image.js';

if (parentPort === null) throw new Error('decode-worker: this file is started by decoder.node.ts');
const port = parentPort;
const options = workerData as ReadImageOptions;

async function work({ id, path, keep }: Job): Promise<void> {
  try {
    const image = await readImage(path, options);
    const answer: Answer = { id, image: keep ? image : null };
    const { buffer } = image.data;
    port.postMessage(answer, keep && buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch (error) {
    const answer: Answer = { id, error: error instanceof Error ? error.message : String(error) };
    port.postMessage(answer);
  }
}

/** Everything asked for so far: `work` never rejects. One at a time, so that memory holds one file and its pixels. */
let done = Promise.resolve();
port.on('message', (job: Job) => {
  done = done.then(() => work(job));
});
const ready: Ready = 'ready';
port.postMessage(ready);
