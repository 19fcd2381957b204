/** Finished runs, one JSON object a line: what has a line is never run again. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunLog, readMetrics } from '@vitrine/nn/node';
import { GRID, isCompound, keyOf, once } from './experiments.js';
import type { GridPoint } from './experiments.js';
import type { Coefficients, Size } from './network.js';
import type { Outcome, Recipe } from './train.js';

/** One line. */
export interface Run extends Coefficients, Size, Outcome, Recipe {
  /** The experiment that asked for it; others that need the same network share it. */
  readonly experiment: string;
  readonly seed: number;
  readonly testImages: number;
}

const NUMBERS = [
  'depth', 'width', 'resolution', 'blocks', 'pixels', 'params', 'macs', 'accuracy', 'testLoss', 'trainLoss', 'seconds',
  'epochs', 'batchSize', 'lr', 'weightDecay', 'labelSmoothing', 'imagesPerClass', 'seed', 'testImages',
] as const;

const isRun = (record: object): record is Run => {
  const fields = new Map<string, unknown>(Object.entries(record));
  return typeof fields.get('experiment') === 'string' && NUMBERS.every((name) => typeof fields.get(name) === 'number');
};

/** The runs in a folder; none if it has no file yet. A line cut off when the process was killed does not count. */
export function readRuns(folder: string): Run[] {
  const path = join(folder, 'metrics.jsonl');
  const records: readonly object[] = existsSync(path) ? readMetrics(path).records : [];
  return records.filter(isRun);
}

export function appendRun(folder: string, run: Run): void {
  mkdirSync(folder, { recursive: true });
  RunLog.open(folder).append(run);
}

const RECIPE_FIELDS = ['epochs', 'batchSize', 'lr', 'weightDecay', 'labelSmoothing', 'imagesPerClass'] as const;

/** Runs of one recipe on one test set: others are not compared with them. */
export const runsOf = (runs: readonly Run[], recipe: Recipe, testImages: number): Run[] =>
  runs.filter((run) => run.testImages === testImages && RECIPE_FIELDS.every((field) => run[field] === recipe[field]));

/** All seeds of one network. */
export const seedsOf = (runs: readonly Run[], coefficients: Coefficients): Run[] =>
  runs.filter((run) => keyOf(run) === keyOf(coefficients)).sort((a, b) => a.seed - b.seed);

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The compound point (all of α, β, γ above 1) that was most accurate at φ = 1; undefined until all have run. The first
 * seed alone decides: later ones then judge a choice that they had no part in.
 */
export function bestCompound(runs: readonly Run[]): GridPoint | undefined {
  const scored = GRID.filter(isCompound).map((point) =>
    [point, seedsOf(runs, once(point)).find(({ seed }) => seed === 1)?.accuracy ?? NaN] as const);
  if (scored.some(([, accuracy]) => Number.isNaN(accuracy))) return undefined;
  return scored.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}
