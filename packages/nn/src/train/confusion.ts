import { displayWidth, formatPercent, printable, truncate } from './progress.js';

/**
 * What one row and one column of a confusion matrix say about a class. A ratio 0/0 is NaN, not 0 as in scikit-learn:
 * the precision of a class that is never predicted and the recall of one without images say nothing.
 */
export interface ClassScore {
  name: string;
  /** Images of this class: the sum of its row. */
  support: number;
  /** Of the images called this class, the share that is: counts[c][c] / Σ_t counts[t][c]. */
  precision: number;
  /** Of the images of this class, the share that was found: counts[c][c] / Σ_p counts[c][p]. */
  recall: number;
  /**
   * Harmonic mean of precision and recall: images of this class called so, twice, over all called so and all that are.
   * 0 if no image of the class is found.
   */
  f1: number;
}

/** One kind of mistake and how often it was made. */
export interface Confusion {
  truth: string;
  predicted: string;
  count: number;
}

/** Beyond this many classes a table is wider than any terminal; the commonest confusions are listed instead. */
const TABLE_CLASSES = 24;

/**
 * How often an image of class `truth` was called `predicted`: rows are truth, columns prediction.
 * The diagonal is right, everything beside it is a mistake. Classes are indices 0..K−1 in the order of `classes`.
 */
export class ConfusionMatrix {
  readonly classes: readonly string[];
  readonly #counts: Float64Array; // K×K row-major; float64 counts exactly up to 2⁵³

  constructor(classes: readonly string[]) {
    if (classes.length === 0) throw new RangeError('ConfusionMatrix: no classes; give their names in index order');
    this.classes = [...classes];
    this.#counts = new Float64Array(classes.length ** 2);
  }

  /** Counts one image. Throws a RangeError when an index is no class. */
  add(truth: number, predicted: number): void {
    const K = this.classes.length;
    for (const [what, index] of [['truth', truth], ['predicted', predicted]] as const) {
      if (!Number.isInteger(index) || index < 0 || index >= K) {
        throw new RangeError(`ConfusionMatrix.add: ${what} is ${String(index)}; classes are whole numbers 0..${K - 1}`);
      }
    }
    this.#counts[truth * K + predicted]++;
  }

  /** A copy of the table, counts()[truth][predicted]. */
  counts(): number[][] {
    const K = this.classes.length;
    return this.classes.map((_, truth) => Array.from(this.#counts.subarray(truth * K, (truth + 1) * K)));
  }

  /** Images counted so far. */
  total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The share on the diagonal, 0..1; NaN before the first image. */
  accuracy(): number {
    return accuracyOf(this.counts());
  }

  /**
   * A table for a terminal. Column heads are class names where that fits into `columns` characters, else class numbers,
   * which the rows then show too. `·` is zero. More than 24 classes: the 20 commonest confusions as a list.
   */
  toString(columns = 100): string {
    const { classes } = this;
    const [counts, total] = [this.counts(), this.total()];
    const correct = counts.reduce((sum, row, c) => sum + row[c], 0);
    const summary = `accuracy ${formatPercent(correct / total)}  (${correct} of ${total})`;
    const body = classes.length > TABLE_CLASSES ? list(classes, counts) : table(classes, counts, columns);
    return [...body, summary].join('\n');
  }
}

/** Σ_c counts[c][c] / Σ counts; NaN when nothing was counted. */
export function accuracyOf(counts: readonly (readonly number[])[]): number {
  const total = counts.flat().reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, row, c) => sum + row[c], 0) / total;
}

/** Precision, recall and F1 of every class, in class order. */
export function classScores(classes: readonly string[], counts: readonly (readonly number[])[]): ClassScore[] {
  const called = classes.map((_, c) => counts.reduce((sum, row) => sum + row[c], 0));
  return classes.map((name, c) => {
    const support = counts[c].reduce((sum, count) => sum + count, 0);
    const right = counts[c][c];
    return {
      name,
      support,
      precision: right / called[c],
      recall: right / support,
      f1: (2 * right) / (called[c] + support),
    };
  });
}

/** The commonest mistakes, most frequent first; ties stay in class order. */
export function commonestConfusions(
  classes: readonly string[],
  counts: readonly (readonly number[])[],
  limit: number,
): Confusion[] {
  return counts
    .flatMap((row, t) => row.map((count, p) => ({ t, p, count })).filter(({ t, p, count }) => t !== p && count > 0))
    .sort((a, b) => b.count - a.count)
    .slice(0, limit)
    .map(({ t, p, count }) => ({ truth: classes[t], predicted: classes[p], count }));
}

function table(classes: readonly string[], counts: readonly (readonly number[])[], columns: number): string[] {
  const K = classes.length;
  const names = classes.map((name) => truncate(printable(name), 24));
  const cells = counts.map((row) => row.map((count) => (count === 0 ? '·' : String(count))));
  const scores = classScores(classes, counts);

  const build = (heads: readonly string[], labels: readonly string[]): string[] => {
    const corner = 'truth \\ predicted';
    const first = Math.max(displayWidth(corner), ...labels.map(displayWidth));
    const widths = heads.map((head, p) => Math.max(displayWidth(head), ...cells.map((row) => row[p].length)));
    const line = (label: string, row: readonly string[], recall: string, precision: string): string => {
      const middle = row.map((cell, p) => padStart(cell, widths[p]));
      return [padEnd(label, first), ...middle, recall.padStart(7), precision.padStart(9)].join('  ');
    };
    return [
      line(corner, heads, 'recall', 'precision'),
      ...cells.map((row, t) =>
        line(labels[t], row, formatPercent(scores[t].recall), formatPercent(scores[t].precision)),
      ),
    ];
  };

  const named = build(names, names);
  if (displayWidth(named[0]) <= columns) return named;
  const digits = String(K - 1).length;
  return build(classes.map((_, c) => String(c)), names.map((name, c) => `${String(c).padStart(digits)} ${name}`));
}

function list(classes: readonly string[], counts: readonly (readonly number[])[]): string[] {
  const commonest = commonestConfusions(classes, counts, 20);
  if (commonest.length === 0) return ['no confusions'];
  const digits = String(commonest[0].count).length;
  return [
    'commonest confusions (count  truth → predicted)',
    ...commonest.map(({ truth, predicted, count }) =>
      `${String(count).padStart(digits)}  ${truncate(printable(truth), 36)} → ${truncate(printable(predicted), 36)}`,
    ),
  ];
}

const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));
const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
