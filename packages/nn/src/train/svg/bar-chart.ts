/** Bars that lie, one a row, of parts laid end to end. */
import {
  FONT, INK, MUTED, RULE, colour, escapeText, figure, fit, formatValue, label, named, round, textWidth,
} from './marks.js';
import { formatTick, niceTicks } from './ticks.js';

export interface BarRow {
  name: string;
  /** One a series, not negative; what is not finite has no length. */
  values: readonly number[];
  /** Stands behind the bar. */
  note?: string;
}

export interface BarChartOptions {
  title: string;
  /** What the parts are. One alone needs no legend. */
  series: readonly string[];
  /** What x counts, with its unit: `time in ms`. */
  xLabel: string;
  width?: number;
}

const ROW = 22;
const TICK_WIDTH = 48;

/** One bar a row in the order given, from zero; names are cut to 40 % of the width, notes stand behind the bars. */
export function barChart(rows: readonly BarRow[], { title, series, xLabel, width = 560 }: BarChartOptions): string {
  const names = rows.map(({ name }) => fit(name, 0.4 * width, FONT));
  const left = Math.ceil(Math.max(0, ...names.map((name) => textWidth(name, FONT)))) + 10;
  const notes = Math.ceil(Math.max(0, ...rows.map(({ note = '' }) => textWidth(note, FONT))));
  const right = width - Math.max(24, notes + 14);
  const top = series.length > 1 ? 52 : 30;
  const bottom = top + ROW * rows.length;
  const lengths = rows.map(({ values }) => values.map((value) => (Number.isFinite(value) && value > 0 ? value : 0)));
  const totals = lengths.map((parts) => parts.reduce((sum, part) => sum + part, 0));
  const longest = Math.max(0, ...totals);
  const fitting = Math.max(1, Math.min(6, Math.floor((right - left) / TICK_WIDTH)));
  const ticks = niceTicks(0, longest > 0 ? longest : 1, fitting);
  const X = (value: number): number => round(left + (value / ticks[ticks.length - 1]) * (right - left));
  const legend: string[] = [];
  let at = 0;
  if (series.length > 1) {
    series.forEach((name, i) => {
      legend.push(`<rect x="${at}" y="27" width="12" height="12" rx="2" fill="${colour(i)}"/>`);
      legend.push(label(at + 18, 37, name, `fill="${INK}"`));
      at += Math.ceil(36 + textWidth(name, FONT));
    });
  }
  return figure(title, width, bottom + 40, [
    label(0, 14, fit(title, width, 14), `font-size="14" font-weight="600" fill="${INK}"`),
    ...legend,
    ...ticks.flatMap((tick) => [
      `<path d="M${X(tick)} ${top}V${bottom}" stroke="${RULE}"/>`,
      label(X(tick), bottom + 16, formatTick(tick, ticks), `text-anchor="middle" fill="${MUTED}"`),
    ]),
    label((left + right) / 2, bottom + 34, xLabel, `text-anchor="middle" fill="${MUTED}"`),
    ...rows.flatMap(({ name, values, note = '' }, row) => {
      const y = top + ROW * row;
      let from = 0;
      const parts = lengths[row].map((length, i) => {
        const [x0, x1] = [X(from), X(from + length)];
        from += length;
        const tip = `${name}, ${series[i]}: ${formatValue(values[i])}`;
        // A pixel of ground between two parts tells them apart without their colours.
        const gap = i > 0 && x1 - x0 > 2 ? 1 : 0;
        return `<rect x="${x0 + gap}" y="${y + 4}" width="${round(x1 - x0 - gap)}" height="${ROW - 8}" ` +
          `fill="${colour(i)}"><title>${escapeText(tip)}</title></rect>`;
      });
      return [
        named(label(left - 8, y + 15, names[row], `text-anchor="end" fill="${INK}"`), name),
        ...parts,
        ...(note === '' ? [] : [label(X(totals[row]) + 6, y + 15, note, `fill="${MUTED}"`)]),
      ];
    }),
  ]);
}
