/** What was measured, as a table for the terminal and for the page. */
import { readFileSync } from 'node:fs';
import { writeFileAtomicSync } from '@vitrine/tensor/files';
import type { Score } from './experiment.js';

/** One repetition at one time of training. */
export interface Trial {
  readonly seed: number;
  readonly seconds: number;
  /** The new classifier on the frozen backbone, which is the first part of `transfer`. */
  readonly head: Score;
  readonly transfer: Score;
  readonly scratch: Score;
}

export interface Figures {
  /** Images of each class of the task. */
  readonly perClass: number;
  readonly machine: string;
  readonly setup: string;
  readonly backbones: readonly Score[];
  readonly trials: readonly Trial[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number): string => (100 * share).toFixed(1);

const HEAD = ['training', 'way', 'accuracy, %', 'single seeds', 'with flip, %', 'calibration error, %', 'images seen'];

const WAYS = [
  ['transfer', 'whole network, from the backbone'],
  ['scratch', 'whole network, from scratch'],
  ['head', 'only a new classifier on cached features'],
] as const;

/** Means over the seeds, a row for each time and way. */
function rowsOf(trials: readonly Trial[]): string[][] {
  return [...new Set(trials.map(({ seconds }) => seconds))].flatMap((seconds) => WAYS.map(([way, name]) => {
    const scores = trials.filter((trial) => trial.seconds === seconds).map((trial) => trial[way]);
    return [
      `${mean(scores.map((score) => score.seconds)).toFixed(1)} s`,
      name,
      percent(mean(scores.map(({ accuracy }) => accuracy))),
      scores.map(({ accuracy }) => percent(accuracy)).join(', '),
      percent(mean(scores.map(({ flipped }) => flipped))),
      percent(mean(scores.map(({ calibration }) => calibration))),
      mean(scores.map(({ images }) => images)).toFixed(0),
    ];
  }));
}

export function textTable({ trials }: Figures): string {
  const rows = [HEAD, ...rowsOf(trials)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

export function markdown(figures: Figures): string {
  const { machine, setup, backbones } = figures;
  const backbone = `The backbones took ${mean(backbones.map(({ seconds }) => seconds)).toFixed(0)} s each `
    + `and reach ${backbones.map(({ accuracy }) => percent(accuracy)).join(', ')} % on their own classes.`;
  const align = HEAD.map((_, column) => (column < 2 ? '---' : '--:'));
  const rows = [HEAD, align, ...rowsOf(figures.trials)].map((row) => `| ${row.join(' | ')} |`);
  return `${setup}\n\n${machine}\n\n${backbone}\n\n${rows.join('\n')}`;
}

/**
 * Puts the figures into the page, between two comments that bear the number of images a class; all else was written by
 * people. Throws if they are not there.
 */
export function updatePage(path: string, figures: Figures): void {
  const page = readFileSync(path, 'utf8');
  const [open, close] = [`<!-- transfer:${figures.perClass} -->`, `<!-- /transfer:${figures.perClass} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for these figures: the lines ${open} and ${close}`);
  writeFileAtomicSync(path, `${page.slice(0, from + open.length)}\n\n${markdown(figures)}\n\n${page.slice(to)}`);
}
