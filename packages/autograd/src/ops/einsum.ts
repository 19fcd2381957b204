/** Einstein's summation, made of operations that have derivatives. */
import { scope } from '@vitrine/tensor';
import { contractEinsum, parseEinsum } from '@vitrine/tensor/internal';
import { variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';
import { diagonal } from './diagonal.js';
import { mul } from './elementwise.js';
import { matmul } from './linear.js';
import { sum } from './reduce.js';
import { permute, reshape } from './views.js';

/**
 * Sums of products over labelled axes, such as `einsum('bqhd,bkhd->bhqk', q, k)`: the rules of `einsum` on tensors.
 * A composite: its gradients are those of the products, sums and views it consists of.
 */
export function einsum(equation: string, ...operands: readonly Input[]): Variable {
  const variables = operands.map((operand) => variable('einsum', operand));
  const parsed = parseEinsum(equation, variables.map(({ shape }) => shape));
  const algebra = { diagonal, matmul, mul, permute, reshape, sum };
  return scope(() => contractEinsum<Variable>(algebra, parsed, variables), 'einsum');
}
