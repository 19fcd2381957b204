/**
 * A module is a function with state: parameters, buffers and child modules are simply its properties, and their names
 * are the properties' names. Write `forward`; call `call`, which opens a scope and runs the hooks.
 *
 *     class Residual extends Module {
 *       readonly body: Module;
 *       constructor(body: Module) { super(); this.body = body; }
 *       forward(x: Variable): Variable { return add(x, this.body.call(x)); }
 *     }
 */
import { clone, copyInto, formatShape, keep, sameShape, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { AnomalyMode } from '@vitrine/tensor/internal';
import { checkpoint, variable } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';
import { ModuleBuffer, Parameter } from './parameter.js';

/**
 * Called after `forward`, but not when a checkpoint runs it once more. Input and output are kept: they may be stored,
 * and the garbage collector frees them.
 */
export type ForwardHook = (module: Module, input: Variable, output: Variable) => void;

export interface LoadOptions {
  /** Whether missing and unexpected names are errors. Wrong shapes always are. Default true. */
  readonly strict?: boolean;
}

export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export abstract class Module {
  /** Whether dropout drops and batch norm uses the batch's own statistics. Set by `train` and `eval`. */
  training = true;
  /**
   * Whether a call keeps its input only, and the backward pass runs `forward` once more (see autograd's `checkpoint`):
   * less memory for up to a third more time. For blocks:
   * `for (const block of model.blocks) block.checkpointed = true;`.
   */
  checkpointed = false;
  readonly #hooks = new Set<ForwardHook>();

  /** The module's function. Everything it makes and does not return is released when it returns. */
  abstract forward(x: Variable): Variable;

  /** Runs `forward` in a scope of its own, then the hooks. A plain tensor is taken as a constant. */
  call(x: Input): Variable {
    const input = variable(this.constructor.name, x);
    const run = (): Variable => (runtime.anomaly === null ? this.#run(input) : this.#runNamed(input, runtime.anomaly));
    const { observer } = runtime;
    const output = observer === null || runtime.recomputing ? run() : observer.forward(this, input, run);
    if (this.#hooks.size === 0 || runtime.recomputing) return output;
    keep([input, output]);
    for (const hook of this.#hooks) hook(this, input, output);
    return output;
  }

  #run(input: Variable): Variable {
    return scope(
      () => (this.checkpointed ? checkpoint((x) => this.forward(x), input) : this.forward(input)),
      this.constructor.name,
    );
  }

  /** In anomaly mode, operations know which module runs them: its path from the outermost module that was called. */
  #runNamed(input: Variable, anomaly: AnomalyMode): Variable {
    const { call } = anomaly;
    const root = call?.root instanceof Module ? call.root : this;
    const found = Array.from(root.namedModules()).find(([, module]) => module === this);
    const path = found?.[0] || this.constructor.name;
    anomaly.call = { root: found === undefined ? this : root, path };
    try {
      return this.#run(input);
    } finally {
      anomaly.call = call;
    }
  }

  /** Adds a hook; the returned function removes it. */
  onForward(hook: ForwardHook): () => void {
    this.#hooks.add(hook);
    return () => this.#hooks.delete(hook);
  }

  /** Direct children with their names; those in arrays are named `blocks.0`, `blocks.1`, …. */
  *namedChildren(): Generator<[string, Module]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) yield [name, value];
      else if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) if (item instanceof Module) yield [`${name}.${i}`, item];
      }
    }
  }

  /** This module (under the name '') and all below it, in order of definition. */
  *namedModules(prefix = ''): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name));
  }

  *namedParameters(): Generator<[string, Parameter]> {
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of Object.entries(module)) {
        if (value instanceof Parameter) yield [join(path, name), value];
      }
    }
  }

  *namedBuffers(): Generator<[string, ModuleBuffer]> {
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of Object.entries(module)) {
        if (value instanceof ModuleBuffer) yield [join(path, name), value];
      }
    }
  }

  /** Each once, also one that is reachable under two names (tied weights). */
  parameters(): Parameter[] {
    return [...new Set(Array.from(this.namedParameters(), ([, parameter]) => parameter))];
  }

  /** Number of elements in all parameters. */
  parameterCount(): number {
    return this.parameters().reduce((total, { value }) => total + value.size, 0);
  }

  /** Training mode for this module and all below it. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Evaluation mode for this module and all below it. */
  eval(): this {
    return this.train(false);
  }

  /**
   * No parameter from here down gets a gradient; the graph saves nothing for them. Statistics follow `train`/`eval`.
   */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = false;
    return this;
  }

  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = true;
    return this;
  }

  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** All parameters and buffers by name. The tensors are the module's own, not copies. */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of Object.entries(module)) {
        if (value instanceof Parameter || value instanceof ModuleBuffer) state.set(join(path, name), value.value);
      }
    }
    return state;
  }

  /**
   * Copies tensors into the module's state, by name; a module made in `meta` gets its storage here. Nothing is changed
   * unless all fits: one error lists every missing, unexpected and misshapen name. With `strict: false` missing and
   * unexpected names are returned instead.
   */
  loadStateDict(source: ReadonlyMap<string, Tensor>, { strict = true }: LoadOptions = {}): LoadReport {
    const owners = this.#owners();
    const missing = [...owners.keys()].filter((name) => !source.has(name));
    const unexpected = [...source.keys()].filter((name) => !owners.has(name));
    const misshapen = [...owners].flatMap(([name, { value }]) => {
      const given = source.get(name);
      return given === undefined || fits(given, value)
        ? []
        : [`${name} is ${kindOf(value)}, the file has ${kindOf(given)}`];
    });
    const complaints = [
      ...(strict && missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
      ...(strict && unexpected.length > 0 ? [`unexpected: ${unexpected.join(', ')}`] : []),
      ...(misshapen.length > 0 ? [`misshapen: ${misshapen.join('; ')}`] : []),
    ];
    if (complaints.length > 0) {
      throw new Error(
        `loadStateDict: the state does not fit ${this.constructor.name}; ` +
        `nothing was loaded\n  ${complaints.join('\n  ')}`,
      );
    }
    for (const [name, owner] of owners) {
      const given = source.get(name);
      if (given === undefined) continue;
      if (owner.value.isMeta) owner.value = keep(clone(given));
      else copyInto(owner.value, given);
    }
    return { missing, unexpected };
  }

  /** What stands in the parentheses when the module is printed: `3, 32, kernel=3`. */
  describe(): string {
    return '';
  }

  /** The tree of modules, as PyTorch prints it: an array of modules appears as a ModuleList. */
  toString(): string {
    const lines: string[] = [];
    let open = '';
    for (const [name, child] of this.namedChildren()) {
      const [list, index] = name.includes('.') ? name.split('.') : ['', name];
      if (open !== '' && list !== open) lines.push(')');
      if (list !== '' && list !== open) lines.push(`(${list}): ModuleList(`);
      open = list;
      const text = `(${index}): ${child.toString()}`;
      lines.push(list === '' ? text : indent(text));
    }
    if (open !== '') lines.push(')');
    const own = this.describe();
    if (lines.length === 0) return `${this.constructor.name}(${own})`;
    return `${this.constructor.name}(\n${[...(own === '' ? [] : [own]), ...lines].map(indent).join('\n')}\n)`;
  }

  #owners(): Map<string, Parameter | ModuleBuffer> {
    return new Map<string, Parameter | ModuleBuffer>([...this.namedParameters(), ...this.namedBuffers()]);
  }
}

/** A tensor in place takes its own element type only; one without values takes on what it is given. */
const fits = (given: Tensor, own: Tensor): boolean =>
  sameShape(given.shape, own.shape) && (own.isMeta || (given.dtype === own.dtype && !given.isMeta));

const kindOf = ({ shape, dtype, isMeta }: Tensor): string =>
  `${formatShape(shape)}${dtype === 'float32' ? '' : ` ${dtype}`}${isMeta ? ' without values' : ''}`;

const indent = (text: string): string => `  ${text.replaceAll('\n', '\n  ')}`;

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
