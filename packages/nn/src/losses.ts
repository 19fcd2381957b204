/** What training makes small. */
import { add as addTensors, formatShape, mul as mulTensors, oneHot, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { logSoftmax, mul, sum, variable } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';

export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes. Default 0. Source: Szegedy et al. 2016. */
  readonly labelSmoothing?: number;
}

/**
 * −(1/N) Σₙ Σ_c target[n,c]·log softmax(logits)[n,c], in nats; target = (1 − s)·oneHot(label) + s/classes.
 * logits `[N,classes]`, labels `[N]` of whole numbers. Throws if a label is no class.
 */
export function crossEntropy(logits: Input, labels: Tensor, { labelSmoothing = 0 }: CrossEntropyOptions = {}): Variable {
  const scores = variable('crossEntropy', logits);
  if (scores.shape.length !== 2 || labels.rank !== 1 || labels.shape[0] !== scores.shape[0]) {
    throw new RangeError(`crossEntropy: takes logits [N,classes] and labels [N]; got ${formatShape(scores.shape)} and ${formatShape(labels.shape)}`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) throw new RangeError(`crossEntropy: labelSmoothing is from 0 to 1; got ${labelSmoothing}`);
  const [N, classes] = scores.shape;
  if (N === 0) throw new RangeError('crossEntropy: the batch is empty');
  return scope(() => {
    const hard = oneHot(labels, classes);
    const target = labelSmoothing === 0 ? hard : addTensors(mulTensors(hard, 1 - labelSmoothing), labelSmoothing / classes);
    return mul(sum(mul(logSoftmax(scores), target)), -1 / N);
  }, 'crossEntropy');
}
