/**
 * Normalisation within one sample: over groups of channels, or over the last axes. No running statistics; training and
 * evaluation are the same. (Instance normalisation is `groupNorm` with as many groups as channels.)
 */
import { formatShape, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { allocate, checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { allocateLike, elements, kernelsFor } from './dispatch.js';
import { contiguous, reshape } from './views.js';

export interface GroupNormOptions<T = Tensor> {
  /** Factor of each normalised channel or element. Default 1. */
  readonly gamma?: T | undefined;
  /** Added after it. Default 0. */
  readonly beta?: T | undefined;
  /** Added to the variance inside the root. Default 1e-5. */
  readonly eps?: number | undefined;
}

/**
 * (x − mean)/√(variance + eps)·gamma + beta, where mean and (biased) variance are those of one sample's pixels and of
 * C/groups neighbouring channels together. x `[N,…,C]`, gamma and beta `[C]`.
 * Throws unless the groups are equal. Source: Wu & He 2018.
 */
export function groupNorm(x: Tensor, groups: number, { gamma, beta, eps = 1e-5 }: GroupNormOptions = {}): Tensor {
  checkTensor('groupNorm', 'x', x);
  checkGroups('groupNorm', x.shape, groups);
  const C = x.shape[x.rank - 1];
  const scale = vector('groupNorm', 'gamma', gamma, x, [C], 1);
  const shift = vector('groupNorm', 'beta', beta, x, [C], 0);
  const source = contiguous(x);
  const out = allocateLike(x.shape, x, scale, shift);
  if (out.isMeta || out.size === 0) return out;
  const N = x.shape[0];
  kernelsFor(x).groupNorm(
    N, x.size / (N * C), groups, C / groups, elements(source), elements(scale), elements(shift), eps, elements(out),
  );
  return out;
}

/** The rule of `groupNorm`, shared by tensors and variables. */
export function checkGroups(op: string, input: Shape, groups: number): void {
  if (input.length < 2) throw new RangeError(`${op}: x is [N,…,C]; got ${formatShape(input)}`);
  const C = input[input.length - 1];
  if (!Number.isInteger(groups) || groups < 1 || C % groups !== 0) {
    throw new RangeError(
      `${op}: groups is a whole number >= 1 that divides the channels; ` +
        `got ${groups} and ${C} channels of ${formatShape(input)}`,
    );
  }
}

/**
 * (x − mean)/√(variance + eps)·gamma + beta, where mean and (biased) variance are those of the last axes, which have
 * the shape `normalized`; gamma and beta have it too. `layerNorm(x, [C])` normalises every pixel, or token, by
 * itself.
 * Source: Ba, Kiros & Hinton 2016; PyTorch's layer_norm.
 */
export function layerNorm(x: Tensor, normalized: Shape, { gamma, beta, eps = 1e-5 }: GroupNormOptions = {}): Tensor {
  checkTensor('layerNorm', 'x', x);
  checkNormalized('layerNorm', x.shape, normalized);
  const scale = vector('layerNorm', 'gamma', gamma, x, normalized, 1);
  const shift = vector('layerNorm', 'beta', beta, x, normalized, 0);
  // Every row is a sample of one pixel, and its elements are one group of channels.
  const n = sizeOf(normalized);
  const rows = reshape(x, [sizeOf(x.shape.slice(0, -normalized.length)), n]);
  return reshape(groupNorm(rows, 1, { gamma: reshape(scale, [n]), beta: reshape(shift, [n]), eps }), x.shape);
}

/** The rule of `layerNorm`, shared by tensors and variables. */
export function checkNormalized(op: string, input: Shape, normalized: Shape): void {
  const isShape = Array.isArray(normalized);
  if (!isShape || normalized.length === 0 || !sameShape(input.slice(-normalized.length), normalized)) {
    const wanted = isShape ? formatShape(normalized) : String(normalized);
    throw new RangeError(
      `${op}: normalises over the last axes, given as their lengths, such as [C]; ` +
        `got ${wanted} for x ${formatShape(input)}`,
    );
  }
}

/** The operand, or `value` everywhere if it was not given. */
function vector(op: string, name: string, given: Tensor | undefined, x: Tensor, shape: Shape, value: number): Tensor {
  if (given === undefined) {
    const out = allocate(shape, x.dtype, x.isMeta);
    if (!out.isMeta) elements(out).fill(value);
    return out;
  }
  checkTensor(op, name, given);
  checkSameDType(op, x, given);
  if (!sameShape(given.shape, shape)) {
    throw new RangeError(
      `${op}: ${name} has the shape ${formatShape(shape)} for x ${formatShape(x.shape)}; ` +
        `got ${formatShape(given.shape)}`,
    );
  }
  return contiguous(given);
}
