/** What training did, over time. */
import { formatDuration, formatNumber, formatPercent, formatRate } from '../progress.js';
import { lineChart, type Series } from '../svg/line-chart.js';
import { charts, folded, measured, table } from './html.js';

/** What is known when an epoch ends. What was not measured is absent; an accuracy, which has to be there, NaN. */
export interface EpochMetrics {
  /** Counted from 1. */
  epoch: number;
  /** Mean loss over the epoch's images, in nats for cross-entropy. */
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

/** What is known when a step ends. */
export interface StepMetrics {
  step: number;
  loss: number;
  learningRate?: number | undefined;
}

/** Loss, accuracy and learning rate; by step where there are steps. */
export function curves(epochs: readonly EpochMetrics[] = [], steps: readonly StepMetrics[] = []): string {
  const pick = (name: string, of: (one: EpochMetrics) => number | undefined): Series => {
    const values = epochs.map((one) => [one.epoch, of(one)] as const);
    return { name, points: values.flatMap(([epoch, value]) => (value === undefined ? [] : [[epoch, value] as const])) };
  };
  const loss = [pick('training', (one) => one.trainLoss), pick('test', (one) => one.testLoss)];
  // An accuracy of NaN was not measured, which is no event; a loss of NaN is one.
  const accuracy = pick('test', (one) => (Number.isNaN(one.testAccuracy) ? undefined : 100 * one.testAccuracy));
  return charts([
    ...(epochs.length > 0
      ? [lineChart(loss.filter(({ points }) => points.length > 0), { title: 'Loss', xLabel: 'epoch' })] : []),
    ...(accuracy.points.length > 0
      ? [lineChart([accuracy], { title: 'Test accuracy', xLabel: 'epoch', unit: ' %', ceiling: 100 })] : []),
    ...(steps.length > 0 ? [lineChart(stepSeries(steps), { title: 'Training loss by step', xLabel: 'step' })] : []),
    ...learningRate(steps, pick('learning rate', (one) => one.learningRate)),
  ]);
}

/** Of the steps, if they know it: a warm-up is shorter than an epoch. */
function learningRate(steps: readonly StepMetrics[], byEpoch: Series): string[] {
  const points = steps.flatMap(({ step, learningRate: rate }) => (rate === undefined ? [] : [[step, rate] as const]));
  const title = 'Learning rate';
  if (points.length > 0) return [lineChart([{ name: 'learning rate', points }], { title, xLabel: 'step' })];
  return byEpoch.points.length > 0 ? [lineChart([byEpoch], { title, xLabel: 'epoch' })] : [];
}

/**
 * Single steps are noisy: behind, every step; before it, the mean of about a fiftieth of the run around each step. The
 * window is centred, so that the mean does not lag behind a falling loss; towards both ends it narrows.
 */
function stepSeries(steps: readonly StepMetrics[]): Series[] {
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

export function epochTable(epochs: readonly EpochMetrics[] = []): string {
  if (epochs.length === 0) return '';
  const rows = epochs.map((one) => [
    String(one.epoch), formatNumber(one.trainLoss), measured(one.testLoss), formatPercent(one.testAccuracy),
    measured(one.learningRate, threeDigits), formatDuration(one.seconds), formatRate(one.imagesPerSecond),
  ]);
  const heads = ['Epoch', 'Training loss', 'Test loss', 'Test accuracy', 'Learning rate', 'Time', 'Images/s'];
  return folded(`${rows.length} epochs`, table(heads, rows, [0, 1, 2, 3, 4, 5, 6]), rows.length > 12);
}

const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));
