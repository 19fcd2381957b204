/** Operations of one's own. */
import type { Tensor } from '@vitrine/tensor';
import { scope } from '@vitrine/tensor';
import type { Row } from './node.js';
import { variable } from './apply.js';
import type { Input } from './apply.js';
import { record } from './record.js';
import type { Variable } from './variable.js';

/**
 * A differentiable operation from a function on tensors and one vjp an input.
 *
 *     const cube = defineFunction('cube', (x: Tensor) => mul(x, square(x)), [
 *       vjp([0], (g, _out, x) => ag.mul(g, ag.mul(ag.square(x), 3))),
 *     ]);
 *
 * Each vjp lists what it reads: 'out' or argument indices. What it does not list may have been released.
 */
export function defineFunction<T extends readonly Tensor[]>(
  name: string,
  forward: (...inputs: T) => Tensor,
  row: Row<{ [I in keyof T]: Variable }>,
): (...inputs: { [I in keyof T]: Input }) => Variable {
  return (...inputs) => {
    const variables = inputs.map((input) => variable(name, input)) as { [I in keyof T]: Variable };
    const values = variables.map((v) => v.value) as { [I in keyof T]: Tensor } as T;
    return record(name, row, variables, scope(() => forward(...values), name));
  };
}
