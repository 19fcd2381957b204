/** What a whole network takes of memory: each in a process of its own, because a peak never goes down again. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { MemoryRow } from './harness/results.js';
import { networkCases } from './models/index.js';

const CHILD = fileURLToPath(new URL('./memory-child.js', import.meta.url));

/** Keys of the networks that can be measured, with their names. */
export const memoryNames = (): [key: string, name: string][] =>
  Array.from(networkCases(false), ([key, make]) => {
    const { family, name } = make();
    return [key, `${family}, ${name}`];
  });

export function measureMemory(key: string, name: string, threads: number): MemoryRow {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHILD, key, String(threads)], { encoding: 'utf8' });
  const [heapBytes, residentBytes] = stdout.split(' ').map(Number);
  if (status !== 0 || !(heapBytes > 0) || !(residentBytes > 0))
    throw new Error(`measureMemory: ${key} on ${threads} threads failed\n${stderr}`);
  return { name, threads, heapBytes, residentBytes };
}
