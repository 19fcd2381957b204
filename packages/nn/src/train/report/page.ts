/** A run as one page. */
import { escapeText } from '../svg/marks.js';
import type { ProfileRow } from '../../profile.js';
import { classTable, confusion } from './confusion.js';
import { curves, epochTable, type EpochMetrics, type StepMetrics } from './curves.js';
import { filters } from './filters.js';
import { headline } from './headline.js';
import { histograms, type HistogramPanel } from './histograms.js';
import { factTable, section, type Fact } from './html.js';
import { mistakes, type Mistake } from './mistakes.js';
import { timeByLayer } from './profile.js';
import { STYLE } from './style.js';

/** What a report shows: a section for whatever is given. */
export interface ReportData {
  title: string;
  /** May be empty: a run can be interrupted at once. */
  epochs?: readonly EpochMetrics[] | undefined;
  /** Single steps. */
  steps?: readonly StepMetrics[] | undefined;
  /** Their names, in index order; for `confusion`. */
  classes?: readonly string[] | undefined;
  /** confusion[truth][predicted], K×K; or [] when nothing was evaluated. */
  confusion?: readonly (readonly number[])[] | undefined;
  /** In the order they shall be shown: the most confident first. */
  mistakes?: readonly Mistake[] | undefined;
  /** See `parameterHistograms`. */
  histograms?: readonly HistogramPanel[] | undefined;
  /** The first convolution's kernels, a data URI of a picture each. */
  filters?: readonly string[] | undefined;
  /** Of `profile`. */
  profile?: readonly ProfileRow[] | undefined;
  config?: readonly Fact[] | undefined;
  /** What it ran on: machine, threads, versions, data set. */
  facts?: readonly Fact[] | undefined;
  /** The model's summary, shown as it is. */
  summary?: string | undefined;
}

/**
 * A training run as one HTML page: the result first, then how it came about, what went wrong, what is inside the
 * network, what it costs, and what it was. The page needs nothing else (no script, no font, no network: its content
 * security policy forbids them), follows the reader's light or dark setting, and every text in it is escaped.
 *
 * Throws if `confusion` is neither empty nor K×K, or if an image is no data URI.
 */
export function renderReport(data: ReportData): string {
  const { title, epochs, steps, classes = [], confusion: counts, config = [], facts = [], summary } = data;
  if (counts !== undefined) checkConfusion(classes, counts);
  const columns = section('Configuration', factTable(config)) + section('What it ran on', factTable(facts));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
${[
    epochs === undefined ? '' : headline(epochs, steps),
    section('Curves', curves(epochs, steps)),
    section('Confusion matrix', counts === undefined ? '' : confusion(classes, counts)),
    section('Classes', counts === undefined ? '' : classTable(classes, counts)),
    section('Worst mistakes', mistakes(data.mistakes)),
    section('Weights and gradients', histograms(data.histograms)),
    section('Stem filters', filters(data.filters)),
    section('Time by layer', timeByLayer(data.profile)),
    section('Epochs', epochTable(epochs)),
    columns === '' ? '' : `<div class="columns">${columns}</div>`,
    section('Model', summary ? `<pre tabindex="0">${escapeText(summary)}</pre>` : ''),
  ].filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

function checkConfusion({ length: K }: readonly string[], counts: readonly (readonly number[])[]): void {
  if (counts.length === 0 || (counts.length === K && counts.every((row) => row.length === K))) return;
  const found = `${counts.length} rows of ${[...new Set(counts.map((row) => row.length))].join(' and ')}`;
  throw new RangeError(
    `renderReport: confusion must be ${K}×${K} for ${K} classes, or [] if nothing was evaluated; found ${found}`,
  );
}
