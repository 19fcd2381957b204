/** Reverse mode: the chain rule, walked from the loss to the leaves. */
import type { Storage, Tensor } from '@vitrine/tensor';
import { addInto, clone, formatShape, keep, onesLike, sameShape, scope } from '@vitrine/tensor';
import { checkTensor, runtime } from '@vitrine/tensor/internal';
import { pullWatched } from './anomaly.js';
import { enableGrad, noGrad } from './gradient-mode.js';
import type { Node } from './node.js';
import { add as addVariables } from './ops/index.js';
import { Variable } from './variable.js';

export interface BackwardOptions {
  /** The cotangent to start from, of the root's shape. Default 1, for a root with one element. */
  readonly gradient?: Tensor;
  /** Keep what the graph saved, for a second pass over it. Default false: each saved tensor is released once used. */
  readonly retainGraph?: boolean;
}

/**
 * Adds ∂root/∂leaf to `leaf.grad` of every leaf of `root`'s graph that requires it.
 * Throws if root is not a function of such a leaf, has several elements and no `gradient` is given, if an earlier pass
 * has released the graph, or if something the graph saved was changed in place meanwhile.
 */
export function backward(root: Variable, { gradient, retainGraph = false }: BackwardOptions = {}): void {
  scope(() => {
    const start = new Variable(startingCotangent(root, gradient));
    const pass: Pass = { retain: retainGraph, createGraph: false, since: 0 };
    walk(root, start, pass, (leaf, g, shared) => accumulate(leaf, g.value, shared));
  }, 'backward');
}

export interface GradOptions extends BackwardOptions {
  /** Record the pass itself, so that its results can be differentiated again. Implies retainGraph. */
  readonly createGraph?: boolean;
}

/** ∂root/∂input for each input, returned instead of accumulated. Throws for an input that root does not depend on. */
export function gradients(root: Variable, inputs: readonly Variable[], options: GradOptions = {}): Variable[] {
  const { gradient, createGraph = false, retainGraph = createGraph } = options;
  return scope(() => {
    const start = new Variable(startingCotangent(root, gradient));
    const found = cotangentsOf(root, start, new Set(inputs), { retain: retainGraph, createGraph, since: 0 });
    return inputs.map((input, i) => {
      const g = found.get(input);
      if (g === undefined) {
        throw new Error(
          `grad: the root does not depend on input ${i}, ${formatShape(input.shape)}, `
          + 'or it does not require a gradient',
        );
      }
      return g;
    });
  }, 'grad');
}

export interface Pass {
  readonly retain: boolean;
  readonly createGraph: boolean;
  /** Nodes with a smaller number belong to somebody else's graph and are not entered; 0 enters all. */
  readonly since: number;
}

/**
 * The cotangents of those targets, leaves or not, that root depends on, given its own. They belong to the scope that is
 * open.
 */
export function cotangentsOf(
  root: Variable, start: Variable, targets: ReadonlySet<Variable>, pass: Pass,
): Map<Variable, Variable> {
  const found = new Map<Variable, Variable>();
  walk(root, start, pass, (target, g) => {
    const before = found.get(target);
    found.set(target, before === undefined ? g : addVariables(before, g));
  }, targets);
  return found;
}

/** `shared`: somebody else has still to read g, so that it may not be written to. */
type Deliver = (target: Variable, g: Variable, shared: boolean) => void;

/** With `targets`, delivers to those; else to every leaf. */
function walk(
  root: Variable, start: Variable, { retain, createGraph, since }: Pass, deliver: Deliver,
  targets?: ReadonlySet<Variable>,
): void {
  if (!root.requiresGrad) {
    throw new Error('backward: the root does not depend on any variable that requires a gradient');
  }
  if (runtime.tracing !== null) {
    throw new Error(
      'backward: a checkpoint is being made, and inside it there is no graph to go back through; '
      + 'call checkpoint inside what is differentiated, not around',
    );
  }
  // What a recorded pass has saved is no longer the walk's to free.
  const pending = new Pending(createGraph ? null : runtime.scope);
  const arrive = (target: Variable, g: Variable): void => {
    if (targets === undefined ? target.isLeaf : targets.has(target)) {
      if (targets !== undefined) pending.hold(g); // for good: it is a result
      deliver(target, g, pending.isShared(g));
    }
    if (target.node !== null && target.node.order >= since) pending.add(target.node, g);
    else pending.settle(g);
  };
  const mode = createGraph ? enableGrad : noGrad;
  const visit = (node: Node): void => {
    const g = pending.take(node);
    if (g === undefined) return;
    assertIntact(node);
    const pull = (): readonly (Variable | undefined)[] => scope(() => node.pull(g), `the gradient of ${node.op}`);
    const cotangents = runtime.anomaly === null ? pull() : pullWatched(runtime.anomaly, node, g, pull);
    // All are held before any arrives, and before g is let go: several may be one tensor, or g itself.
    for (const cotangent of cotangents) if (cotangent !== undefined) pending.hold(cotangent);
    pending.settle(g);
    node.wanted.forEach((index, i) => {
      const [input, cotangent] = [node.args[index], cotangents[i]];
      if (input instanceof Variable && cotangent !== undefined) arrive(input, checkCotangent(node, input, cotangent));
    });
    if (!retain) releaseSaved(node);
  };
  mode(() => {
    pending.hold(start);
    arrive(root, start);
    for (const node of reachable(root, since)) {
      if (runtime.observer === null) visit(node);
      else runtime.observer.backward(node.order, () => visit(node));
    }
  });
}

/** Cotangents on their way, summed where paths meet; each storage is freed as soon as its last reader is done. */
class Pending {
  private readonly byNode = new Map<Node, Variable>();
  private readonly readers = new Map<Storage, number>();

  /** Frees what belongs to `owner`: the pass's own results, never a user's tensor or a value. null: nothing. */
  constructor(private readonly owner: Storage['scope']) {}

  /** `g`, held by the caller, waits for `node`. */
  add(node: Node, g: Variable): void {
    const before = this.byNode.get(node);
    if (before === undefined) {
      this.byNode.set(node, g);
      return;
    }
    const total = addVariables(before, g);
    this.byNode.set(node, total);
    this.hold(total);
    this.settle(before);
    this.settle(g);
  }

  take(node: Node): Variable | undefined {
    const g = this.byNode.get(node);
    this.byNode.delete(node);
    return g;
  }

  /** One reader more. */
  hold(g: Variable): void {
    const { storage } = g.value;
    this.readers.set(storage, (this.readers.get(storage) ?? 0) + 1);
  }

  /** Whether anybody but the caller, who holds it, has still to read it. */
  isShared(g: Variable): boolean {
    return (this.readers.get(g.value.storage) ?? 0) > 1;
  }

  /** One reader fewer. */
  settle(g: Variable): void {
    const { storage } = g.value;
    const left = (this.readers.get(storage) ?? 0) - 1;
    this.readers.set(storage, left);
    if (left === 0 && this.owner !== null && storage.scope === this.owner) {
      storage.release('backward(), which had passed it on');
    }
  }
}

function startingCotangent(root: Variable, gradient: Tensor | undefined): Tensor {
  if (gradient !== undefined) {
    checkTensor('backward', 'gradient', gradient);
    if (!sameShape(gradient.shape, root.shape)) {
      throw new RangeError(
        `backward: the gradient has the root's shape ${formatShape(root.shape)}; got ${formatShape(gradient.shape)}`,
      );
    }
    return gradient;
  }
  if (root.value.size !== 1) {
    throw new RangeError(
      `backward: the root has shape ${formatShape(root.shape)}; `
      + 'give a gradient of that shape, or reduce it to one number (mean, sum)',
    );
  }
  return onesLike(root.value);
}

/** Every node the root depends on, from number `since` on, results before operands. */
export function reachable(root: Variable, since: number): Node[] {
  const found = new Set<Node>();
  const stack = root.node === null || root.node.order < since ? [] : [root.node];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const index of node.wanted) {
      const input = node.args[index];
      if (input instanceof Variable && input.node !== null && input.node.order >= since) stack.push(input.node);
    }
  }
  return [...found].sort((a, b) => b.order - a.order);
}

function assertIntact(node: Node): void {
  if (node.saved === null) {
    throw new Error(
      `backward: an earlier pass has released what ${node.op} saved; for a second pass over the same graph, `
      + 'give retainGraph: true to the first, or add the losses up and go back once',
    );
  }
  const changed = node.saved.find(({ storage, version }) => storage.version !== version);
  if (changed !== undefined) {
    throw new Error(
      `backward: ${node.op} saved a tensor of shape ${formatShape(changed.tensor.shape)} that was changed in place `
      + "before its gradient was taken; go back before the optimizer's step",
    );
  }
}

function releaseSaved(node: Node): void {
  for (const { storage } of node.saved ?? []) storage.unsave();
  node.saved = null;
}

function checkCotangent(node: Node, input: Variable, g: Variable): Variable {
  if (sameShape(g.shape, input.shape)) return g;
  throw new RangeError(
    `the gradient of ${node.op}: a cotangent has its input's shape ${formatShape(input.shape)}; `
    + `its vjp returned ${formatShape(g.shape)}`,
  );
}

/**
 * leaf.grad += g. A fresh gradient, made by this pass, becomes the leaf's own, and is written to when the next one
 * comes; one that others have still to read, or a view, is therefore copied first.
 */
function accumulate(leaf: Variable, g: Tensor, shared: boolean): void {
  if (leaf.grad !== null) {
    addInto(leaf.grad, g);
    return;
  }
  const whole = g.isContiguous && g.size === g.storage.length;
  leaf.grad = keep(whole && !shared && g.storage.scope === runtime.scope ? g : clone(g));
}
