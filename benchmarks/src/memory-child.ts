/**
 * `memory-child.js KEY THREADS`: runs a network a few times; prints the peaks of the heap and of the process, in
 * bytes.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { info, setThreads, threadsReady } from '@vitrine/tensor';
import { activeKernels } from '@vitrine/tensor/internal';
import { Arrays } from './harness/arrays.js';
import { networkCases } from './models/index.js';

const RUNS = 3;

/** On Linux from /proc: the figure of getrusage begins with what the parent process had. */
function peakResidentBytes(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return 1024 * Number(line[1]);
  } catch {
    // not Linux
  }
  return 1024 * process.resourceUsage().maxRSS;
}

const [key, threads] = process.argv.slice(2);
const make = networkCases(false).get(key);
if (make === undefined) throw new Error(`memory-child: there is no network '${key}'`);
setThreads(Number(threads));
await threadsReady();
const prepared = make().prepare(new Arrays());
prepared.reset?.();
const run = prepared.plan(activeKernels());
for (let i = 0; i < RUNS; i++) run();
process.stdout.write(`${info().heap.peakBytes} ${peakResidentBytes()}`);
