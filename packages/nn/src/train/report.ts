import { accuracyOf, classScores, commonestConfusions } from './confusion.js';
import { formatDuration, formatNumber, formatPercent, formatRate } from './progress.js';
import { escapeText, heatMap, lineChart, type Series } from './svg.js';

export type Fact = readonly [label: string, value: string | number | boolean];

/** What is known when an epoch ends. What was not measured is absent or NaN. */
export interface EpochMetrics {
  /** Counted from 1. */
  epoch: number;
  /** Mean loss over the epoch's batches, in nats for cross-entropy. */
  trainLoss: number;
  testLoss?: number | undefined;
  /** 0..1. */
  testAccuracy: number;
  learningRate?: number | undefined;
  /** Training and evaluation together. */
  seconds: number;
  /** While training. */
  imagesPerSecond: number;
}

export interface Mistake {
  /** A data URI of a PNG, JPEG, WebP, GIF or BMP, base64. */
  image: string;
  truth: string;
  predicted: string;
  /** The probability given to `predicted`, 0..1. */
  confidence: number;
}

export interface ReportData {
  title: string;
  /** What it ran on: machine, threads, versions, data set. */
  facts: readonly Fact[];
  config: readonly Fact[];
  /** May be empty: a run can be interrupted at once. */
  epochs: readonly EpochMetrics[];
  /** The loss of single steps. */
  steps?: readonly { step: number; loss: number }[] | undefined;
  classes: readonly string[];
  /** confusion[truth][predicted], K×K; or [] when nothing was evaluated. */
  confusion: readonly (readonly number[])[];
  /** In the order they shall be shown: the most confident first. */
  mistakes: readonly Mistake[];
  /** The model's summary, shown as it is. */
  summary?: string | undefined;
}

/** Beyond this many classes the squares of the heat map are too small to read; lists take its place. */
const HEAT_MAP_CLASSES = 30;

/**
 * A training run as one HTML page: curves, confusion matrix, scores of every class, mistakes, configuration. The page
 * needs nothing else (no script, no font, no network: its content security policy forbids them), follows the reader's
 * light or dark setting, and every text in it is escaped.
 *
 * Throws if `confusion` is neither empty nor K×K, or if an image is no data URI.
 */
export function renderReport(data: ReportData): string {
  checkReport(data);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(data.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeText(data.title)}</h1>
${headline(data)}
${section('Curves', curves(data))}
${section('Confusion matrix', confusion(data))}
${section('Classes', classTable(data))}
${section('Worst mistakes', mistakes(data))}
${section('Epochs', epochTable(data))}
<div class="columns">
${section('Configuration', factTable(data.config))}
${section('What it ran on', factTable(data.facts))}
</div>
${section('Model', data.summary ? `<pre tabindex="0">${escapeText(data.summary)}</pre>` : '')}
</main>
</body>
</html>
`;
}

function checkReport({ classes, confusion, mistakes }: ReportData): void {
  const K = classes.length;
  if (confusion.length !== 0 && (confusion.length !== K || confusion.some((row) => row.length !== K))) {
    const found = `${confusion.length} rows of ${[...new Set(confusion.map((row) => row.length))].join(' and ')}`;
    throw new RangeError(
      `renderReport: confusion must be ${K}×${K} for ${K} classes, or [] if nothing was evaluated; found ${found}`,
    );
  }
  mistakes.forEach(({ image }, i) => {
    if (!/^data:image\/(png|jpeg|webp|gif|bmp);base64,[A-Za-z0-9+/]+={0,2}$/.test(image)) {
      const found = image.length > 40 ? `${image.slice(0, 40)}…` : image;
      throw new Error(
        `renderReport: mistakes[${i}].image must be a base64 data URI of a PNG, JPEG, WebP, GIF or BMP, ` +
          `so that the page needs no other file; found ${JSON.stringify(found)}`,
      );
    }
  });
}

/** The numbers one looks for first, and what went wrong, if something did. */
function headline({ epochs, steps = [] }: ReportData): string {
  const diverged = epochs.filter(({ trainLoss }) => !Number.isFinite(trainLoss)).map(({ epoch }) => epoch);
  const where = diverged.length > 0 ? `, first in epoch ${diverged[0]}` : ' in some steps';
  const notes = [
    ...(epochs.length === 0 ? ['The run ended before its first epoch was complete.'] : []),
    ...(diverged.length > 0 || steps.some(({ loss }) => !Number.isFinite(loss))
      ? [`The training loss is not finite${where}: the run diverged. ` +
          'A lower learning rate, a longer warm-up or clipped gradients usually help.']
      : []),
  ];
  return (epochs.length > 0 ? tiles(epochs) : '') + notes.map((note) => `<p class="note">${note}</p>`).join('');
}

function tiles(epochs: readonly EpochMetrics[]): string {
  const last = epochs[epochs.length - 1];
  const best = epochs.reduce((top, one) =>
    one.testAccuracy > top.testAccuracy || Number.isNaN(top.testAccuracy) ? one : top);
  const seconds = epochs.reduce((sum, one) => sum + one.seconds, 0);
  const rate = epochs.reduce((sum, one) => sum + one.imagesPerSecond, 0) / epochs.length;
  const better = best.testAccuracy > last.testAccuracy;
  const all: [string, string, string][] = [
    ['Test accuracy', formatPercent(last.testAccuracy),
      better ? `best ${formatPercent(best.testAccuracy)} in epoch ${best.epoch}` : `after epoch ${last.epoch}`],
    ['Test loss', measured(last.testLoss), `training ${formatNumber(last.trainLoss)}`],
    ['Time', formatDuration(seconds), `${epochs.length} ${epochs.length === 1 ? 'epoch' : 'epochs'}`],
    ['Training speed', formatRate(rate), 'images a second'],
  ];
  return `<dl class="tiles">${all.map(([name, value, note]) =>
    `<div><dt>${name}</dt><dd><strong>${value}</strong><span>${note}</span></dd></div>`).join('')}</dl>`;
}

function curves({ epochs, steps = [] }: ReportData): string {
  const pick = (name: string, of: (one: EpochMetrics) => number | undefined): Series => {
    const values = epochs.map((one) => [one.epoch, of(one)] as const);
    return { name, points: values.flatMap(([epoch, value]) => (value === undefined ? [] : [[epoch, value] as const])) };
  };
  const loss = [pick('training', (one) => one.trainLoss), pick('test', (one) => one.testLoss)];
  // An accuracy of NaN was not measured, which is no event; a loss of NaN is one.
  const accuracy = pick('test', (one) => (Number.isNaN(one.testAccuracy) ? undefined : 100 * one.testAccuracy));
  const learningRate = pick('learning rate', (one) => one.learningRate);
  const charts = [
    ...(epochs.length > 0
      ? [lineChart(loss.filter(({ points }) => points.length > 0), { title: 'Loss', xLabel: 'epoch' })] : []),
    ...(accuracy.points.length > 0
      ? [lineChart([accuracy], { title: 'Test accuracy', xLabel: 'epoch', unit: ' %', ceiling: 100 })] : []),
    ...(steps.length > 0 ? [lineChart(stepSeries(steps), { title: 'Training loss by step', xLabel: 'step' })] : []),
    ...(learningRate.points.length > 0 ? [lineChart([learningRate], { title: 'Learning rate', xLabel: 'epoch' })] : []),
  ];
  const figures = charts.map((svg) => `<figure tabindex="0">${svg}</figure>`);
  return figures.length === 0 ? '' : `<div class="charts">${figures.join('')}</div>`;
}

/**
 * Single steps are noisy: behind, every step; before it, the mean of about a fiftieth of the run around each step. The
 * window is centred, so that the mean does not lag behind a falling loss; towards both ends it narrows.
 */
function stepSeries(steps: readonly { step: number; loss: number }[]): Series[] {
  const points = steps.map(({ step, loss }) => [step, loss] as const);
  const reach = Math.floor(Math.max(5, steps.length / 50) / 2);
  if (steps.length < 50) return [{ name: 'loss', points }];
  // sums[i] and counts[i] hold the finite losses before step i, so that any window is one difference.
  const [sums, counts] = [[0], [0]];
  steps.forEach(({ loss }, i) => {
    sums.push(sums[i] + (Number.isFinite(loss) ? loss : 0));
    counts.push(counts[i] + (Number.isFinite(loss) ? 1 : 0));
  });
  const smooth = steps.map(({ step, loss }, i) => {
    const near = Math.min(reach, i, steps.length - 1 - i);
    const [from, to] = [i - near, i + near + 1];
    return [step, Number.isFinite(loss) ? (sums[to] - sums[from]) / (counts[to] - counts[from]) : NaN] as const;
  });
  return [{ name: `mean of ${2 * reach + 1} steps`, points: smooth }, { name: 'every step', points, faint: true }];
}

function confusion({ classes, confusion: counts }: ReportData): string {
  const total = counts.flat().reduce((sum, count) => sum + count, 0);
  if (total === 0) return '<p>Nothing was evaluated.</p>';
  const right = `${formatPercent(accuracyOf(counts))} of ${total} images are on the diagonal.`;
  const common = commonestConfusions(classes, counts, 10);
  const rows = common.map(({ truth, predicted, count }) => [truth, predicted, String(count)]);
  const listed = rows.length === 0
    ? '' : `<div><h3>Commonest confusions</h3>${table(['Truth', 'Called', 'Images'], rows, [2])}</div>`;
  const map = classes.length > HEAT_MAP_CLASSES
    ? '' : `<figure class="map" tabindex="0">${heatMap(classes, counts, 'Confusion matrix')}</figure>`;
  return `<p>${right}${map === '' ? '' : ' Colour is the square root of a square’s share of its row.'}</p>` +
    `<div class="beside">${map}${listed}</div>`;
}

function classTable({ classes, confusion: counts }: ReportData): string {
  if (counts.flat().every((count) => count === 0)) return '';
  const rows = classScores(classes, counts).map(({ name, support, precision, recall }) =>
    [name, String(support), formatPercent(precision), formatPercent(recall)]);
  const body = table(['Class', 'Images', 'Precision', 'Recall'], rows, [1, 2, 3]);
  const lead = '<p>Precision: of the images called by this name, the share that was right. ' +
    'Recall: of the images of this class, the share that was found.</p>';
  return lead + folded(`${rows.length} classes`, body, rows.length > HEAT_MAP_CLASSES);
}

function mistakes({ mistakes: all }: ReportData): string {
  const items = all.map(({ image, truth, predicted, confidence }) =>
    `<li><img src="${image}" alt="${escapeText(`${truth}, called ${predicted}`)}">` +
    `<span><span class="key">is</span> ${escapeText(truth)}</span>` +
    `<span><span class="key">called</span> ${escapeText(predicted)}</span>` +
    `<span class="key">${formatPercent(confidence)} sure</span></li>`);
  return items.length === 0 ? '' : `<ul class="mistakes">${items.join('\n')}</ul>`;
}

function epochTable({ epochs }: ReportData): string {
  if (epochs.length === 0) return '';
  const rows = epochs.map((one) => [
    String(one.epoch), formatNumber(one.trainLoss), measured(one.testLoss), formatPercent(one.testAccuracy),
    measured(one.learningRate, threeDigits), formatDuration(one.seconds), formatRate(one.imagesPerSecond),
  ]);
  const heads = ['Epoch', 'Training loss', 'Test loss', 'Test accuracy', 'Learning rate', 'Time', 'Images/s'];
  return folded(`${rows.length} epochs`, table(heads, rows, [0, 1, 2, 3, 4, 5, 6]), rows.length > 12);
}

const measured = (value: number | undefined, format = formatNumber): string =>
  value === undefined ? '–' : format(value);
const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));

function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(([name, value]) =>
    `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(String(value))}</td></tr>`);
  return rows.length === 0 ? '' : scrolling(`<table class="facts"><tbody>${rows.join('\n')}</tbody></table>`);
}

/** `numeric`: the columns set flush right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[]): string {
  const right = (column: number): string => (numeric.includes(column) ? ' class="n"' : '');
  const head = heads.map((text, i) => `<th scope="col"${right(i)}>${escapeText(text)}</th>`).join('');
  const body = rows.map((row) => row.map((text, i) => `<td${right(i)}>${escapeText(text)}</td>`).join(''));
  const lines = body.map((cells) => `<tr>${cells}</tr>`).join('\n');
  return scrolling(`<table><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table>`);
}

/** What is wider than a narrow screen scrolls by itself; tabindex lets the arrow keys do it. */
const scrolling = (body: string): string => `<div class="scroll" tabindex="0">${body}</div>`;

const folded = (summary: string, body: string, fold: boolean): string =>
  fold ? `<details><summary>${summary}</summary>${body}</details>` : body;

const section = (title: string, body: string): string =>
  body === '' ? '' : `<section><h2>${title}</h2>${body}</section>`;

/** Inks reach a contrast of at least 4.5 : 1 on their grounds, in both schemes. */
const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfa; --panel: #fff; --ink: #1b1e23; --muted: #575e68; --rule: #dde0e4;
  --series-1: #1f5fae; --series-2: #b3500b; --series-3: #2a7a4b; --series-4: #7b3fa0; --note: #fdf3dc;
  --heat-right: #1d4f91; --heat-wrong: #8a370b; --heat-ink-weak: #000; --heat-ink-strong: #fff; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #131519; --panel: #191c21; --ink: #e6e8eb; --muted: #a3abb6; --rule: #30353d;
  --series-1: #7db1f5; --series-2: #f0a35e; --series-3: #6fcf97; --series-4: #c99bea; --note: #3a2f16;
  --heat-right: #6b94d4; --heat-wrong: #d07c40; --heat-ink-weak: #fff; --heat-ink-strong: #000; } }
* { box-sizing: border-box; }
.beside > *, .mistakes span { max-width: 100%; }
.columns > * { min-width: 0; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 24px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 48px 0 12px; }
h3 { font-size: 1rem; margin: 0 0 8px; } p { max-width: 70ch; margin: 0 0 16px; }
.note { background: var(--note); padding: 10px 14px; border-radius: 6px; margin-top: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; }
.tiles > div, figure, pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; }
.tiles > div { padding: 14px 16px; } dd { margin: 0; }
dt, .tiles span, .key { color: var(--muted); font-size: .875rem; }
.tiles strong { display: block; font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
figure { margin: 0; padding: 16px; }
figure, pre, .scroll { overflow-x: auto; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
.charts svg { display: block; width: 100%; height: auto; min-width: 440px; max-width: 720px; }
.map svg { display: block; }
.beside { display: flex; flex-wrap: wrap; gap: 32px; align-items: flex-start; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); column-gap: 48px; }
table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 24px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
thead th, .facts th { color: var(--muted); font-weight: 500; }
thead th, td.n { white-space: nowrap; }
.n { text-align: right; }
.facts { width: 100%; }
.facts td { overflow-wrap: anywhere; }
.mistakes { display: flex; flex-wrap: wrap; gap: 20px; list-style: none; margin: 0; padding: 0; }
.mistakes li { display: flex; flex-direction: column; align-items: flex-start; min-width: 140px; width: min-content;
  font-size: .9375rem; line-height: 1.4; overflow-wrap: break-word; }
.mistakes img { min-width: 112px; max-width: 224px; image-rendering: pixelated; border-radius: 4px; margin: 0 0 6px; }
pre { margin: 0; padding: 16px; font: .8125rem/1.5 ui-monospace, monospace; }
summary { cursor: pointer; padding: 4px 0; }
:focus-visible { outline: 2px solid var(--series-1); outline-offset: 2px; }
`;
