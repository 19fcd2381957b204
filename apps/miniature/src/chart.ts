/** Two kinds of charts as SVG text, in the colours of the book's pictures: curves over multiply-adds, rows of dots. */

const HUES = ['a', 'b', 'c', 'd'] as const;
type Palette = readonly [paper: string, edge: string, ink: string, faint: string, ...hues: string[]];
const LIGHT: Palette = ['#ffffff', '#d8dae0', '#22252b', '#626873', '#1f6fb2', '#b4540a', '#1d7a46', '#7d3fb0'];
const DARK: Palette = ['#16181d', '#353a44', '#e4e6ea', '#a0a7b4', '#6cb2ee', '#f0a15c', '#67c58f', '#c492ee'];

const styleOf = ([paper, edge, ink, faint, ...hues]: Palette): string => [
  `.sheet{fill:${paper};stroke:${edge}}.rule{stroke:${edge}}text{fill:${ink}}.faint{fill:${faint}}`,
  ...hues.map((hue, i) => `.${HUES[i]}-line{fill:none;stroke:${hue}}.${HUES[i]}-dot{fill:${hue}}`),
].join('');

const STYLE = `text{font-family:system-ui,"Segoe UI",Helvetica,Arial,sans-serif;font-size:12px}
${styleOf(LIGHT)}
@media (prefers-color-scheme:dark){${styleOf(DARK)}}`;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (x: number): string => String(Math.round(10 * x) / 10);

function sheet(title: string, description: string, width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
role="img" aria-labelledby="t d">
<title id="t">${escape(title)}</title>
<desc id="d">${escape(description)}</desc>
<style>
${STYLE}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" class="sheet"/>
${parts.join('\n')}
</svg>
`;
}

type Anchor = 'start' | 'middle' | 'end';

const label = (x: number, y: number, text: string, anchor: Anchor = 'start', faint = false): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${faint ? ' class="faint"' : ''}>` +
  `${escape(text)}</text>`;

const rule = (x1: number, y1: number, x2: number, y2: number): string =>
  `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" class="rule"/>`;

/** Circle, square, diamond, triangle, so that colour is not all that tells curves apart. */
const MARKS = [
  'm-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z', 'm-3.5 -3.5h7v7h-7z', 'm0 -5l5 5l-5 5l-5 -5z', 'm0 -4.5l4.5 8h-9z',
];
const DASHES = ['none', '7 4', '2 4', '9 3 2 3'];

const mark = (i: number, x: number, y: number, tip = ''): string =>
  `<path d="M${round(x)} ${round(y)}${MARKS[i % 4]}" class="${HUES[i % 4]}-dot">` +
  `${tip === '' ? '' : `<title>${escape(tip)}</title>`}</path>`;
/** One seed of several. */
const speck = (i: number, x: number, y: number): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="1.8" class="${HUES[i % 4]}-dot" opacity="0.55"/>`;

/** The line of curve i. */
const stroke = (i: number, path: string): string =>
  `<path d="${path}" class="${HUES[i % 4]}-line" stroke-width="2" stroke-dasharray="${DASHES[i % 4]}"/>`;

/** About five round numbers around the values. */
function ticksFor(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = [0.2, 0.5, 1, 2, 5, 10, 20].find((size) => (high - low) / size <= 6) ?? 50;
  const [first, last] = [Math.floor(low / step), Math.max(Math.floor(low / step) + 1, Math.ceil(high / step))];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(2)));
}

export interface ChartPoint {
  /** Multiply-adds, in millions. */
  readonly x: number;
  /** Accuracies of all seeds, in percent. */
  readonly ys: readonly number[];
  /** Written beside it. */
  readonly label: string;
}

export interface ChartCurve {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A point's label: rising curves leave room above on the left, which the first takes, and below on the right. */
function beside(i: number, x: number, y: number, text: string): string[] {
  if (text === '') return [];
  return [i === 0 ? label(x - 6, y - 8, text, 'end', true) : label(x + 7, y + 16, text, 'start', true)];
}

/** Accuracy over multiply-adds, these on a scale of doublings: a line through the means, a speck for every seed. */
export function curveChart(title: string, description: string, curves: readonly ChartCurve[]): string {
  const [width, height, left, right, top, bottom] = [720, 400, 64, 690, 66, 346];
  const points = curves.flatMap((curve) => curve.points);
  const yTicks = ticksFor(points.flatMap(({ ys }) => ys));
  const [x0, x1] = [Math.min(...points.map(({ x }) => x)) / 1.12, Math.max(...points.map(({ x }) => x)) * 1.12];
  const [y0, y1] = [yTicks[0], yTicks[yTicks.length - 1]];
  const X = (x: number): number => left + (Math.log(x / x0) / Math.log(x1 / x0)) * (right - left);
  const Y = (y: number): number => bottom - ((y - y0) / (y1 - y0)) * (bottom - top);
  const xTicks = Array.from({ length: 8 }, (_, i) => 2 ** (i - 2)).filter((x) => x >= x0 && x <= x1);
  const across = (right - left) / curves.length;
  return sheet(title, description, width, height, [
    label(left, 26, title),
    ...curves.flatMap(({ name }, i) => [
      stroke(i, `M${round(left + i * across)} 44h28`),
      mark(i, left + i * across + 14, 44), label(left + i * across + 34, 48, name),
    ]),
    ...yTicks.flatMap((tick) =>
      [rule(left, Y(tick), right, Y(tick)), label(left - 8, Y(tick) + 4, `${tick} %`, 'end', true)]),
    ...xTicks.flatMap((tick) =>
      [rule(X(tick), bottom, X(tick), bottom + 5), label(X(tick), bottom + 19, String(tick), 'middle', true)]),
    label((left + right) / 2, height - 14, 'million multiply-adds an image, each tick twice the last', 'middle', true),
    ...curves.flatMap((curve, i) => {
      const drawn = curve.points.map(({ x, ys, label: text }) => ({ x: X(x), y: Y(meanOf(ys)), ys, text }));
      const path = drawn.map(({ x, y }, j) => `${j === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
      return [
        stroke(i, path),
        ...drawn.flatMap(({ x, y, ys, text }) => [
          ...(ys.length > 1 ? ys.map((value) => speck(i, x, Y(value))) : []),
          mark(i, x, y, `${curve.name}${text === '' ? '' : ` ${text}`}: ${meanOf(ys).toFixed(2)} %`),
          ...beside(i, x, y, text),
        ]),
      ];
    }),
  ]);
}

export interface DotRow {
  readonly name: string;
  /** 0 … 3: colour and mark. */
  readonly kind: number;
  readonly values: readonly number[];
  /** Written at the right end. */
  readonly note: string;
}

/** One row a network, most accurate first: a mark at the mean, a speck for every seed. */
export function dotChart(
  title: string, description: string, kinds: readonly string[], rows: readonly DotRow[],
): string {
  const sorted = [...rows].sort((a, b) => meanOf(b.values) - meanOf(a.values));
  const [width, left, right, top, step] = [720, 220, 580, 74, 26];
  const bottom = top + step * sorted.length;
  const ticks = ticksFor(rows.flatMap(({ values }) => values));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const X = (value: number): number => left + ((value - low) / (high - low)) * (right - left);
  return sheet(title, description, width, bottom + 40, [
    label(24, 26, title),
    ...kinds.flatMap((kind, i) => [mark(i, 30 + 220 * i, 46), label(42 + 220 * i, 50, kind)]),
    ...ticks.flatMap((tick) =>
      [rule(X(tick), top, X(tick), bottom), label(X(tick), bottom + 18, `${tick} %`, 'middle', true)]),
    ...sorted.flatMap(({ name, kind, values, note }, i) => {
      const y = top + step * (i + 0.5);
      return [
        label(24, y + 4, name), label(width - 24, y + 4, note, 'end', true),
        ...(values.length > 1 ? values.map((value) => speck(kind, X(value), y)) : []),
        mark(kind, X(meanOf(values)), y, `${name}: ${meanOf(values).toFixed(2)} %`),
      ];
    }),
  ]);
}
