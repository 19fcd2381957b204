/** The end of a run: what is printed, and the result for `--json`. */
import { confusionOf, formatPercent } from '@vitrine/nn';
import type { Fact } from '@vitrine/nn';
import type { RunLog } from '@vitrine/nn/node';
import { existsSync } from 'node:fs';
import type { EfficientNet } from '../../model.js';
import { printJson } from '../output.js';
import type { Sets } from './data.js';
import type { Output } from './output.js';
import { leaveReport, showPredictions } from './report.js';
import type { Ending, Loaders } from './run.js';
import { FILES } from './run-folder.js';

export interface Finish {
  readonly log: RunLog;
  readonly output: Output;
  readonly json: boolean;
  readonly model: EfficientNet;
  readonly sets: Sets;
  readonly loaders: Loaders;
  readonly ending: Ending;
  readonly machine: readonly Fact[];
  readonly summary: string;
  readonly config: object;
}

/** What the command prints with `--json`. */
export interface TrainResult {
  readonly run: string;
  readonly finished: boolean;
  /** Why it stopped before its last epoch. */
  readonly stopped: string | null;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  /** Whose weights are in best.safetensors. */
  readonly best: { readonly epoch: number; readonly testAccuracy: number } | null;
  readonly skippedImages: readonly string[];
  readonly files: readonly string[];
  readonly config: object;
}

/** Leaves the report, says what there is to say, and returns the exit code. */
export async function finish(parts: Finish): Promise<number> {
  const { log, output: { say, stream }, json, model, sets, loaders, ending, machine, summary, config } = parts;
  const { evaluation, results, steps, interrupted, stopped, seconds } = ending;
  if (evaluation !== null) {
    const { classes } = sets.test;
    say(`\n${confusionOf(classes, evaluation).toString(stream.columns || 100)}`);
    say(`\n${await showPredictions(sets, evaluation, stream)}`);
  }
  const ended = interrupted ? 'no, interrupted' : stopped === null ? 'yes' : `yes: ${stopped}`;
  const skipped: Fact[] = sets.kind === 'folder' ? [['damaged images left out', sets.skipped.length]] : [];
  await leaveReport(log, {
    title: `${model.config.name} on ${sets.title}`,
    facts: [...machine, ['data', `${sets.title}, ${sets.where}`], ...skipped,
      ['training time', `${seconds.toFixed(1)} s`], ['finished', ended]],
    config: Object.entries(config).map(([name, value]) => [name, shown(value)]),
    summary, model, sets, loaders, ending,
  });
  const files = FILES.filter((name) => existsSync(log.path(name)));
  const best = bestOf(ending);
  if (stopped !== null) say(`stopped: ${stopped}`);
  if (best !== null) say(`best test accuracy ${formatPercent(best.testAccuracy)}, of epoch ${best.epoch}`);
  if (sets.skipped.length > 0) say(`${sets.skipped.length} damaged images were left out`);
  say(`\n${interrupted ? 'interrupted; ' : ''}trained ${seconds.toFixed(1)} s; ${log.folder} has ${listed(files)}`);
  if (interrupted) say(`--resume ${log.folder} goes on`);
  if (json) {
    const result: TrainResult = {
      run: log.folder, finished: !interrupted, stopped, epochs: results.length, steps: steps.length, seconds,
      testLoss: evaluation?.loss ?? null, testAccuracy: evaluation?.accuracy ?? null, best,
      skippedImages: sets.skipped, files, config,
    };
    printJson(result);
  }
  return interrupted ? 130 : 0;
}

function bestOf({ results }: Ending): TrainResult['best'] {
  let best: TrainResult['best'] = null;
  for (const { epoch, metrics: { accuracy } } of results) {
    if (best === null || accuracy > best.testAccuracy) best = { epoch, testAccuracy: accuracy };
  }
  return best;
}

const shown = (value: unknown): string | number | boolean =>
  (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value
    : value === null ? 'none' : String(value));

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
