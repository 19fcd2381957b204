/** The numbers one looks for first, and what went wrong, if something did. */
import { formatDuration, formatNumber, formatPercent, formatRate } from '../progress.js';
import type { EpochMetrics, StepMetrics } from './curves.js';
import { measured } from './html.js';

export function headline(epochs: readonly EpochMetrics[], steps: readonly StepMetrics[] = []): string {
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
