/** What a run leaves behind: a checkpoint, a report, and something to look at in the terminal. */
import { drawImage, imageAt } from '@vitrine/data';
import type { ImageDataset } from '@vitrine/data';
import { confusionOf, formatPercent, renderReport } from '@vitrine/nn';
import type { Batch, EpochMetrics, Evaluation, Fact, Mistake, StepMetrics } from '@vitrine/nn';
import type { RunLog } from '@vitrine/nn/node';
import type { Variable } from '@vitrine/autograd';
import { saveTensors } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { EfficientNet } from '../model.js';
import { dataUri, lookInside, overlays, rasterAt } from './look-inside.js';
import type { Preparation } from './look-inside.js';

/** The model's weights, with all that is needed to use them, as JSON texts in the file's metadata. */
export const saveCheckpoint = (path: string, model: EfficientNet, classes: readonly string[], training: object): Promise<void> =>
  saveTensors(path, model.stateDict(), new Map([
    ['model', JSON.stringify(model.config)],
    ['classes', JSON.stringify(classes)],
    ['training', JSON.stringify(training)],
  ]));

/** Indices of wrongly classified images, the most confident mistake first. */
const mistakesOf = ({ labels, predictions, confidences }: Evaluation): number[] =>
  Array.from(labels.keys()).filter((i) => labels[i] !== predictions[i]).sort((a, b) => confidences[b] - confidences[a]);

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A few test images side by side, right and wrong, each over what the model took it for. */
export function showPredictions(dataset: ImageDataset, evaluation: Evaluation, { isTTY = false, columns }: Terminal): string {
  const { labels, predictions, confidences } = evaluation;
  const gap = 2;
  const fitting = Math.max(1, Math.min(4, Math.floor(((columns || 100) + gap) / (dataset.width + gap))));
  const right = Array.from(labels.keys()).filter((i) => labels[i] === predictions[i]);
  const wrong = mistakesOf(evaluation);
  const chosen = [...right.slice(0, Math.ceil(fitting / 2)), ...wrong].slice(0, fitting);
  const pictures = chosen.map((i) => {
    const verdict = labels[i] === predictions[i] ? `${dataset.classes[predictions[i]]}` : `${dataset.classes[predictions[i]]}?`;
    const lines = drawImage(imageAt(dataset, i), dataset.height, dataset.width, dataset.channels, { color: isTTY });
    const captions = [`${verdict} ${formatPercent(confidences[i])}`, labels[i] === predictions[i] ? 'right' : `is ${dataset.classes[labels[i]]}`];
    return [...lines, ...captions.map((caption) => caption.slice(0, dataset.width).padEnd(dataset.width))];
  });
  const height = Math.max(0, ...pictures.map((picture) => picture.length));
  return Array.from({ length: height }, (_, row) => pictures.map((picture) => picture[row]).join(' '.repeat(gap)).trimEnd()).join('\n');
}

export interface ReportContents {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly config: readonly (readonly [string, string | number | boolean])[];
  readonly epochs: readonly EpochMetrics[];
  readonly steps: readonly StepMetrics[];
  readonly summary: string;
  readonly dataset: ImageDataset;
  readonly evaluation: Evaluation | null;
  /** As it is now, and a batch and the loss it is trained with, to look inside; without a batch, that is left out. */
  readonly model: EfficientNet;
  readonly batch: Batch | null;
  readonly loss: (logits: Variable, labels: Tensor) => Variable;
  readonly preparation: Preparation;
}

const MISTAKES_SHOWN = 24;

/** Writes report.html into the run's folder. */
export async function leaveReport(log: RunLog, contents: ReportContents): Promise<void> {
  const { dataset, evaluation, model, batch, loss, preparation, ...rest } = contents;
  const html = renderReport({
    ...rest,
    ...(batch !== null && lookInside(model, batch, loss)),
    classes: dataset.classes,
    confusion: evaluation === null ? [] : confusionOf(dataset.classes, evaluation).counts(),
    mistakes: evaluation === null ? [] : await worstMistakes(contents, evaluation),
  });
  log.write('report.html', html);
}

async function worstMistakes(
  { model, dataset, preparation }: ReportContents, evaluation: Evaluation,
): Promise<Mistake[]> {
  const { labels, predictions, confidences } = evaluation;
  const worst = mistakesOf(evaluation).slice(0, MISTAKES_SHOWN);
  const seen = await overlays(model, dataset, worst, worst.map((i) => predictions[i]), preparation);
  return worst.map((i, rank) => ({
    image: dataUri(rasterAt(dataset, i)),
    overlay: seen[rank],
    truth: dataset.classes[labels[i]],
    predicted: dataset.classes[predictions[i]],
    confidence: confidences[i],
  }));
}
