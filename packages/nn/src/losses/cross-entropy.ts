/** How surprised a classifier is by the truth, in nats. */
import { formatShape, fromArray, reshape as reshapeTensor, sameShape, scope } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { add, div, logSoftmax, mul, neg, reshape, sub, sum, takeAlong, variable, where } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';
import { checkClassWeight, checkReduction, reduced } from './reduction.js';
import type { LossOptions } from './reduction.js';

export interface NllOptions extends LossOptions {
  /** Factor for what each class costs, `[classes]`. The mean then divides by the sum of the labels' weights. */
  readonly weight?: Tensor | undefined;
  /** Elements with this label cost nothing and are not counted. Default −100. */
  readonly ignoreIndex?: number | undefined;
}

export interface CrossEntropyOptions extends NllOptions {
  /** Share of the target spread evenly over all classes. Default 0. Source: Szegedy et al. 2016. */
  readonly labelSmoothing?: number | undefined;
}

const IGNORE = -100;

/**
 * −weight[y]·logProbs[…,y] for the label y of each element: the negative log-likelihood.
 * logProbs `[N,…,classes]`, labels `[N,…]` of whole numbers, or `ignoreIndex`. 'mean': Σ losses / Σ weight[y], without
 * the ignored ones; NaN if all are ignored. Throws if a label is no class. PyTorch's `nll_loss`, channels last.
 */
export function nll(logProbs: Input, labels: Tensor, options: NllOptions = {}): Variable {
  const scores = variable('nll', logProbs);
  checkTensor('nll', 'labels', labels);
  if (!areLabels(scores.shape, labels.shape)) {
    throw new RangeError(
      'nll: takes logProbs [N,…,classes] and labels [N,…]; ' +
        `got ${formatShape(scores.shape)} and ${formatShape(labels.shape)}`,
    );
  }
  return scope(() => hardLoss('nll', scores, labels, 0, options), 'nll');
}

/**
 * −Σ_c target[…,c]·log softmax(logits)[…,c]; target = (1 − s)·oneHot(label) + s/classes, s the label smoothing.
 * logits `[N,…,classes]`; the target is either labels `[N,…]`, whole numbers, or probabilities of the shape of the
 * logits, in which it can be differentiated. Throws if a label is no class.
 *
 * Labels: `weight` and `ignoreIndex` as in `nll`. Probabilities: every term has its class's weight, 'mean' divides by
 * the number of distributions whatever they weigh, nothing can be ignored. PyTorch's `cross_entropy`, channels last.
 */
export function crossEntropy(logits: Input, target: Input, options: CrossEntropyOptions = {}): Variable {
  const { labelSmoothing = 0, ignoreIndex } = options;
  const scores = variable('crossEntropy', logits);
  const wanted = variable('crossEntropy', target);
  const soft = scores.shape.length >= 2 && sameShape(scores.shape, wanted.shape);
  if (!soft && !areLabels(scores.shape, wanted.shape)) {
    throw new RangeError(
      'crossEntropy: takes logits [N,…,classes] and labels [N,…], or probabilities of the shape of the logits; ' +
        `got ${formatShape(scores.shape)} and ${formatShape(wanted.shape)}`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing is from 0 to 1; got ${labelSmoothing}`);
  }
  if (soft && ignoreIndex !== undefined) {
    throw new RangeError(
      'crossEntropy: ignoreIndex is for labels; a target of the shape of the logits, ' +
        `${formatShape(scores.shape)}, holds probabilities`,
    );
  }
  return scope(() => {
    const logProbs = logSoftmax(scores);
    if (soft) return softLoss(logProbs, wanted, labelSmoothing, options);
    return hardLoss('crossEntropy', logProbs, wanted.value, labelSmoothing, options);
  }, 'crossEntropy');
}

const areLabels = (scores: Shape, labels: Shape): boolean =>
  scores.length >= 2 && sameShape(scores.slice(0, -1), labels);

/** The loss for labels. With smoothing s: (1 − s) times what the label costs, plus s times the mean of all classes. */
function hardLoss(
  op: string, logProbs: Variable, labels: Tensor, s: number,
  { weight, ignoreIndex = IGNORE, reduction = 'mean' }: NllOptions,
): Variable {
  const classes = logProbs.shape.at(-1)!;
  checkReduction(op, reduction, labels.size);
  if (weight !== undefined) checkClassWeight(op, weight, classes);
  const { places, factors, counted, total } = readLabels(op, labels, logProbs.value, weight, ignoreIndex);
  let losses = neg(mul(reshape(takeAlong(logProbs, places, -1), labels.shape), factors));
  if (s > 0) {
    const all = sum(weight === undefined ? logProbs : mul(logProbs, weight), { axes: -1 });
    // Chosen, not multiplied: where a label is to be ignored, scores may be −∞ or NaN.
    losses = sub(mul(losses, 1 - s), mul(where(counted, all, 0), s / classes));
  }
  return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : div(sum(losses), total);
}

/** What the labels say, as constants of the type of the scores. */
interface Labels {
  /** `[…,1]`: the label, or −1 (which `takeAlong` reads as a zero) where it is to be ignored. */
  readonly places: Tensor;
  /** `[…]`: the weight of the label, 0 where it is to be ignored. */
  readonly factors: Tensor;
  /** `[…]`: 1, or 0 where the label is to be ignored. */
  readonly counted: Tensor;
  /** Σ factors: what the mean divides by. */
  readonly total: number;
}

function readLabels(
  op: string, labels: Tensor, scores: Tensor, weight: Tensor | undefined, ignoreIndex: number,
): Labels {
  const { shape, dtype } = scores;
  const places = reshapeTensor(labels, [...labels.shape, 1]);
  if (labels.isMeta || weight?.isMeta === true) return { places, factors: labels, counted: labels, total: labels.size };
  const classes = shape.at(-1)!;
  const weights = weight?.toFloat64Array() ?? new Float64Array(classes).fill(1);
  const found = labels.toFloat64Array().map((label, i) => {
    if (label === ignoreIndex) return -1;
    if (Number.isInteger(label) && label >= 0 && label < classes) return label;
    throw new RangeError(
      `${op}: label ${label} at index ${i} is not one of the ${classes} classes 0..${classes - 1}, ` +
        `nor ignoreIndex ${ignoreIndex}`,
    );
  });
  const factors = found.map((label) => (label < 0 ? 0 : weights[label]));
  return {
    places: fromArray(found, places.shape, dtype),
    factors: fromArray(factors, labels.shape, dtype),
    counted: fromArray(found.map((label) => (label < 0 ? 0 : 1)), labels.shape, dtype),
    total: factors.reduce((total, factor) => total + factor, 0),
  };
}

/** The loss for probabilities. */
function softLoss(
  logProbs: Variable, probabilities: Variable, s: number, { weight, reduction = 'mean' }: NllOptions,
): Variable {
  const classes = logProbs.shape.at(-1)!;
  if (weight !== undefined) checkClassWeight('crossEntropy', weight, classes);
  const target = s === 0 ? probabilities : add(mul(probabilities, 1 - s), s / classes);
  const terms = mul(logProbs, target);
  const losses = neg(sum(weight === undefined ? terms : mul(terms, weight), { axes: -1 }));
  return reduced('crossEntropy', losses, reduction);
}
