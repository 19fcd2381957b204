/** From an operation's value to a variable with a past. */
import { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { Tracing } from '@vitrine/tensor/internal';
import { examine } from './anomaly.js';
import type { JointVjp, Node, Row, Save, Saved, Vjp } from './node.js';
import { Variable } from './variable.js';

/**
 * Wraps `value`, the result of `op` on `args`. If recording is on and an input needs gradients, leaves a node that
 * saves what the vjps of exactly those inputs will read: a frozen layer saves nothing for its weight.
 */
export function record<A extends readonly unknown[]>(op: string, row: Row<A>, args: A, value: Tensor): Variable {
  const out = new Variable(value);
  if (runtime.anomaly !== null) examine(runtime.anomaly, op, args, value);
  const inputs = isJoint(row) ? args.length : row.length;
  const wanted = args.flatMap((arg, i) => (i < inputs && arg instanceof Variable && arg.requiresGrad ? [i] : []));
  if (!runtime.gradientMode || wanted.length === 0) return out;
  out.requiresGrad = true;
  if (runtime.tracing !== null) {
    out.node = traced(runtime.tracing, op, wanted.map((i) => args[i]), out);
    return out;
  }
  const saves = isJoint(row) ? row.saves : wanted.flatMap((i) => row[i].saves);
  out.node = {
    op,
    order: runtime.nodes++,
    args,
    out,
    where: runtime.anomaly?.call?.path ?? null,
    wanted,
    pull: (g) => pullBack(row, wanted, g, out, args),
    saved: value.isMeta ? [] : saveEach(new Set(saves), out, args),
  } satisfies Node;
  return out;
}

const isJoint = <A extends readonly unknown[]>(row: Row<A>): row is JointVjp<A> => 'pullAll' in row;

function pullBack<A extends readonly unknown[]>(
  row: Row<A>, wanted: readonly number[], g: Variable, out: Variable, args: A,
): readonly (Variable | undefined)[] {
  if (isJoint(row)) {
    const all = row.pullAll(g, out, ...args);
    return wanted.map((i) => all[i]);
  }
  return wanted.map((i) => row[i].pull(g, out, ...args));
}

function saveEach(saves: ReadonlySet<Save>, out: Variable, args: readonly unknown[]): Saved[] {
  return [...saves].map((save) => {
    const source = save === 'out' ? out : args[save];
    if (!(source instanceof Variable || source instanceof Tensor)) {
      throw new TypeError(`record: argument ${save} is no tensor and cannot be saved`);
    }
    const tensor = source instanceof Variable ? source.value : source;
    tensor.storage.save();
    return { storage: tensor.storage, version: tensor.storage.version, tensor };
  });
}

/**
 * Inside a checkpoint: notes what was read from outside. The node keeps nothing, and there is no way back through it.
 */
function traced({ reads, made }: Tracing, op: string, read: readonly unknown[], out: Variable): Node {
  for (const variable of read) if (variable instanceof Variable && !made.has(variable)) reads.add(variable);
  made.add(out);
  const pull = (): never => {
    throw new Error(
      `backward: ${op} ran inside checkpoint, which kept nothing of it; `
      + "only what the checkpoint's function returns has a past",
    );
  };
  return { op, order: runtime.nodes++, args: [], out, where: null, wanted: [], pull, saved: [] };
}

/** One entry of a row: which values the product reads, and the product. */
export const vjp = <A extends readonly unknown[]>(saves: readonly Save[], pull: Vjp<A>['pull']): Vjp<A> =>
  ({ saves, pull });

/** A row that gets all its products from one pass. */
export const joint = <A extends readonly unknown[]>(
  saves: readonly Save[], pullAll: JointVjp<A>['pullAll'],
): JointVjp<A> => ({ saves, pullAll });
