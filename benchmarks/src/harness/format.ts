/** Numbers as people read them, and tables of them. */
import type { Result } from './results.js';
import { median, spread } from './stats.js';

/** Three digits. */
const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));

export const formatSeconds = (s: number): string =>
  s >= 1 ? `${digits(s)} s` : s >= 1e-3 ? `${digits(1e3 * s)} ms` : `${digits(1e6 * s)} µs`;

export const formatBytes = (n: number): string =>
  n >= 2 ** 30
    ? `${digits(n / 2 ** 30)} GiB`
    : n >= 2 ** 20
      ? `${digits(n / 2 ** 20)} MiB`
      : `${digits(n / 2 ** 10)} KiB`;

export const formatPercent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : '');

/** Work a second, in the unit of the result's rate. */
export const formatRate = ({ rate, work, samples }: Result): string => {
  const perSecond = work / median(samples);
  return rate === 'images/s' ? digits(perSecond) : digits(perSecond / 1e9);
};

/** `4.10 ms ±2 %`: the median, and what the middle half of the samples differs by. */
export const formatTime = (samples: readonly number[]): string =>
  `${formatSeconds(median(samples))} ±${(100 * spread(samples)).toFixed(0)} %`;

/** Columns padded to the widest cell; the first to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const markdownTable = ([head, ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export interface Family {
  readonly family: string;
  readonly results: readonly Result[];
}

export function byFamily(results: readonly Result[]): Family[] {
  return [...new Set(results.map(({ family }) => family))].map((family) => ({
    family,
    results: results.filter((result) => result.family === family),
  }));
}

/** A row a benchmark; for every face the time and the rate, and for the last face the share of the roof. */
export function familyRows({ results }: Family): string[][] {
  const faces = [...new Set(results.map(({ face }) => face))];
  const names = [...new Set(results.map(({ name }) => name))];
  const [{ rate }] = results;
  const head = ['', ...faces.flatMap((face) => [face, rate]), 'of the roof'];
  return [
    head,
    ...names.map((name) => {
      const found = faces.map((face) => results.find((result) => result.name === name && result.face === face));
      const last = found.findLast((result) => result !== undefined);
      return [
        name,
        ...found.flatMap((result) =>
          result === undefined ? ['', ''] : [formatTime(result.samples), formatRate(result)],
        ),
        last === undefined ? '' : formatPercent(last.roofSeconds / median(last.samples)),
      ];
    }),
  ];
}
