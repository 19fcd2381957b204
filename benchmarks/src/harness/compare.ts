/** Two reports side by side: what has become faster or slower, as far as that can be told. */
import { formatPercent, formatSeconds, textTable } from './format.js';
import type { Report } from './results.js';
import { adjustForMany, mannWhitney, median } from './stats.js';

/** Of the differences that are called real, this share is none, as far as can be expected. */
const SIGNIFICANCE = 0.05;

export interface Comparison {
  readonly label: string;
  readonly before: number;
  readonly after: number;
  /** Adjusted for the number of rows. */
  readonly p: number;
  readonly verdict: 'faster' | 'slower' | 'no difference shown';
}

/** Rows that are in both. */
export function compareReports(before: Report, after: Report): Comparison[] {
  const key = ({ family, name, face }: Report['results'][number]): string => `${family}, ${name}, ${face}`;
  const old = new Map(before.results.map((result) => [key(result), result]));
  const pairs = after.results.flatMap((result) => {
    const found = old.get(key(result));
    return found === undefined ? [] : [{ label: key(result), was: found.samples, is: result.samples }];
  });
  const ps = adjustForMany(pairs.map(({ was, is }) => mannWhitney(was, is)));
  return pairs.map(({ label, was, is }, i) => {
    const [from, to] = [median(was), median(is)];
    const verdict = ps[i] >= SIGNIFICANCE || from === to ? 'no difference shown' : to < from ? 'faster' : 'slower';
    return { label, before: from, after: to, p: ps[i], verdict };
  });
}

export function formatComparison(before: Report, after: Report): string {
  const rows = compareReports(before, after);
  if (rows.length === 0) return 'Nothing to compare: the two reports have no benchmark in common.';
  const { machine: was } = before;
  const { machine: is } = after;
  const differs =
    was.processor !== is.processor || was.node !== is.node
      ? [`Not the same machine or Node: ${was.processor}, Node ${was.node}; now ${is.processor}, Node ${is.node}.`]
      : [];
  const table = textTable([
    ['', 'before', 'after', 'change', 'p', ''],
    ...rows.map(({ label, before: from, after: to, p, verdict }) => [
      label,
      formatSeconds(from),
      formatSeconds(to),
      `${to >= from ? '+' : '−'}${formatPercent(Math.abs(to / from - 1))}`,
      p.toPrecision(2),
      verdict,
    ]),
  ]);
  const count = (verdict: Comparison['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  return [
    ...differs,
    table,
    `${rows.length} compared: ${count('faster')} faster, ${count('slower')} slower, `
      + `${count('no difference shown')} without a difference shown `
      + `(Mann-Whitney, adjusted for ${rows.length} tests, ${SIGNIFICANCE}).`,
  ].join('\n');
}
