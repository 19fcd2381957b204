/** Line charts. */
import {
  FONT, INK, MUTED, RULE, colour, escapeText, figure, fit, formatValue, label, least, most, round, textWidth,
} from './marks.js';
import { formatTick, niceTicks } from './ticks.js';

export interface Series {
  name: string;
  /** [x, y] in drawing order. A point that is not finite interrupts the line; the legend says how many there are. */
  points: readonly (readonly [x: number, y: number])[];
  /** Drawn thin, grey and behind the others, as the background of a smoothed line. */
  faint?: boolean;
}

export interface ChartOptions {
  title: string;
  /** What x counts: `epoch`, `step`. x axes have whole ticks only. */
  xLabel: string;
  /** Follows every y tick, e.g. ` %`. */
  unit?: string;
  /** The largest value y can have: no tick stands above it. */
  ceiling?: number;
  width?: number;
  height?: number;
}

const DOT_LIMIT = 40; // more points than that are a line without dots
const DASHES = ['none', '7 4', '2 4', '9 3 2 3'];
// A chart of colours alone is no chart for one reader in twelve: every series has its own dash and its own dot too.

/** One chart with a y axis, an x axis of whole numbers, gridlines, and a legend when there are several series. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const { title, xLabel, unit = '', ceiling = Infinity, width = 560, height = 280 } = options;
  const shown = series.map((one) => ({ ...one, points: thin(one.points, width) }));
  const points = shown.flatMap((one) => one.points.filter(drawable));
  const legend = layLegend(series, width);
  const top = 34 + 20 * legend.rows;
  const titleText = label(0, 14, fit(title, width, 14), `font-size="14" font-weight="600" fill="${INK}"`);
  if (points.length === 0) {
    const note = label(width / 2, height / 2, 'no finite values to draw', `text-anchor="middle" fill="${MUTED}"`);
    return figure(title, width, height, [titleText, ...legend.marks, note]);
  }

  // A loss that became NaN keeps its place on the x axis: one should see how early the line ends.
  const xs = shown.flatMap((one) => one.points.map(([x]) => x).filter((x) => drawable([x, 0])));
  const ys = points.map(([, y]) => y);
  const [xLow, xHigh] = [least(xs), most(xs)];
  const [low, high] = [least(ys), most(ys)];
  // Losses and rates read best from zero, unless that would flatten them.
  const yTicks = niceTicks(low > 0 && low < 0.4 * high ? 0 : low, high, 5)
    .filter((tick) => high > ceiling || tick <= ceiling);
  const yLabels = yTicks.map((tick) => formatTick(tick, yTicks) + unit);
  const left = Math.ceil(Math.max(...yLabels.map((text) => textWidth(text, FONT)))) + 10;
  const [right, bottom] = [width - 16, height - 40];
  const [y0, y1] = [yTicks[0], yTicks[yTicks.length - 1]];
  const [x0, x1] = xLow === xHigh ? [xLow - 1, xHigh + 1] : [xLow, xHigh];
  const X = (x: number): number => round(left + ((x - x0) / (x1 - x0)) * (right - left));
  const Y = (y: number): number => round(bottom - ((y - y0) / (y1 - y0)) * (bottom - top));

  const xTickWidth = Math.max(textWidth(String(Math.round(x1)), FONT), textWidth(String(Math.round(x0)), FONT)) + 14;
  const xTicks = niceTicks(x0, x1, Math.max(1, Math.min(10, Math.floor((right - left) / xTickWidth))), true)
    .filter((x) => x >= xLow && x <= xHigh);
  return figure(title, width, height, [
    titleText,
    ...legend.marks,
    ...yTicks.flatMap((tick, i) => [
      `<path d="M${left} ${Y(tick)}H${right}" stroke="${RULE}"/>`,
      label(left - 8, Y(tick) + 4, yLabels[i], `text-anchor="end" fill="${MUTED}"`),
    ]),
    ...xTicks.flatMap((tick) => [
      `<path d="M${X(tick)} ${bottom}v4" stroke="${MUTED}"/>`,
      label(X(tick), bottom + 17, String(tick), `text-anchor="middle" fill="${MUTED}"`),
    ]),
    label((left + right) / 2, height - 4, xLabel, `text-anchor="middle" fill="${MUTED}"`),
    ...shown
      .map((one, i) => ({ one, mark: drawSeries(one, i, X, Y, xLabel, unit) }))
      .sort((a, b) => Number(b.one.faint ?? false) - Number(a.one.faint ?? false))
      .map(({ mark }) => mark),
  ]);
}

function drawSeries(
  { name, points, faint = false }: Series,
  index: number,
  X: (x: number) => number,
  Y: (y: number) => number,
  xLabel: string,
  unit: string,
): string {
  const path: string[] = [];
  points.forEach((point, i) => {
    if (!drawable(point)) return;
    const goesOn = i > 0 && drawable(points[i - 1]);
    // h0 makes a lone point between two gaps a dot: round caps have a length, an M has none.
    path.push(goesOn ? `L${X(point[0])} ${Y(point[1])}` : `M${X(point[0])} ${Y(point[1])}h0`);
  });
  const dots = points.length > DOT_LIMIT || faint ? [] : points.filter(drawable).map(([x, y]) =>
    dot(index, X(x), Y(y), `<title>${escapeText(`${name}, ${xLabel} ${x}: ${formatValue(y)}${unit}`)}</title>`),
  );
  return `<path d="${path.join('')}" ${stroke(index, faint)}/>${dots.join('')}`;
}

/** The keys, in rows; each takes the width of its sample and its name. One series alone needs no key. */
function layLegend(series: readonly Series[], width: number): { rows: number; marks: string[] } {
  const lost = series.map(({ points }) => points.filter((point) => !drawable(point)).length);
  if (series.length < 2 && lost.every((count) => count === 0)) return { rows: 0, marks: [] };
  const marks: string[] = [];
  let [x, row] = [0, 0];
  series.forEach(({ name, points, faint = false }, i) => {
    const note = lost[i] > 0 ? ` (${lost[i]} not finite)` : '';
    const text = fit(name, width - 34 - textWidth(note, FONT), FONT) + note;
    const taken = 34 + textWidth(text, FONT);
    if (x > 0 && x + taken > width) [x, row] = [0, row + 1];
    const y = 35 + 20 * row;
    marks.push(`<path d="M${round(x + 1)} ${y - 4}h26" ${stroke(i, faint)}/>`);
    if (!faint && points.length <= DOT_LIMIT) marks.push(dot(i, round(x + 14), y - 4));
    marks.push(label(round(x + 34), y, text, `fill="${INK}"`));
    x += taken + 18;
  });
  return { rows: row + 1, marks };
}

const stroke = (i: number, faint: boolean): string =>
  'fill="none" stroke-linecap="round" stroke-linejoin="round" ' + (faint
    ? `stroke="${MUTED}" stroke-width="1" opacity="0.45"`
    : `stroke="${colour(i)}" stroke-width="2" stroke-dasharray="${DASHES[i % 4]}"`);

/** Circle, square, diamond, triangle, in turn. */
function dot(i: number, x: number, y: number, inside = ''): string {
  const outline = [
    'm-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z',
    'm-3 -3h6v6h-6z',
    'm0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z',
    'm0 -4l4 7h-8z',
  ][i % 4];
  return `<path d="M${x} ${y}${outline}" fill="${colour(i)}">${inside}</path>`;
}

/** At most two points a pixel column: the lowest and the highest of each stretch, so that no spike is lost. */
function thin(points: Series['points'], columns: number): Series['points'] {
  if (points.length <= 2 * columns) return points;
  const stretch = Math.ceil(points.length / columns);
  return Array.from({ length: Math.ceil(points.length / stretch) }, (_, i) => {
    const part = points.slice(i * stretch, (i + 1) * stretch);
    const finite = part.filter(drawable);
    if (finite.length === 0) return [part[0]];
    const lowest = finite.reduce((a, b) => (b[1] < a[1] ? b : a));
    const highest = finite.reduce((a, b) => (b[1] > a[1] ? b : a));
    return finite.filter((point) => point === lowest || point === highest);
  }).flat();
}

/** Finite, and far enough from the largest float64 that differences are finite too. */
const drawable = ([x, y]: readonly [number, number]): boolean => Math.abs(x) < 1e150 && Math.abs(y) < 1e150;
