/** The paper's experiments in miniature: runs what has not been run, and draws what has. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadFashionMnist } from '@vitrine/data';
import { setThreads } from '@vitrine/tensor';
import { writeFileAtomicSync } from '@vitrine/tensor/files';
import { EXPERIMENTS, tasksOf } from './experiments.js';
import type { ExperimentName, Task } from './experiments.js';
import { sizeOf } from './network.js';
import { charts, tables, withTables } from './plots.js';
import { appendRun, bestCompound, readRuns, runsOf, seedsOf } from './results.js';
import type { Run } from './results.js';
import { RECIPE, trainOne } from './train.js';
import type { Data } from './train.js';

const help = `miniature: the experiments of the EfficientNet paper on small networks and Fashion-MNIST

  node apps/miniature/dist/main.js figure3      width, depth and resolution, each alone
  node apps/miniature/dist/main.js figure4      width on four bases
  node apps/miniature/dist/main.js grid         α, β, γ at twice the multiply-adds, the best of them at four times
  node apps/miniature/dist/main.js all          the three, one seed after another
  node apps/miniature/dist/main.js plot         draws the pictures of docs/miniature.md, and renews its tables

  --data DIR         folder with Fashion-MNIST's four files (default: the embedded subset, whose 2,000 test images
                     tell less apart)
  --results DIR      where finished runs are kept (default apps/miniature/results)
  --seeds N          runs of every network, with seeds 1 to N (default 2)
  --minutes X        begin no run after X minutes (default: until done)
  --images N         training images of each class (default ${RECIPE.imagesPerClass})
  --epochs N         passes over them (default ${RECIPE.epochs})
  --threads N        default 1
  --markdown         plot: print the tables instead

A finished run is kept at once and never repeated: stop it whenever you like, and start it again.
`;

const folderOf = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

const OPTIONS = {
  data: { type: 'string' }, results: { type: 'string' }, seeds: { type: 'string' }, minutes: { type: 'string' },
  images: { type: 'string' }, epochs: { type: 'string' }, threads: { type: 'string' },
  markdown: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
} as const;

function readArguments(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  const args = process.argv.slice(2).filter((arg) => arg !== '--');
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    process.stderr.write(`miniature: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

const { values, positionals } = readArguments();

function whole(name: 'seeds' | 'images' | 'epochs' | 'threads', otherwise: number): number {
  const n = values[name] === undefined ? otherwise : Number(values[name]);
  if (Number.isSafeInteger(n) && n >= 1) return n;
  throw new RangeError(`--${name} takes a whole number >= 1; got '${values[name]}'`);
}

const results = values.results ?? folderOf('apps/miniature/results');
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What is still to be done, in order; `grid` gets its second step once its first is complete. */
function nextTask(
  names: readonly ExperimentName[], seeds: number, done: readonly Run[],
): (Task & { readonly seed: number }) | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    for (const name of names) {
      const task = tasksOf(name, bestCompound(done)).find(({ coefficients }) =>
        seedsOf(done, coefficients).every((run) => run.seed !== seed));
      if (task !== undefined) return { ...task, seed };
    }
  }
  return undefined;
}

async function train(names: readonly ExperimentName[], data: Data, signal: AbortSignal): Promise<void> {
  const [epochs, imagesPerClass] = [whole('epochs', RECIPE.epochs), whole('images', RECIPE.imagesPerClass)];
  const recipe = { ...RECIPE, epochs, imagesPerClass };
  const [seeds, started] = [whole('seeds', 2), performance.now()];
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes takes a number > 0; got '${values.minutes}'`);
  const testImages = data.test.length;
  while (!signal.aborted && performance.now() - started < minutes * 60_000) {
    const task = nextTask(names, seeds, runsOf(readRuns(results), recipe, testImages));
    if (task === undefined) return say('every run is finished');
    const { experiment, coefficients, seed } = task;
    const outcome = await trainOne(coefficients, seed, data, recipe, signal);
    if (signal.aborted) return;
    const run: Run = { experiment, ...coefficients, seed, ...sizeOf(coefficients), ...outcome, ...recipe, testImages };
    appendRun(results, run);
    const factors = `d ${run.depth.toFixed(2)} w ${run.width.toFixed(2)} r ${run.resolution.toFixed(2)}`;
    const [macs, accuracy] = [(run.macs / 1e6).toFixed(2), (100 * run.accuracy).toFixed(2)];
    say(`${experiment} ${factors} seed ${seed}: ${macs} M multiply-adds, ${accuracy} %, ${run.seconds.toFixed(1)} s`);
  }
}

function plot(): void {
  const runs = readRuns(results);
  if (runs.length === 0) {
    throw new Error(`plot: ${results} has no finished runs yet; run one of ${EXPERIMENTS.join(', ')} first`);
  }
  if (values.markdown === true) {
    return say([...tables(runs)].map(([name, table]) => `${name}\n\n${table}\n`).join('\n'));
  }
  for (const { name, svg } of charts(runs)) writeFileAtomicSync(folderOf(`docs/pictures/${name}`), svg);
  const page = folderOf('docs/miniature.md');
  writeFileAtomicSync(page, withTables(readFileSync(page, 'utf8'), runs));
}

async function main(command: string | undefined): Promise<number> {
  if (command === undefined || values.help === true) {
    say(help.trimEnd());
    return values.help === true ? 0 : 2;
  }
  if (command === 'plot') {
    plot();
    return 0;
  }
  const names = EXPERIMENTS.filter((name) => command === name || command === 'all');
  if (names.length === 0 || positionals.length > 1) {
    throw new RangeError(`takes one of ${EXPERIMENTS.join(', ')}, all, plot; got '${positionals.join(' ')}'`);
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  setThreads(whole('threads', 1));
  await train(names, await loadFashionMnist(values.data === undefined ? {} : { dir: values.data }), controller.signal);
  return controller.signal.aborted ? 130 : 0;
}

try {
  process.exitCode = await main(positionals[0]);
} catch (error) {
  process.stderr.write(`miniature: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof RangeError ? 2 : 1;
}
