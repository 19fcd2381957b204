/**
 * Gradients of functions: from f, which computes one number, to a function that computes its gradient. That is a
 * function of variables again, so that it can be differentiated too. Source: JAX's grad, value_and_grad, jvp.
 */
import { formatShape, onesLike, sameShape, scope, zeros } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { variable } from './apply.js';
import type { Input } from './apply.js';
import { cotangentsOf, gradients, reachable } from './backward.js';
import type { GradOptions } from './backward.js';
import { enableGrad, noGrad } from './gradient-mode.js';
import { broadcastTo, mul, sum } from './ops/index.js';
import { Variable } from './variable.js';

/** A function of as many variables as A is long, that gives a variable. */
export type VariableFunction<A extends readonly unknown[]> = (...inputs: { [I in keyof A]: Variable }) => Variable;

/** As many variables or tensors; its names of arguments are kept where they are written down. */
export type Inputs<A extends readonly unknown[]> = { [I in keyof A]: Input };

export interface ArgumentOption<N extends number | readonly number[]> {
  /** Which arguments to differentiate by: one position, or several. Default 0, the first. */
  readonly argnums?: N;
}

/**
 * Of a variable: ∂root/∂input for each input, returned instead of accumulated (PyTorch's `autograd.grad`). Throws for
 * an input that root does not depend on.
 *
 *     const [dx, dw] = grad(loss, [x, w]);
 */
export function grad(root: Variable, inputs: readonly Variable[], options?: GradOptions): Variable[];
/**
 * Of a function whose result has one element: the function that computes its gradient by argument `argnums`, or, if
 * several are listed, by each of them (JAX's `grad`). Zeros where the result does not depend on an argument.
 *
 *     grad((x) => sum(square(x)))(tensor([1, 2]))   // 2x
 *     grad(grad((x) => pow(x, 3)))(tensor(2))       // 6x = 12
 *
 * Like every operation, it is recorded if something outside can ask for the gradient of its result: an argument that
 * requires one, or a parameter that f reads. In `noGrad` it is not, and costs less.
 */
export function grad<A extends readonly unknown[]>(
  f: VariableFunction<A>, options?: ArgumentOption<number>,
): (...inputs: Inputs<A>) => Variable;
export function grad<A extends readonly unknown[]>(
  f: VariableFunction<A>, options: ArgumentOption<readonly number[]>,
): (...inputs: Inputs<A>) => Variable[];
export function grad(
  of: Variable | ((...inputs: Variable[]) => Variable),
  what: readonly Variable[] | ArgumentOption<number | readonly number[]> = {},
  options?: GradOptions,
): Variable[] | ((...inputs: Input[]) => Variable | Variable[]) {
  if (of instanceof Variable) {
    if (!('length' in what)) throw new TypeError('grad: of a variable, by a list of variables: grad(loss, [x])');
    return gradients(of, what, options);
  }
  if (typeof of !== 'function' || 'length' in what) {
    throw new TypeError('grad: takes a variable and a list of variables, or a function and its options');
  }
  return (...inputs) => scope(() => differentiate('grad', of, inputs, what.argnums)[1], 'grad');
}

/** Like `grad` of a function, for its value and its gradient together: `[f(x), ∂f/∂x]`. */
export function valueAndGrad<A extends readonly unknown[]>(
  f: VariableFunction<A>, options?: ArgumentOption<number>,
): (...inputs: Inputs<A>) => [Variable, Variable];
export function valueAndGrad<A extends readonly unknown[]>(
  f: VariableFunction<A>, options: ArgumentOption<readonly number[]>,
): (...inputs: Inputs<A>) => [Variable, Variable[]];
export function valueAndGrad(
  f: (...inputs: Variable[]) => Variable, { argnums }: ArgumentOption<number | readonly number[]> = {},
): (...inputs: Input[]) => [Variable, Variable | Variable[]] {
  return (...inputs) => differentiate('valueAndGrad', f, inputs, argnums);
}

/**
 * H·v, H being the second derivatives of f at x: the gradient of ⟨∇f(x), v⟩. Costs about two gradients; H, which has
 * x.size² elements, is never made. v has the shape of x, so has the result. Source: Pearlmutter 1994.
 */
export function hvp(f: (x: Variable) => Variable, x: Input, v: Input): Variable {
  checkDirection('hvp', x, v);
  return grad((y) => sum(mul(grad(f)(y), v)))(x);
}

/**
 * `[f(x), J·v]`: how f(x), of any shape, changes along v. Out of two reverse passes: Jᵀu is linear in u, and the
 * derivative of ⟨Jᵀu, v⟩ by u is J·v (Townsend 2017). v has the shape of x, the result that of f(x).
 */
export function jvp(f: (x: Variable) => Variable, x: Input, v: Input): [Variable, Variable] {
  checkDirection('jvp', x, v);
  return scope(() => {
    const out = noGrad(() => f(variable('jvp', x)));
    const along = (u: Variable): Variable => sum(mul(grad((y) => sum(mul(f(y), u)))(x), v));
    return [out, grad(along)(zeros(out.shape, out.value.dtype))];
  }, 'jvp');
}

function checkDirection(name: string, x: Input, v: Input): void {
  const [own, given] = [variable(name, x).shape, variable(name, v).shape];
  if (sameShape(own, given)) return;
  throw new RangeError(`${name}: the direction v has the shape of x, ${formatShape(own)}; got ${formatShape(given)}`);
}

function differentiate(
  name: string, f: (...inputs: Variable[]) => Variable, inputs: readonly Input[],
  argnums: number | readonly number[] = 0,
): [Variable, Variable | Variable[]] {
  const positions = typeof argnums === 'number' ? [argnums] : argnums;
  const wrong = positions.find((i) => !Number.isInteger(i) || i < 0 || i >= inputs.length);
  if (wrong !== undefined) {
    throw new RangeError(
      `${name}: argnums are positions of arguments, from 0; there are ${inputs.length} arguments, got ${wrong}`,
    );
  }
  return scope(() => {
    const wanted = runtime.gradientMode;
    const own = new Set<Variable>();
    const operands = inputs.map((input, i) => {
      const x = variable(name, input);
      if (!positions.includes(i)) return wanted ? x : x.detach();
      // A variable of its own for every argument: f may get the same one twice, or have it from elsewhere as well.
      if (wanted && x.requiresGrad) return broadcastTo(x, x.shape);
      const leaf = new Variable(x.value, { requiresGrad: true });
      own.add(leaf);
      return leaf;
    });
    const since = runtime.nodes;
    const out = enableGrad(() => f(...operands));
    if (out.value.size !== 1) {
      throw new RangeError(`${name}: the function's result has one element; got ${formatShape(out.shape)}`);
    }
    const createGraph = wanted && dependsOnOthers(out, since, own);
    const targets = positions.map((i) => operands[i]);
    const found = out.requiresGrad
      ? cotangentsOf(
        out, new Variable(onesLike(out.value)), new Set(targets), { retain: createGraph, createGraph, since },
      )
      : new Map<Variable, Variable>();
    const results = targets.map((x) => found.get(x) ?? new Variable(zeros(x.shape, x.value.dtype)));
    return [createGraph ? out : out.detach(), typeof argnums === 'number' ? results[0] : results];
  }, name);
}

/** Whether `out` depends on a variable that needs gradients, is older than node `since`, and is not one of `own`. */
const dependsOnOthers = (out: Variable, since: number, own: ReadonlySet<Variable>): boolean =>
  isOther(out, since, own) || reachable(out, since).some((node) => node.wanted.some((i) => {
    const input = node.args[i];
    return input instanceof Variable && isOther(input, since, own);
  }));

const isOther = (x: Variable, since: number, own: ReadonlySet<Variable>): boolean =>
  x.requiresGrad && (x.node === null ? !own.has(x) : x.node.order < since);
