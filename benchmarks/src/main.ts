/** `pnpm bench`: measures, prints, keeps, compares. */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { breathe } from '@vitrine/tensor';
import type { Case } from './harness/case.js';
import { formatComparison } from './harness/compare.js';
import { facesOf } from './harness/faces.js';
import { familyRows, formatBytes, formatTime, textTable } from './harness/format.js';
import { sectionsOf, updatePage } from './harness/markdown.js';
import { FULL, QUICK } from './harness/measure.js';
import { describeMachine, readReport, writeReport } from './harness/results.js';
import type { MemoryRow, Report, Result, StartupRow } from './harness/results.js';
import { measureCeilings } from './harness/roofline.js';
import type { Ceilings } from './harness/roofline.js';
import { runCase } from './harness/run-case.js';
import type { Settings } from './harness/run-case.js';
import { kernelCases } from './kernels/index.js';
import { measureMemory, memoryNames } from './memory.js';
import { modelCases } from './models/index.js';
import { HELP, UsageError, matches, readOptions } from './options.js';
import type { Options } from './options.js';
import { measureStartup } from './startup.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const STARTUP_ROUNDS = { full: 15, quick: 1 };

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return say(HELP);
  // Now: a wrong path should not cost the run.
  const before = options.compare === undefined ? undefined : readReport(options.compare);
  const wanted = (family: string, name: string): boolean => matches(options.words, `${family} ${name}`);
  const cases = [...kernelCases(), ...modelCases()].filter(({ family, name }) => wanted(family, name));
  const memory = memoryNames().filter(([, name]) => wanted('memory', name));
  const startup = wanted('startup', '');
  if (cases.length + memory.length === 0 && !startup)
    throw new UsageError(`nothing has '${options.words.join(' ')}' in its family or name; --list lists all`);
  if (options.list) {
    for (const { family, name } of cases) say(`${family}: ${name}`);
    for (const [, name] of memory) say(`memory: ${name}`);
    if (startup) say('startup');
    return;
  }
  const report = await measureAll(options, cases, memory, startup);
  if (options.json !== undefined) writeReport(options.json, report);
  if (options.markdown !== undefined) updatePage(options.markdown, sectionsOf(report));
  if (before !== undefined) say(`\n${formatComparison(before, report)}`);
  if (report.failures.length > 0)
    throw new Error(`${report.failures.length} not measured:\n  ${report.failures.join('\n  ')}`);
}

async function measureAll(
  { quick, threads = availableParallelism() }: Options,
  cases: readonly Case[],
  memory: readonly [string, string][],
  startup: boolean,
): Promise<Report> {
  const machine = describeMachine();
  say(`${machine.processor}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}`);
  const faces = facesOf(threads);
  const effort = quick ? QUICK : FULL;
  const hasSimd = faces.some(({ backend }) => backend === 'simd');
  const ceilings = hasSimd && cases.length > 0 ? await measureCeilings(threads, effort) : [];
  for (const each of ceilings) sayCeilings(each);
  const { results, failures } = await runCases(cases, { faces, effort, ceilings });
  // A late failure does not lose what has been measured before.
  const late: string[] = [];
  const attempt = async <T>(what: string, measure: () => T[] | Promise<T[]>): Promise<T[]> => {
    try {
      return await measure();
    } catch (error) {
      late.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  return {
    format: 1,
    quick,
    machine,
    ceilings,
    results,
    memory: await attempt('memory', () => measureMemories(memory, [...new Set([1, threads])])),
    startup: startup ? await attempt('startup', () => startups(quick)) : [],
    failures: [...failures, ...late],
  };
}

const sayCeilings = ({ threads, arithmetic, copying }: Ceilings): void =>
  say(
    `roof ×${threads}: ${(arithmetic / 1e9).toFixed(1)} GFLOP/s; copying `
      + copying.map(({ bytes, rate }) => `${formatBytes(bytes)} ${(rate / 1e9).toFixed(1)}`).join(', ')
      + ' GB/s',
  );

/** Prints a table as soon as its family is done. What fails is not timed, and does not keep the others from it. */
async function runCases(cases: readonly Case[], settings: Settings): Promise<Pick<Report, 'results' | 'failures'>> {
  const all: Result[] = [];
  const failures: string[] = [];
  for (const family of new Set(cases.map((item) => item.family))) {
    const results: Result[] = [];
    for (const item of cases.filter((each) => each.family === family)) {
      try {
        results.push(...(await runCase(item, settings)));
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        say(`FAILED ${failures[failures.length - 1]}`);
      }
      await breathe(); // what networks have left to the collector
    }
    if (results.length > 0) say(`\n${family}\n${textTable(familyRows({ family, results }))}`);
    all.push(...results);
  }
  return { results: all, failures };
}

function measureMemories(names: readonly [string, string][], threads: readonly number[]): MemoryRow[] {
  const rows = names.flatMap(([key, name]) => threads.map((count) => measureMemory(key, name, count)));
  if (rows.length > 0) {
    say(
      `\nmemory\n${textTable([
        ['', 'threads', 'heap at most', 'resident at most'],
        ...rows.map((row) => [
          row.name,
          String(row.threads),
          formatBytes(row.heapBytes),
          formatBytes(row.residentBytes),
        ]),
      ])}`,
    );
  }
  return rows;
}

async function startups(quick: boolean): Promise<StartupRow[]> {
  const rows = await measureStartup(quick ? STARTUP_ROUNDS.quick : STARTUP_ROUNDS.full);
  say(`\nstartup\n${textTable(rows.map(({ name, samples }) => [name, formatTime(samples)]))}`);
  return rows;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
