/** What all optimizers share: groups of parameters, state by parameter, a step. */
import { keep, scope, zerosLike } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';
import { isGroups, resolveGroup } from './groups.js';
import type { OptimizerGroup, ParameterGroup } from './groups.js';
import { packState, unpackState } from './optimizer-state.js';
import type { Slots } from './optimizer-state.js';
import { checkNonNegative } from './settings.js';

/** What an update of one parameter is made with. */
export interface StepSettings {
  readonly lr: number;
  readonly weightDecay: number;
  /** The parameter's own steps, this one included: a parameter that got no gradient has taken none. */
  readonly step: number;
}

export abstract class Optimizer {
  /** Steps taken. */
  steps = 0;
  #lr: number;
  readonly #groups: OptimizerGroup[] = [];
  readonly #slots = new Map<Parameter, Slots>();
  /** How many steps each parameter has taken. */
  readonly #counts = new Map<Parameter, number>();

  /** Names of the tensors that the optimizer keeps for each parameter, such as its momentum. */
  protected abstract readonly slotNames: readonly string[];

  /**
   * `parameters`: a list, or groups that have settings of their own. Throws if a parameter stands there twice, if
   * there is none, or if a rate is no finite number >= 0.
   */
  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], lr: number, readonly weightDecay: number) {
    checkNonNegative(this.constructor.name, { 'the learning rate': lr, weightDecay });
    this.#lr = lr;
    for (const group of isGroups(parameters) ? parameters : [{ parameters }]) this.addParameterGroup(group);
  }

  /** The learning rate. Schedules set it before a step; every group's rate goes along in proportion. */
  get lr(): number {
    return this.#lr;
  }

  set lr(lr: number) {
    checkNonNegative(this.constructor.name, { 'the learning rate': lr });
    this.#lr = lr;
  }

  /** A group's rate at the moment is lr·lrScale. */
  get groups(): readonly OptimizerGroup[] {
    return this.#groups;
  }

  /** Adds parameters with settings of their own, such as layers that have been unfrozen. A `lr` is that of now. */
  addParameterGroup(group: ParameterGroup): void {
    const { name } = this.constructor;
    const resolved = resolveGroup(name, this, group);
    const known = new Set(this.#parameters());
    for (const parameter of resolved.parameters) {
      if (known.has(parameter)) {
        throw new Error(`${name}: a parameter stands in the groups twice; it would be updated twice a step`);
      }
      known.add(parameter);
    }
    this.#groups.push(resolved);
  }

  /** Updates, in place, every parameter that has a gradient. */
  step(): void {
    this.steps++;
    scope(() => {
      for (const { parameters, weightDecay, lrScale } of this.#groups) {
        for (const parameter of parameters) {
          if (parameter.grad === null) continue;
          const step = (this.#counts.get(parameter) ?? 0) + 1;
          this.#counts.set(parameter, step);
          this.update(parameter, parameter.grad, { lr: this.#lr * lrScale, weightDecay, step });
        }
      }
    }, `${this.constructor.name}.step`);
  }

  zeroGrad(): void {
    for (const parameter of this.#parameters()) parameter.zeroGrad();
  }

  /** The update of one parameter, in place. */
  protected abstract update(parameter: Parameter, gradient: Tensor, settings: StepSettings): void;

  /** The tensor of this name that belongs to the parameter; made by `initial` at first use. */
  protected slot(parameter: Parameter, name: string, initial: (like: Tensor) => Tensor = zerosLike): Tensor {
    let slots = this.#slots.get(parameter);
    if (slots === undefined) this.#slots.set(parameter, (slots = new Map<string, Tensor>()));
    let tensor = slots.get(name);
    if (tensor === undefined) slots.set(name, (tensor = keep(initial(parameter.value))));
    return tensor;
  }

  /**
   * All that a later `loadStateDict` needs to go on exactly: `steps`, `lr`, `parameterSteps` and `lrScales`, and
   * `<parameter index>.<slot>`, parameters being counted through the groups. Slots are the optimizer's own, not copies.
   */
  stateDict(): Map<string, Tensor> {
    return packState(this.#parameters(), this.#slots, {
      steps: this.steps,
      lr: this.#lr,
      parameterSteps: this.#parameters().map((parameter) => this.#counts.get(parameter) ?? 0),
      lrScales: this.#groups.map(({ lrScale }) => lrScale),
    });
  }

  /**
   * Takes up, by copying, the state of an optimizer of the same kind over the same parameters in the same groups; the
   * learning rates too, as in PyTorch: to go on at another rate, set `lr` afterwards. Nothing is changed unless all
   * fits.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const parameters = this.#parameters();
    const { slots, numbers } = unpackState(`${this.constructor.name}.loadStateDict`, state, {
      parameters, slotNames: this.slotNames, groups: this.#groups.length,
    });
    this.steps = numbers.steps;
    this.lr = numbers.lr;
    this.#groups.forEach((group, i) => (this.#groups[i] = { ...group, lrScale: numbers.lrScales[i] }));
    this.#slots.clear();
    this.#counts.clear();
    parameters.forEach((parameter, i) => {
      if (numbers.parameterSteps[i] === 0) return;
      this.#counts.set(parameter, numbers.parameterSteps[i]);
      this.#slots.set(parameter, slots[i]);
    });
  }

  #parameters(): Parameter[] {
    return this.#groups.flatMap(({ parameters }) => parameters);
  }
}
