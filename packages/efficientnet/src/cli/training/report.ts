/** What is left to look at when a run is over: a report, and something in the terminal. */
import { centerCrop, drawImage, fromArrays, imageAt } from '@vitrine/data';
import type { ImageDataset, ImageSource } from '@vitrine/data';
import { confusionOf, formatPercent, renderReport } from '@vitrine/nn';
import type { Batch, EpochMetrics, EpochResult, Evaluation, Fact, Mistake } from '@vitrine/nn';
import type { RunLog } from '@vitrine/nn/node';
import type { EfficientNet } from '../../model.js';
import { dataUri, lookInside, overlays, rasterAt } from '../look-inside.js';
import type { Sets } from './data.js';
import type { Ending, Loaders } from './run.js';

/** Indices of wrongly classified images, the most confident mistake first. */
const mistakesOf = ({ labels, predictions, confidences }: Evaluation): number[] =>
  Array.from(labels.keys()).filter((i) => labels[i] !== predictions[i]).sort((a, b) => confidences[b] - confidences[a]);

/** Some images as the network sees them, but for mean and deviation. */
async function imagesAt(source: ImageSource, indices: readonly number[], size: number): Promise<ImageDataset> {
  const { name, classes, channels, labels } = source;
  const images = new Uint8Array(indices.length * size * size * channels);
  for (const [i, index] of indices.entries()) {
    images.set(centerCrop(await source.read(index), size).data, i * size * size * channels);
  }
  const shape = [indices.length, size, size, channels];
  return fromArrays({ images, shape, classes, name, labels: indices.map((index) => labels[index]) });
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Beyond this side, in pixels, an image fills a terminal by itself. */
const MOST_COLUMNS = 64;

/** A few test images side by side, right and wrong, each over what the model took it for; '' where they are large. */
export async function showPredictions(
  { test, preprocessing: { crop } }: Sets, evaluation: Evaluation, { isTTY = false, columns }: Terminal,
): Promise<string> {
  if (crop > MOST_COLUMNS) return '';
  const { labels, predictions, confidences } = evaluation;
  const gap = 2;
  const fitting = Math.max(1, Math.min(4, Math.floor(((columns || 100) + gap) / (crop + gap))));
  const right = Array.from(labels.keys()).filter((i) => labels[i] === predictions[i]);
  const wrong = mistakesOf(evaluation);
  const chosen = [...right.slice(0, Math.ceil(fitting / 2)), ...wrong].slice(0, fitting);
  const dataset = await imagesAt(test, chosen, crop);
  const { classes } = test;
  const pictures = chosen.map((i, n) => {
    const isRight = labels[i] === predictions[i];
    const lines = drawImage(imageAt(dataset, n), crop, crop, dataset.channels, { color: isTTY });
    const verdict = `${classes[predictions[i]]}${isRight ? '' : '?'} ${formatPercent(confidences[i])}`;
    const captions = [verdict, isRight ? 'right' : `is ${classes[labels[i]]}`];
    return [...lines, ...captions.map((caption) => caption.slice(0, crop).padEnd(crop))];
  });
  const height = Math.max(0, ...pictures.map((picture) => picture.length));
  return Array.from({ length: height }, (_, row) =>
    pictures.map((picture) => picture[row]).join(' '.repeat(gap)).trimEnd()).join('\n');
}

export interface ReportContents {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly config: readonly Fact[];
  readonly summary: string;
  readonly model: EfficientNet;
  readonly sets: Sets;
  readonly loaders: Loaders;
  readonly ending: Ending;
}

/** Writes report.html into the run's folder. Where there are averages of the weights, it is they that are shown. */
export async function leaveReport(log: RunLog, contents: ReportContents): Promise<void> {
  const { title, facts, config, summary, model, sets, loaders, ending } = contents;
  const { evaluation, criterion, results, steps, state: { ema } } = ending;
  const look = async (): Promise<string> => {
    const batch = await firstOf(loaders.training);
    return renderReport({
      title, facts, config, summary, steps,
      epochs: results.map(metricsOf),
      ...(batch !== null && lookInside(model, batch, criterion)),
      classes: sets.test.classes,
      confusion: evaluation === null ? [] : confusionOf(sets.test.classes, evaluation).counts(),
      mistakes: evaluation === null ? [] : await worstMistakes(model, sets, evaluation),
    });
  };
  log.write('report.html', ema === undefined ? await look() : await ema.apply(look));
}

const metricsOf = (result: EpochResult): EpochMetrics => {
  const { metrics, ...rest } = result;
  return { ...rest, testLoss: metrics['loss'], testAccuracy: metrics['accuracy'] };
};

/** One batch, of the epoch that would come next. */
async function firstOf(data: AsyncIterable<Batch>): Promise<Batch | null> {
  for await (const batch of data) return batch;
  return null;
}

const MISTAKES_SHOWN = 24;

async function worstMistakes(model: EfficientNet, sets: Sets, evaluation: Evaluation): Promise<Mistake[]> {
  const { labels, predictions, confidences } = evaluation;
  const { test: { classes }, preprocessing: { crop, mean, std } } = sets;
  const worst = mistakesOf(evaluation).slice(0, MISTAKES_SHOWN);
  const images = await imagesAt(sets.test, worst, crop);
  const seen = await overlays(model, images, worst.map((i) => predictions[i]), { size: crop, mean, std });
  return worst.map((i, rank) => ({
    image: dataUri(rasterAt(images, rank)),
    overlay: seen[rank],
    truth: classes[labels[i]],
    predicted: classes[predictions[i]],
    confidence: confidences[i],
  }));
}
