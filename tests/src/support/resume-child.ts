/**
 * Trains in a process that may be told to kill itself:
 *
 *     node resume-child.js <training> <folder> <threads> [step|write <N>]
 *
 * `step N`: after step N, before anything is saved. `write N`: while the checkpoint after step N is being written, as
 * soon as there is a part of it. Prints a line a step; at the end leaves final.safetensors.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setThreads, threadsReady } from '@vitrine/tensor';
import { trainToEnd, trainings } from './resumable.js';
import type { TrainingName } from './resumable.js';

const [name, folder, threads, when, at] = process.argv.slice(2);
const isTraining = (text: string): text is TrainingName => Object.hasOwn(trainings, text);
if (!isTraining(name)) throw new Error(`resume-child: no training '${name}'`);

const die = (): void => void process.kill(process.pid, 'SIGKILL');
const partial = (): boolean => readdirSync(folder).some((file) => file.startsWith('training.safetensors.tmp-'));

/** Looks once a turn of the event loop: between the file's beginning and its renaming there are several. */
function dieInTheMiddle(): void {
  if (partial()) die();
  else setImmediate(dieInTheMiddle);
}

setThreads(Number(threads));
await threadsReady();
const bytes = await trainToEnd(name, folder, {
  onStep({ step }) {
    process.stdout.write(`step ${step}\n`);
    if (step !== Number(at)) return;
    if (when === 'step') die();
    if (when === 'write') {
      if (partial()) throw new Error('part of a file is left from before');
      setImmediate(dieInTheMiddle);
    }
  },
});
writeFileSync(join(folder, 'final.safetensors'), bytes);
