/** Where the time goes. */
import { formatShape } from '@vitrine/tensor';
import type { ProfileRow } from '../../profile.js';
import { formatRate } from '../progress.js';
import { barChart, type BarRow } from '../svg/bar-chart.js';
import { charts, folded, table } from './html.js';

/** As many bars as can be taken in at once. */
const BARS = 24;
const OPTIONS = { series: ['forward', 'backward'], xLabel: 'time in ms' };

/** Time by kind of module and by module, from the rows of `profile`. */
export function timeByLayer(rows: readonly ProfileRow[] = []): string {
  if (rows.length === 0) return '';
  const [model] = rows;
  const rate = Number.isNaN(model.gflops) ? '' : `, ${formatRate(model.gflops)} GFLOP/s`;
  const lead = `<p>One pass on ${model.outputShape[0] ?? 0} images: forward ${ms(model.forwardMs)} ms${rate}; ` +
    `backward ${ms(model.backwardMs)} ms. Bars are a module’s own time, without that of its children; behind them, ` +
    `how fast it computes forward.</p>`;
  const slowest = [...rows].sort((a, b) => own(b) - own(a)).slice(0, BARS);
  const bars = rows.filter((row) => slowest.includes(row)).map((row): BarRow => ({
    name: nameOf(row), values: [row.forwardSelfMs, row.backwardSelfMs], note: leafRate(row),
  }));
  const title = rows.length > BARS ? `The ${BARS} slowest of ${rows.length} modules` : 'By module';
  return lead + charts([
    barChart(byKind(rows), { ...OPTIONS, title: 'By kind of module' }),
    barChart(bars, { ...OPTIONS, title }),
  ]) + folded(`${rows.length} modules`, profileTable(rows), true);
}

const own = ({ forwardSelfMs, backwardSelfMs }: ProfileRow): number => forwardSelfMs + backwardSelfMs;
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const nameOf = ({ name }: ProfileRow): string => (name === '' ? '(model)' : name);
/** Where the children do the work, the rate of the whole says nothing about the module's own time. */
const leafRate = ({ gflops, forwardMs, forwardSelfMs }: ProfileRow): string =>
  (Number.isNaN(gflops) || forwardSelfMs < forwardMs ? '' : `${formatRate(gflops)} GFLOP/s`);

/** The longest first. */
function byKind(rows: readonly ProfileRow[]): BarRow[] {
  const kinds = new Map<string, [forward: number, backward: number]>();
  for (const { kind, forwardSelfMs, backwardSelfMs } of rows) {
    const [forward, backward] = kinds.get(kind) ?? [0, 0];
    kinds.set(kind, [forward + forwardSelfMs, backward + backwardSelfMs]);
  }
  return Array.from(kinds, ([name, values]) => ({ name, values }))
    .sort((a, b) => b.values[0] + b.values[1] - a.values[0] - a.values[1]);
}

function profileTable(rows: readonly ProfileRow[]): string {
  const heads = ['Module', 'Kind', 'Output', 'Calls', 'Forward', 'own', 'Backward', 'own, ms', 'MACs', 'GFLOP/s'];
  const cells = rows.map((row) => [
    nameOf(row), row.kind, formatShape(row.outputShape), String(row.calls), ms(row.forwardMs), ms(row.forwardSelfMs),
    ms(row.backwardMs), ms(row.backwardSelfMs), row.macs === 0 ? '' : row.macs.toLocaleString('en-US'),
    Number.isNaN(row.gflops) ? '' : formatRate(row.gflops),
  ]);
  return table(heads, cells, [3, 4, 5, 6, 7, 8, 9]);
}
