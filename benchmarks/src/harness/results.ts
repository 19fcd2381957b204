/** Results, as they are kept in a file and compared later. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import type { Rate } from './case.js';
import type { Ceilings } from './roofline.js';

export interface Result {
  readonly family: string;
  readonly name: string;
  readonly face: string;
  readonly rate: Rate;
  /** Flops, bytes or images of one run, by `rate`. */
  readonly work: number;
  /** The least time this machine could need; see roofline.ts. */
  readonly roofSeconds: number;
  /** Of one run, one number a sample. */
  readonly samples: readonly number[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
}

/** One process on its own: see memory.ts and startup.ts. */
export interface MemoryRow {
  readonly name: string;
  readonly threads: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export interface StartupRow {
  readonly name: string;
  /** From starting the process to its first output. */
  readonly samples: readonly number[];
}

export interface Report {
  readonly format: 1;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly ceilings: readonly Ceilings[];
  readonly results: readonly Result[];
  /** Why benchmarks are missing: wrong results, for one. */
  readonly failures: readonly string[];
  readonly memory: readonly MemoryRow[];
  readonly startup: readonly StartupRow[];
}

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
});

/** Written beside and renamed: a reader finds the old file or the new one. */
export function writeFile(path: string, text: string): void {
  const beside = `${path}.tmp-${process.pid}`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

export const writeReport = (path: string, report: Report): void => writeFile(path, `${JSON.stringify(report)}\n`);

export function readReport(path: string): Report {
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isReport(report)) throw new Error(`readReport: ${path}: not a report that --json has written (format 1)`);
  return report;
}

const isReport = (value: unknown): value is Report =>
  typeof value === 'object'
  && value !== null
  && 'format' in value
  && value.format === 1
  && 'results' in value
  && Array.isArray(value.results);
