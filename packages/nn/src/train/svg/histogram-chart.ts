/** Histograms one below the other, over one axis. */
import type { Histogram } from '../histogram.js';
import {
  FONT, INK, MUTED, RULE, colour, escapeText, figure, fit, label, least, most, named, round, textWidth,
} from './marks.js';
import { formatTick, niceTicks } from './ticks.js';

export interface HistogramRow {
  name: string;
  histogram: Histogram;
  /** Stands at the right end. */
  note?: string;
}

export interface HistogramChartOptions {
  title: string;
  /** What is counted, with its unit. */
  xLabel: string;
  /** The edges are exponents of ten, and the axis says so. */
  powersOfTen?: boolean;
  /** Index of the colour. */
  series?: number;
  width?: number;
}

const ROW = 46;

/** Each row as high as its fullest interval: shapes compare, not sizes. A tooltip says how many values there are. */
export function histogramChart(rows: readonly HistogramRow[], options: HistogramChartOptions): string {
  const { title, xLabel, powersOfTen = false, series = 0, width = 560 } = options;
  const names = rows.map(({ name }) => fit(name, 0.25 * width, FONT));
  const left = Math.ceil(Math.max(0, ...names.map((name) => textWidth(name, FONT)))) + 10;
  const right = width - Math.ceil(Math.max(14, ...rows.map(({ note = '' }) => textWidth(note, FONT) + 12)));
  const [top, bottom] = [30, 30 + ROW * rows.length];
  const low = least(rows.map(({ histogram: { edges } }) => edges[0]));
  const high = most(rows.map(({ histogram: { edges } }) => edges[edges.length - 1]));
  const heading = label(0, 14, fit(title, width, 14), `font-size="14" font-weight="600" fill="${INK}"`);
  if (rows.length === 0) return figure(title, width, 40, [heading, label(0, 36, 'no values', `fill="${MUTED}"`)]);
  const X = (value: number): number => round(left + ((value - low) / (high - low)) * (right - left));
  const ticks = niceTicks(low, high, 6, powersOfTen).filter((tick) => tick >= low && tick <= high);
  return figure(title, width, bottom + 40, [
    heading,
    ...ticks.flatMap((tick) => [
      `<path d="M${X(tick)} ${top}V${bottom}" stroke="${RULE}"/>`,
      label(X(tick), bottom + 16, powersOfTen ? powerOfTen(tick) : formatTick(tick, ticks),
        `text-anchor="middle" fill="${MUTED}"`),
    ]),
    label((left + right) / 2, bottom + 34, xLabel, `text-anchor="middle" fill="${MUTED}"`),
    ...rows.flatMap(({ name, histogram, note = '' }, row) => {
      const ground = top + ROW * (row + 1);
      const total = histogram.counts.reduce((sum, count) => sum + count, 0);
      const lost = [
        ...(histogram.outside > 0 ? [`${histogram.outside} outside`] : []),
        ...(histogram.notFinite > 0 ? [`${histogram.notFinite} not finite`] : []),
      ];
      const tip = escapeText([`${name}: ${total} values`, ...lost].join(', '));
      return [
        named(label(left - 8, ground - 6, names[row], `text-anchor="end" fill="${INK}"`), name),
        `<path d="${outline(histogram, X, ground)}" fill="${colour(series)}" fill-opacity="0.75">` +
          `<title>${tip}</title></path>`,
        `<path d="M${left} ${ground}H${right}" stroke="${MUTED}"/>`,
        ...(note === '' ? [] : [label(width, ground - 6, note, `text-anchor="end" fill="${MUTED}"`)]),
      ];
    }),
  ]);
}

/** A staircase: up at each interval's edge, along it, down at the end. Empty intervals stay on the ground. */
function outline({ edges, counts }: Histogram, X: (x: number) => number, ground: number): string {
  const fullest = Math.max(1, ...counts);
  const steps = counts.map((count, i) =>
    `V${round(ground - (count / fullest) * (ROW - 8))}H${X(edges[i + 1])}`);
  return `M${X(edges[0])} ${ground}${steps.join('')}V${ground}Z`;
}

/** 10⁻³ for −3. */
const powerOfTen = (exponent: number): string =>
  `10${[...String(exponent)].map((sign) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(sign)]).join('')}`;
