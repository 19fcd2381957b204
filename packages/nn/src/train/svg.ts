/**
 * Line charts and a heat map as SVG text, for a report that is one file.
 *
 * Colours are CSS variables with a fallback, `var(--series-1, #1f5fae)`, so that a page can set them for light and
 * dark. Nothing measures text here, so widths are estimated generously (`textWidth`), and every label is given the room
 * of its estimate, or cut to it: none runs into another.
 */

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

const FONT = 12;
const DOT_LIMIT = 40; // more points than that are a line without dots
const DASHES = ['none', '7 4', '2 4', '9 3 2 3'];
// A chart of colours alone is no chart for one reader in twelve: every series has its own dash and its own dot too.
const FALLBACK = ['#1f5fae', '#b3500b', '#2a7a4b', '#7b3fa0'];
const INK = 'var(--ink, currentColor)';
const MUTED = 'var(--muted, currentColor)';
const RULE = 'var(--rule, #8888)';

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

const colour = (i: number): string => `var(--series-${(i % 4) + 1}, ${FALLBACK[i % 4]})`;

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

/**
 * A confusion matrix as coloured squares: rows are truth, columns prediction. A square's strength is the square root of
 * its share of the row (single mistakes stay visible), its hue says right (the diagonal) or wrong. Zeros stay empty.
 */
export function heatMap(classes: readonly string[], counts: readonly (readonly number[])[], title: string): string {
  const K = classes.length;
  const size = 11;
  const widest = Math.max(...counts.flat().map((count) => textWidth(String(count), size)));
  const cell = Math.ceil(Math.max(24, Math.min(46, 560 / K), widest + 6));
  const names = classes.map((name) => fit(name, 130, FONT));
  const nameWidth = Math.max(...names.map((name) => textWidth(name, FONT)));
  const level = nameWidth <= cell - 4;
  // Slanted heads rise to the right at 45°, so they need height above the squares and width behind the last one.
  const slant = level ? 0 : nameWidth * Math.SQRT1_2;
  const left = Math.ceil(nameWidth) + 30;
  const top = Math.ceil(level ? 46 : slant + 42);
  const [width, height] = [Math.ceil(left + K * cell + slant + 8), top + K * cell + 4];
  const marks = [
    label(left + (K * cell) / 2, 14, 'predicted', `text-anchor="middle" fill="${MUTED}"`),
    label(0, 0, 'truth',
      `text-anchor="middle" fill="${MUTED}" transform="translate(13 ${top + (K * cell) / 2}) rotate(-90)"`),
  ];
  counts.forEach((row, t) => {
    const sum = row.reduce((total, count) => total + count, 0);
    const middle = round((t + 0.5) * cell);
    marks.push(named(label(left - 8, top + middle + 4, names[t], `text-anchor="end" fill="${INK}"`), classes[t]));
    const head = level
      ? label(left + middle, top - 8, names[t], `text-anchor="middle" fill="${INK}"`)
      : label(0, 0, names[t], `fill="${INK}" transform="translate(${left + middle} ${top - 8}) rotate(-45)"`);
    marks.push(named(head, classes[t]));
    row.forEach((count, p) => {
      const [x, y] = [left + p * cell, top + t * cell];
      const strength = count > 0 ? Math.sqrt(count / sum) : 0;
      const fill = p === t ? 'var(--heat-right, #1d4f91)' : 'var(--heat-wrong, #8a370b)';
      const tip = `<title>${escapeText(`${classes[t]} called ${classes[p]}: ${count} of ${sum}`)}</title>`;
      marks.push(`<rect x="${x + 0.5}" y="${y + 0.5}" width="${cell - 1}" height="${cell - 1}" rx="2" ` +
        `fill="${fill}" fill-opacity="${round(Math.max(strength, 0.04))}">${tip}</rect>`);
      if (count === 0) return;
      // Ink changes where both inks reach a contrast of 4.5 : 1.
      const ink = strength < 0.77 ? 'var(--heat-ink-weak, #000)' : 'var(--heat-ink-strong, #fff)';
      marks.push(label(x + cell / 2, y + cell / 2 + 4, String(count),
        `text-anchor="middle" font-size="${size}" fill="${ink}" pointer-events="none"`));
    });
  });
  return figure(title, width, height, marks);
}

/** The whole text as a tooltip over a label that may have been cut. */
const named = (text: string, whole: string): string => `<g><title>${escapeText(whole)}</title>${text}</g>`;

function figure(title: string, width: number, height: number, marks: readonly string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeText(title)}" ` +
    `font-family="system-ui, sans-serif" font-size="${FONT}">${marks.join('\n')}</svg>`;
}

const label = (x: number, y: number, text: string, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeText(text)}</text>`;

/**
 * About `count` round numbers, 1, 2 or 5 times a power of ten apart, from at or below `low` to at or above `high`: at
 * least two. `whole`: whole numbers only, and only those within low..high.
 * Source: Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990.
 */
export function niceTicks(low: number, high: number, count: number, whole = false): number[] {
  // A flat line gets a range of its own size around it; so does one whose range drowns in rounding.
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= Math.max(1e-150, 1e-9 * size)) {
    const half = size < 1e-150 ? 1 : size / 2;
    [low, high] = [low - half, high + half];
  }
  const rough = (high - low) / Math.max(1, count);
  const power = Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((nice) => nice * 10 ** power >= rough * (1 - 1e-9)) ?? 10;
  const step = whole ? Math.max(1, Math.round(digit * 10 ** power)) : digit * 10 ** power;
  const first = whole ? Math.ceil(low / step) : Math.floor(low / step + 1e-9);
  const last = whole ? Math.floor(high / step) : Math.ceil(high / step - 1e-9);
  // Dividing by a whole power of ten rounds once, multiplying by 0.1 twice: 3/10 is 0.3, 3·0.1 is not.
  const tick = (i: number): number => (power < 0 && !whole ? (i * digit) / 10 ** -power : i * step);
  return Array.from({ length: last - first + 1 }, (_, i) => tick(first + i));
}

/** A tick with as many decimals as tell it from its neighbours. */
function formatTick(tick: number, ticks: readonly number[]): string {
  const step = ticks[1] - ticks[0];
  const size = Math.max(...ticks.map(Math.abs));
  if (tick === 0) return '0';
  const places = Math.max(0, -Math.floor(Math.log10(step * (1 + 1e-9))));
  if (size < 1e6 && places <= 4) return tick.toFixed(places);
  const digits = Math.floor(Math.log10(Math.abs(tick))) - Math.floor(Math.log10(step * (1 + 1e-9)));
  return tick.toExponential(Math.max(0, Math.min(12, digits)));
}

const formatValue = (value: number): string => String(Number(value.toPrecision(5)));

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
// Math.min(...values) would overflow the stack at a hundred thousand steps.
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
const round = (value: number): number => Math.round(value * 100) / 100;

/** An upper estimate of a text's width in pixels at a font size, for the common sans-serif fonts. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const c of text) {
    if (c >= '\u1100') ems += 1.05;
    else if (/[A-Z@%mw—…]/.test(c)) ems += c === 'M' || c === 'W' || c === 'm' || c === '@' ? 1 : 0.85;
    else ems += /[ijltfrI .,:;'|!()[\]-]/.test(c) ? 0.42 : 0.66;
  }
  return ems * size;
}

/** The text, or its beginning and `…`, no wider than `width` pixels. */
function fit(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;',
};

/** Text made safe as content or attribute value of HTML and SVG; characters no XML may hold become `�`. */
export const escapeText = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF\p{Cs}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]);
