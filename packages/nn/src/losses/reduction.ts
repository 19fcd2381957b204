/** The last step of every loss: from one number an element to what training makes small. */
import { formatShape, sameShape } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { mean, sum, variable } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';

/** The mean over all elements (default), their sum, or the elements themselves. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  readonly reduction?: Reduction | undefined;
}

const REDUCTIONS: readonly string[] = ['mean', 'sum', 'none'];

/** Throws for another reduction, and for the mean of nothing, which PyTorch makes NaN. */
export function checkReduction(op: string, reduction: string, size: number, known = REDUCTIONS): void {
  if (!known.includes(reduction)) {
    throw new RangeError(`${op}: reduction is one of ${known.join(', ')}; got ${reduction}`);
  }
  if (size === 0 && reduction !== 'sum' && reduction !== 'none') {
    throw new RangeError(`${op}: the batch is empty and has no mean; use reduction 'sum'`);
  }
}

export function reduced(op: string, losses: Variable, reduction: Reduction): Variable {
  checkReduction(op, reduction, losses.value.size);
  return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
}

/** Both as variables. Throws unless they have one shape: broadcasting would hide a forgotten axis. */
export function alike(op: string, names: readonly [string, string], a: Input, b: Input): [Variable, Variable] {
  const [x, y] = [variable(op, a), variable(op, b)];
  if (!sameShape(x.shape, y.shape)) {
    throw new RangeError(
      `${op}: ${names.join(' and ')} have the same shape; got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    );
  }
  return [x, y];
}

/** Throws unless `weight` has one number for each of the classes. */
export function checkClassWeight(op: string, weight: Tensor, classes: number): void {
  checkTensor(op, 'weight', weight);
  if (weight.rank !== 1 || weight.shape[0] !== classes) {
    throw new RangeError(
      `${op}: weight has one number for each of the ${classes} classes; got ${formatShape(weight.shape)}`,
    );
  }
}
