/**
 * What an evaluation says beyond its accuracy: which classes it confuses, and whether its confidence can be believed.
 */
import { ConfusionMatrix } from './confusion.js';
import type { Evaluation } from './evaluate.js';

/** The confusion matrix of an evaluation; `classes` are the names in index order. */
export function confusionOf(
  classes: readonly string[], { labels, predictions }: Pick<Evaluation, 'labels' | 'predictions'>,
): ConfusionMatrix {
  const confusion = new ConfusionMatrix(classes);
  labels.forEach((label, i) => confusion.add(label, predictions[i]));
  return confusion;
}

/** The images whose confidence is above `from` and at most `to`; 0 belongs to the first bin. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Means over the bin's images; NaN where there are none. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: Σ count/N · |accuracy − confidence| over the bins that have images. 0 is perfect. */
  readonly error: number;
  /** The largest |accuracy − confidence| of a bin. */
  readonly maximum: number;
  /** Of equal width from 0 to 1, in rising order: accuracy over confidence is the reliability plot. */
  readonly bins: readonly CalibrationBin[];
}

/**
 * How far confidence is from accuracy: of the images a model is 80 % sure of, 80 % should be right.
 * The number depends on the number of bins: compare at the same. Throws if there are no images, or a confidence is no
 * probability. Source: Guo et al. 2017, "On calibration of modern neural networks", equation 3, with 15 bins.
 */
export function calibrationError(
  { labels, predictions, confidences }: Pick<Evaluation, 'labels' | 'predictions' | 'confidences'>,
  { bins = 15 } = {},
): Calibration {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`calibrationError: bins is a whole number >= 1; got ${bins}`);
  }
  const n = confidences.length;
  if (n === 0) throw new RangeError('calibrationError: the evaluation has no images');
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  confidences.forEach((confidence, i) => {
    // Rounded, a mean of two probabilities of 1 can be the next number above it.
    if (!(confidence >= 0 && confidence <= 1 + 1e-6)) {
      throw new RangeError(`calibrationError: the confidence of image ${i} is ${confidence}, which is no probability`);
    }
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))];
    bin.count++;
    bin.confidence += confidence;
    bin.right += labels[i] === predictions[i] ? 1 : 0;
  });
  const gaps = sums.filter(({ count }) => count > 0).map(({ confidence, right }) => Math.abs(right - confidence));
  const counts = sums.filter(({ count }) => count > 0).map(({ count }) => count);
  return {
    error: gaps.reduce((sum, gap) => sum + gap, 0) / n,
    maximum: Math.max(...gaps.map((gap, i) => gap / counts[i])),
    bins: sums.map(({ count, confidence, right }, i) => ({
      from: i / bins, to: (i + 1) / bins, count, confidence: confidence / count, accuracy: right / count,
    })),
  };
}
