/** How far a probability is from the truth: of a yes or no, and of whole distributions. All in nats. */
import * as t from '@vitrine/tensor';
import { formatShape, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import {
  Variable, add, defineFunction, div, exp, log, logSoftmax, maximum, mul, neg, padSlice, reshape, slice, sub, sum, vjp,
} from '@vitrine/autograd';
import type { Input } from '@vitrine/autograd';
import { alike, checkReduction, reduced } from './reduction.js';
import type { LossOptions, Reduction } from './reduction.js';

export interface BceOptions extends LossOptions {
  /** Factor for every element; broadcasts to the shape of the loss. Not part of the mean's divisor. */
  readonly weight?: Tensor | undefined;
}

export interface BceWithLogitsOptions extends BceOptions {
  /** Factor for what a yes costs, > 1 where it is rare; broadcasts to the shape of the loss, so `[classes]` will do. */
  readonly posWeight?: Tensor | undefined;
}

/**
 * −[posWeight·y·log σ(x) + (1 − y)·log(1 − σ(x))] with x the logit and y the target, from 0 to 1, of the same shape.
 * A sigmoid is a softmax over the logits 0 and x: taken as that, both logarithms come out without overflow, and none
 * is −∞ for a finite x. PyTorch's `binary_cross_entropy_with_logits`.
 */
export function bceWithLogits(
  logits: Input, target: Input, { weight, posWeight, reduction = 'mean' }: BceWithLogitsOptions = {},
): Variable {
  const op = 'bceWithLogits';
  const [x, y] = alike(op, ['logits', 'target'], logits, target);
  checkFactors(op, { weight, posWeight }, x);
  return scope(() => {
    const two = logSoftmax(padSlice(reshape(x, [...x.shape, 1]), [...x.shape, 2], -1, 1));
    const [no, yes] = [0, 1].map((c) => reshape(slice(two, -1, c, c + 1), x.shape));
    const hit = mul(y, yes);
    const losses = neg(add(posWeight === undefined ? hit : mul(hit, posWeight), mul(sub(1, y), no)));
    return reduced(op, weight === undefined ? losses : mul(losses, weight), reduction);
  }, op);
}

/** PyTorch's bounds: no logarithm below −100, no gradient's denominator below 1e-12. */
const LOWEST_LOG = -100;
const SMALLEST_DENOMINATOR = 1e-12;

/**
 * −[y·log p + (1 − y)·log(1 − p)], with logarithms of at least −100. One operation for the sake of its gradient,
 * (p − y)/(p·(1 − p)), which term by term would be ∞ − ∞ or 0·∞ at p = 0 and 1.
 */
const binaryCrossEntropy = defineFunction('bce', (p: Tensor, y: Tensor) => {
  const clamped = (q: Tensor): Tensor => t.maximum(t.log(q), LOWEST_LOG);
  return t.neg(t.add(t.mul(y, clamped(p)), t.mul(t.sub(1, y), clamped(t.sub(1, p)))));
}, [
  vjp([0, 1], (g, _out, p, y) => mul(g, div(sub(p, y), maximum(mul(p, sub(1, p)), SMALLEST_DENOMINATOR)))),
  vjp([0], (g, _out, p) => mul(g, sub(maximum(log(sub(1, p)), LOWEST_LOG), maximum(log(p), LOWEST_LOG)))),
]);

/**
 * −[y·log p + (1 − y)·log(1 − p)] with p a probability and y the target, of the same shape. Logarithms are cut off at
 * −100, so that a wrong certainty costs 100 and not ∞. Throws for a p outside [0, 1]. For logits `bceWithLogits` is
 * exact where a sigmoid has already been rounded to 1. PyTorch's `binary_cross_entropy`.
 */
export function bce(probabilities: Input, target: Input, { weight, reduction = 'mean' }: BceOptions = {}): Variable {
  const [p, y] = alike('bce', ['probabilities', 'target'], probabilities, target);
  checkFactors('bce', { weight }, p);
  checkProbabilities(p.value);
  return scope(() => {
    const losses = binaryCrossEntropy(p, y);
    return reduced('bce', weight === undefined ? losses : mul(losses, weight), reduction);
  }, 'bce');
}

function checkProbabilities(p: Tensor): void {
  if (p.isMeta || p.size === 0) return;
  const [low, high] = scope(() => [t.min(p).item(), t.max(p).item()]);
  if (!(low >= 0 && high <= 1)) {
    throw new RangeError(`bce: probabilities are from 0 to 1; got ${low} … ${high}; for logits use bceWithLogits`);
  }
}

/** Throws unless each tensor broadcasts to the shape of x: a larger one would enlarge the loss. */
function checkFactors(op: string, factors: Readonly<Record<string, Tensor | undefined>>, x: Variable): void {
  for (const [name, factor] of Object.entries(factors)) {
    if (factor === undefined) continue;
    checkTensor(op, name, factor);
    const full = t.broadcastShapes(op, x.shape, factor.shape);
    if (!t.sameShape(full, x.shape)) {
      throw new RangeError(
        `${op}: ${name} broadcasts to the shape of the loss, ${formatShape(x.shape)}; got ${formatShape(factor.shape)}`,
      );
    }
  }
}

export interface KlDivergenceOptions {
  /** Whether the target is given as logarithms too. Default false. */
  readonly logTarget?: boolean | undefined;
  /**
   * Default 'mean', over all elements, as in PyTorch. 'batchMean', the sum over the length of the first axis, is the
   * mean of the divergences.
   */
  readonly reduction?: Reduction | 'batchMean' | undefined;
}

/**
 * target·(log target − logInput), element by element: summed over a distribution the Kullback–Leibler divergence of
 * logInput, a model's log-probabilities, from the target. 0 where the target is 0; there the target's own gradient, −∞,
 * is given as −logInput. With `logTarget` exp(target)·(target − logInput). PyTorch's `kl_div`.
 */
export function klDivergence(
  logInput: Input, target: Input, { logTarget = false, reduction = 'mean' }: KlDivergenceOptions = {},
): Variable {
  const op = 'klDivergence';
  const [x, y] = alike(op, ['logInput', 'target'], logInput, target);
  checkReduction(op, reduction, x.value.size, ['mean', 'batchMean', 'sum', 'none']);
  if (reduction === 'batchMean' && x.shape.length === 0) {
    throw new RangeError(`${op}: a scalar has no batch axis; use reduction 'sum'`);
  }
  return scope(() => {
    const losses = logTarget ? mul(exp(y), sub(y, x)) : divergences(x, y);
    return reduction === 'batchMean' ? mul(sum(losses), 1 / x.shape[0]) : reduced(op, losses, reduction);
  }, op);
}

/** y·(log y − x), 0 where y is 0: the logarithm is taken of 1 there. */
function divergences(x: Variable, y: Variable): Variable {
  const isZero = new Variable(t.equal(y.value, 0));
  return mul(y, sub(log(add(y, isZero)), x));
}
