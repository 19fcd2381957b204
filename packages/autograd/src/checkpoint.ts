/**
 * Memory for time: a part of the network that keeps its inputs only, and runs once more when its gradient is asked for.
 *
 * On the way forward the function runs with the operations it will run again, but they leave no nodes: all they make is
 * released, and what they read from outside is noted (`traced` in record.ts). That is how a module's parameters, which
 * nobody passes in, become operands of the one node that is left. On the way back the function runs again, recorded,
 * and a pass over what it recorded gives the operands their cotangents.
 * Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"; PyTorch: torch.utils.checkpoint.
 */
import { Random, formatShape, sameShape, scope, sum } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { variable } from './apply.js';
import type { Input } from './apply.js';
import { cotangentsOf } from './backward.js';
import { enableGrad } from './gradient-mode.js';
import { joint, record } from './record.js';
import { Variable } from './variable.js';

/**
 * `f(...inputs)`, with the same value and the same gradients, bit for bit, of which only the inputs are kept. Gradients
 * reach the inputs and whatever else f reads: parameters, variables from outside. They can be differentiated again.
 *
 *     const out = checkpoint((v) => stage.call(v), x);
 *
 * f must do the same both times. It draws the same numbers from the default random stream; streams of its own it would
 * have to reset. Batch norm moves its running statistics, and modules run their hooks, the first time only. Tensors
 * that f reads and that are not passed in must outlive the scope. The backward pass throws if f gave something else the
 * second time, or if an input or parameter was changed in place.
 */
export function checkpoint<A extends readonly Input[]>(
  f: (...inputs: { [I in keyof A]: Variable }) => Variable, ...inputs: A
): Variable {
  const operands = inputs.map((input) => variable('checkpoint', input)) as { [I in keyof A]: Variable };
  const run = (): Variable => scope(() => f(...operands), 'checkpoint');
  // Inside another checkpoint that runs forward, the outer one notes what is read.
  if (!runtime.gradientMode || runtime.tracing !== null) return run();

  const { state } = runtime.random;
  const call = runtime.anomaly?.call ?? null;
  const { out, reads } = trace(run);
  if (reads === null) return out;
  const first = fingerprint(out.value);
  const args = [...reads, ...operands.filter((operand) => !reads.has(operand))];
  const row = joint<Variable[]>([...args.keys()], (g) => {
    const since = runtime.nodes;
    const again = runAgain(state, call, () => enableGrad(run));
    if (!sameShape(again.shape, g.shape) || !Object.is(fingerprint(again.value), first)) {
      throw new Error(
        'checkpoint: the function gave another result when it ran again for its gradient, '
        + `${formatShape(again.shape)}, before ${formatShape(g.shape)}; it must do the same both times: `
        + 'same mode (train or eval), same state, random numbers from the default stream',
      );
    }
    const createGraph = runtime.gradientMode;
    const found = cotangentsOf(again, g, reads, { retain: createGraph, createGraph, since });
    return args.map((arg) => found.get(arg));
  });
  return record('checkpoint', row, args, out.value);
}

/** Runs `run` without leaving nodes. reads: what it read that needs gradients; null if its result depends on none. */
function trace(run: () => Variable): { out: Variable; reads: ReadonlySet<Variable> | null } {
  const tracing = { reads: new Set<object>(), made: new WeakSet<object>() };
  runtime.tracing = tracing;
  try {
    const out = run();
    if (!tracing.made.has(out)) return { out, reads: null };
    return { out, reads: new Set([...tracing.reads].filter((read) => read instanceof Variable)) };
  } finally {
    runtime.tracing = null;
  }
}

type Call = NonNullable<typeof runtime.anomaly>['call'];

/** Runs `run` as it ran before: the random stream where it was, for anomaly mode's messages in the same module. */
function runAgain(state: ConstructorParameters<typeof Random>[0], call: Call, run: () => Variable): Variable {
  const { random, recomputing, anomaly } = runtime;
  const callNow = anomaly?.call ?? null;
  runtime.random = new Random(state);
  runtime.recomputing = true;
  if (anomaly !== null) anomaly.call = call;
  try {
    return run();
  } finally {
    runtime.random = random;
    runtime.recomputing = recomputing;
    if (anomaly !== null) anomaly.call = callNow;
  }
}

/** One number that tells a different result: operations repeat bit for bit, so their sum does. */
const fingerprint = (value: Tensor): number => (value.isMeta ? 0 : scope(() => sum(value).item()));
