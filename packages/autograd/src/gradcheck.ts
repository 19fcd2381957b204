/**
 * Whether an operation's gradient is the derivative of its value: the last word is the definition of the derivative.
 */
import { Random, add, formatShape, mul, randn, scope, sum } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { noGrad } from './gradient-mode.js';
import { Variable } from './variable.js';

export interface GradcheckOptions {
  readonly seed?: number;
  /** How many random directions to try. Default 3. */
  readonly directions?: number;
  /** Step of the central difference. Default 1e-5: for float64, where truncation (h²) and rounding (1e-16/h) meet. */
  readonly step?: number;
  /**
   * Allowed |⟨g, Jv⟩ − ⟨Jᵀg, v⟩| relative to the larger of the two, or to 1e-3 times |g||v| if both are tiny.
   * Default 1e-6.
   */
  readonly tolerance?: number;
}

const dot = (a: Tensor, b: Tensor): number => sum(mul(a, b)).item();

/**
 * Projects on random directions: with g a random cotangent and v a random direction of all inputs together,
 * ⟨g, (f(x + hv) − f(x − hv)) / 2h⟩ must equal ⟨Jᵀg, v⟩. One number decides a whole operation.
 * `inputs` are float64. Returns the worst relative error; throws if it exceeds the tolerance.
 */
export function gradcheck(
  f: (...inputs: Variable[]) => Variable, inputs: readonly Tensor[], options: GradcheckOptions = {},
): number {
  const { seed = 1, directions = 3, step = 1e-5, tolerance = 1e-6 } = options;
  const wrong = inputs.find((input) => input.dtype !== 'float64');
  if (wrong !== undefined) {
    throw new TypeError(
      'gradcheck: inputs are float64, or the difference quotient drowns in rounding; '
      + `got ${wrong.dtype} ${formatShape(wrong.shape)}`,
    );
  }
  const random = new Random(seed);
  const normal = (like: Tensor): Tensor => randn(like.shape, random, { dtype: 'float64' });
  let worst = 0;
  for (let direction = 0; direction < directions; direction++) {
    worst = Math.max(worst, scope(() => {
      const leaves = inputs.map((input) => new Variable(input, { requiresGrad: true }));
      // In a scope of its own, so that whatever a vjp reads without saving has been released, and says so.
      const out = scope(() => f(...leaves), 'gradcheck');
      const g = normal(out.value);
      const v = inputs.map(normal);
      out.backward({ gradient: g });
      const reverse = leaves.reduce((total, leaf, i) => total + (leaf.grad === null ? 0 : dot(leaf.grad, v[i])), 0);
      const moved = (h: number): Tensor =>
        noGrad(() => f(...inputs.map((x, i) => new Variable(add(x, mul(v[i], h))))).value);
      const forward = (dot(g, moved(step)) - dot(g, moved(-step))) / (2 * step);
      const scale = Math.max(
        Math.abs(forward),
        Math.abs(reverse),
        1e-3 * Math.sqrt(dot(g, g) * v.reduce((total, vi) => total + dot(vi, vi), 0)),
      );
      return scale === 0 ? 0 : Math.abs(forward - reverse) / scale;
    }, 'gradcheck'));
  }
  if (!(worst <= tolerance)) {
    throw new Error(
      `gradcheck: the gradient is off by ${worst.toExponential(2)} of the derivative along a random direction; `
      + `allowed ${tolerance}`,
    );
  }
  return worst;
}
