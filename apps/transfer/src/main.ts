/** Does a backbone of other classes help? Both ways get the same time by the clock, in turn, several times. */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import process from 'node:process';
import { loadFashionMnist } from '@vitrine/data';
import { Random, info, setThreads } from '@vitrine/tensor';
import { fromBackbone, fromScratch, trainBackbone } from './experiment.js';
import type { Score, Task } from './experiment.js';
import { textTable, updatePage } from './figures.js';
import type { Figures, Trial } from './figures.js';
import { SOURCE, TARGET, draw, ofClasses } from './halves.js';
import { HELP, UsageError, readOptions } from './options.js';
import { CLOCKS } from './timed.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const { seeds, perClass, backboneEpochs, backboneImages, json } = options;
  const clock = CLOCKS[options.clock];
  const say = (text: string): void => void (json ? process.stderr : process.stdout).write(`${text}\n`);
  if (options.help) return void process.stdout.write(HELP);
  if (options.markdown !== undefined && !existsSync(options.markdown)) {
    throw new UsageError(`--markdown takes a page that exists; there is no ${options.markdown}`);
  }
  if (options.threads !== undefined) setThreads(options.threads);
  const data = await loadFashionMnist(options.data === undefined ? {} : { dir: options.data });
  const [source, target] = [SOURCE, TARGET]
    .map((classes) => ({ train: ofClasses(data.train, classes), test: ofClasses(data.test, classes) }));

  const backbones: Score[] = [];
  const trials: Trial[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const random = new Random(seed);
    const images = backboneImages === undefined ? source.train : draw(source.train, backboneImages, random);
    const backbone = await trainBackbone({ train: images, test: source.test, clock, seed }, backboneEpochs);
    backbones.push(backbone.score);
    const { seconds: spent, accuracy } = backbone.score;
    say(`seed ${seed}: backbone ${spent.toFixed(1)} s, ${percent(accuracy)} on its classes`);
    const train = draw(target.train, perClass, random.split('target'));
    for (const [i, seconds] of options.seconds.entries()) {
      const task: Task = { train, test: target.test, seconds, clock, seed };
      // In turn: neither always has the busier hour of the machine.
      const before = (seed + i) % 2 === 0 ? await fromScratch(task) : undefined;
      const { head, all } = await fromBackbone(backbone.model, task);
      const scratch = before ?? await fromScratch(task);
      trials.push({ seed, seconds, head, transfer: all, scratch });
      say(`  ${seconds} s: ${percent(all.accuracy)} from the backbone (${percent(head.accuracy)} after `
        + `${head.seconds.toFixed(1)} s of the classifier), ${percent(scratch.accuracy)} from scratch`);
    }
  }
  const figures: Figures = {
    perClass,
    machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${info().threads} of ${availableParallelism()} cores, `
      + `Node ${process.versions.node}; load average ${loadavg()[1].toFixed(1)}.`,
    setup: `Backbone: ${backboneEpochs} ${backboneEpochs === 1 ? 'epoch' : 'epochs'} on `
      + `${imagesEach(backboneImages ?? source.train.length / SOURCE.length)}; task: ${imagesEach(perClass)},\n`
      + `tested on ${target.test.length} images; seeds: ${seeds}; `
      + `${options.clock === 'wall' ? 'wall clock' : 'processor time of the process'}.`,
    backbones, trials,
  };
  if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else say(`\n${textTable(figures)}`);
  if (options.markdown !== undefined) updatePage(options.markdown, figures);
}

const imagesEach = (perClass: number): string => `${perClass} images a class`;

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`transfer: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
