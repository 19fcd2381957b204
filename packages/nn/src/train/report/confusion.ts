/** Which class is taken for which. */
import { accuracyOf, classScores, commonestConfusions } from '../confusion.js';
import { formatPercent } from '../progress.js';
import { heatMap } from '../svg/heat-map.js';
import { chart, folded, table } from './html.js';

/** Beyond this many classes the squares of the heat map are too small to read; lists take its place. */
const HEAT_MAP_CLASSES = 30;

type Counts = readonly (readonly number[])[];

/** The matrix `counts[truth][predicted]`, and the commonest mistakes as a list. */
export function confusion(classes: readonly string[], counts: Counts): string {
  const total = counts.flat().reduce((sum, count) => sum + count, 0);
  if (total === 0) return '<p>Nothing was evaluated.</p>';
  const right = `${formatPercent(accuracyOf(counts))} of ${total} images are on the diagonal.`;
  const common = commonestConfusions(classes, counts, 10);
  const rows = common.map(({ truth, predicted, count }) => [truth, predicted, String(count)]);
  const listed = rows.length === 0
    ? '' : `<div><h3>Commonest confusions</h3>${table(['Truth', 'Called', 'Images'], rows, [2])}</div>`;
  const map = classes.length > HEAT_MAP_CLASSES
    ? '' : chart(heatMap(classes, counts, 'Confusion matrix'), 'map');
  return `<p>${right}${map === '' ? '' : ' Colour is the square root of a square’s share of its row.'}</p>` +
    `<div class="beside">${map}${listed}</div>`;
}

/** Precision and recall of every class. */
export function classTable(classes: readonly string[], counts: Counts): string {
  if (counts.flat().every((count) => count === 0)) return '';
  const rows = classScores(classes, counts).map(({ name, support, precision, recall }) =>
    [name, String(support), formatPercent(precision), formatPercent(recall)]);
  const body = table(['Class', 'Images', 'Precision', 'Recall'], rows, [1, 2, 3]);
  const lead = '<p>Precision: of the images called by this name, the share that was right. ' +
    'Recall: of the images of this class, the share that was found.</p>';
  return lead + folded(`${rows.length} classes`, body, rows.length > HEAT_MAP_CLASSES);
}
