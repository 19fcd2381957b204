/**
 * Vitrine beside other frameworks: inference, steps of training, and single operations.
 *
 * Each thread count has a process of its own: some frameworks choose their threads once.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTime, markdownTable, textTable } from '../../dist/harness/format.js';
import { updatePage } from '../../dist/harness/markdown.js';
import { describeMachine, writeFile } from '../../dist/harness/results.js';
import { median } from '../../dist/harness/stats.js';
import { measureInference } from './inference.js';
import { measureKernels } from './kernels.js';
import { TRAININGS, measureTraining } from './training.js';
import type { Training } from './training.js';
import { say } from './turns.js';
import type { Effort, Row, Suite } from './turns.js';

const HELP = `pnpm bench: Vitrine beside other frameworks

  inference of EfficientNet-B0 at 224 × 224, batch 1 and 8
  training  a step, of B0 on 4 images of 224 × 224 and of small-32 on 32 images of 32 × 32
  kernels   single operations

  --only SUITE     only this one of the three
  --quick          one round: shows that everything runs
  --threads N      only on N threads; default one, then all cores
  --batch N        inference of this batch only
  --json FILE      keeps all samples
  --markdown FILE  puts the tables into that page, such as ../../docs/benchmarks.md
`;

/** What one process measures. */
type Task = { readonly threads: number; readonly quick: boolean } & (
  | { readonly suite: 'inference'; readonly batch: number }
  | { readonly suite: 'training'; readonly training: Training }
  | { readonly suite: 'kernels' }
);

const QUICK: Effort = { rounds: 1, turnSeconds: 0 };
const EFFORTS: Readonly<Record<Suite, Effort>> = {
  inference: { rounds: 12, turnSeconds: 0.5 },
  training: { rounds: 12, turnSeconds: 1 },
  kernels: { rounds: 12, turnSeconds: 0.15 },
};

/** The table of each suite in a page, and the heading of what its rows are about. */
const TABLES: Readonly<Record<Suite, { readonly section: string; readonly heading: string }>> = {
  inference: { section: 'peers', heading: 'batch' },
  training: { section: 'peers-training', heading: 'network' },
  kernels: { section: 'peers-kernels', heading: 'operation' },
};

/** A row a framework; the last column says how many times Vitrine's time it takes, so below 1 it is faster. */
function tableOf(suite: Suite, rows: readonly Row[]): string[][] {
  const baseline = (row: Row): number =>
    median(rows.find(({ asked, subject }) => asked === row.asked && subject === row.subject)?.samples ?? [NaN]);
  return [
    ['', TABLES[suite].heading, 'threads', 'time', 'rate', `time / ${rows[0].name}`],
    ...rows.map((row) => {
      const time = median(row.samples);
      return [
        row.name,
        row.subject,
        String(row.threads),
        formatTime(row.samples),
        `${(row.work / time).toFixed(1)} ${row.unit}`,
        (time / baseline(row)).toFixed(2),
      ];
    }),
  ];
}

const SUITES: readonly Suite[] = ['inference', 'training', 'kernels'];

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean' },
      threads: { type: 'string' },
      batch: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      task: { type: 'string' },
    },
  });
  const whole = (name: 'threads' | 'batch'): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (!(Number.isInteger(Number(value)) && Number(value) >= 1))
      throw new RangeError(`--${name} takes a whole number >= 1; got '${value}'`);
    return Number(value);
  };
  const suites = SUITES.filter((suite) => values.only === undefined || values.only === suite);
  if (suites.length === 0) throw new RangeError(`--only takes ${SUITES.join(', ')}; got '${values.only}'`);
  return { ...values, suites, threads: whole('threads'), batch: whole('batch') };
}

async function perform(task: Task): Promise<Row[]> {
  const effort = task.quick ? QUICK : EFFORTS[task.suite];
  switch (task.suite) {
    case 'inference':
      return measureInference(task.batch, task.threads, effort);
    case 'training':
      return measureTraining(task.training, task.threads, effort);
    case 'kernels':
      return measureKernels(task.threads, effort);
  }
}

/** The task in a process of its own, which writes the rows to standard output as JSON. */
function performApart(task: Task): Row[] {
  const args = [fileURLToPath(import.meta.url), '--task', JSON.stringify(task)];
  const { status, signal, error, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${JSON.stringify(task)} failed with ${signal ?? `exit code ${String(status)}`}`);
  const rows: Row[] = JSON.parse(stdout.slice(stdout.indexOf('[{'))); // a framework may have greeted first
  return rows;
}

function tasksOf(suite: Suite, threads: number, quick: boolean, batch: number | undefined): Task[] {
  const common = { threads, quick };
  switch (suite) {
    case 'inference':
      return (batch === undefined ? [1, 8] : [batch]).map((count) => ({ ...common, suite, batch: count }));
    case 'training':
      return TRAININGS.map((training) => ({ ...common, suite, training }));
    case 'kernels':
      return [{ ...common, suite }];
  }
}

async function main(args: string[]): Promise<void> {
  const { help = false, quick = false, task, suites, threads, batch, json, markdown } = readOptions(args);
  if (help) return void process.stdout.write(HELP);
  if (task !== undefined) {
    const asked: Task = JSON.parse(task);
    return void process.stdout.write(JSON.stringify(await perform(asked)));
  }
  const threadCounts = threads === undefined ? [...new Set([1, availableParallelism()])] : [threads];
  const sections = new Map<string, string>();
  const all: Row[] = [];
  for (const suite of suites) {
    const tasks = threadCounts.map((count) => tasksOf(suite, count, quick, batch));
    // By subject first, so that the numbers of threads stand together.
    const rows = tasks[0].flatMap((_, i) => tasks.flatMap((ofCount) => performApart(ofCount[i])));
    process.stdout.write(`\n${suite}\n${textTable(tableOf(suite, rows))}\n`);
    sections.set(TABLES[suite].section, markdownTable(tableOf(suite, rows)));
    all.push(...rows);
  }
  if (json !== undefined)
    writeFile(json, `${JSON.stringify({ format: 2, quick, machine: describeMachine(), rows: all })}\n`);
  if (markdown !== undefined) updatePage(markdown, sections);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
