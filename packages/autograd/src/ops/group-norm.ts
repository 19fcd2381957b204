/** Normalisation within one sample. */
import * as t from '@vitrine/tensor';
import type { GroupNormOptions, Shape } from '@vitrine/tensor';
import { checkGroups, checkNormalized } from '@vitrine/tensor/internal';
import { apply, variable } from '../apply.js';
import type { Input } from '../apply.js';
import { Variable } from '../variable.js';
import { reshape } from './views.js';

/** Normalises x `[N,…,C]` over a sample's pixels and C/groups channels together; gamma and beta `[C]`. */
export function groupNorm(
  x: Input, groups: number, { gamma, beta, eps = 1e-5 }: GroupNormOptions<Input> = {},
): Variable {
  const v = variable('groupNorm', x);
  checkGroups('groupNorm', v.shape, groups);
  const shape = v.shape.slice(-1);
  const [scale, shift] = [operand('groupNorm', gamma, v, shape, 1), operand('groupNorm', beta, v, shape, 0)];
  return apply('groupNorm', v, scale, shift, groups, eps);
}

/** Normalises x over its last axes, which have the shape `normalized`, as have gamma and beta. */
export function layerNorm(
  x: Input, normalized: Shape, { gamma, beta, eps = 1e-5 }: GroupNormOptions<Input> = {},
): Variable {
  const v = variable('layerNorm', x);
  checkNormalized('layerNorm', v.shape, normalized);
  const [scale, shift] = [operand('layerNorm', gamma, v, normalized, 1), operand('layerNorm', beta, v, normalized, 0)];
  for (const [name, { shape }] of Object.entries({ gamma: scale, beta: shift })) {
    if (!t.sameShape(shape, normalized)) {
      throw new RangeError(
        `layerNorm: ${name} has the shape ${t.formatShape(normalized)} for x ${t.formatShape(v.shape)}; ` +
          `got ${t.formatShape(shape)}`,
      );
    }
  }
  // Every row is a sample of one pixel, and its elements are one group of channels.
  const n = t.sizeOf(normalized);
  const rows = reshape(v, [t.sizeOf(v.shape.slice(0, -normalized.length)), n]);
  return reshape(apply('groupNorm', rows, reshape(scale, [n]), reshape(shift, [n]), 1, eps), v.shape);
}

/** The operand, or a constant of `value` everywhere if it was not given. */
const operand = (op: string, given: Input | undefined, x: Variable, shape: Shape, value: number): Variable =>
  given === undefined ? new Variable(t.full(shape, value, x.value.dtype)) : variable(op, given);
