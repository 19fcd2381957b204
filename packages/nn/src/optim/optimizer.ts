/** What all optimizers share: groups of parameters, state by parameter, a step. */
import { copyInto, keep, scope, zerosLike, fromArray } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';

/** Parameters that share settings. What a group leaves out, the optimizer's own settings supply. */
export interface ParameterGroup {
  readonly parameters: readonly Parameter[];
  readonly weightDecay?: number;
  /** Multiplies the optimizer's learning rate. Default 1. */
  readonly lrScale?: number;
}

export interface GroupSettings {
  readonly lr: number;
  readonly weightDecay: number;
}

/** Named tensors that belong to one parameter, such as its momentum. */
type Slots = Map<string, Tensor>;

export abstract class Optimizer {
  /** Steps taken. */
  steps = 0;
  readonly groups: readonly ParameterGroup[];
  private readonly slots = new Map<Parameter, Slots>();

  /** @param lr Learning rate; may be set before every step (see schedules.ts). */
  constructor(parameters: readonly Parameter[] | readonly ParameterGroup[], public lr: number, readonly weightDecay: number) {
    this.groups = isGroups(parameters) ? parameters : [{ parameters }];
    const all = this.groups.flatMap((group) => group.parameters);
    if (all.length === 0) throw new RangeError(`${this.constructor.name}: there is nothing to optimize; got no parameters`);
    if (new Set(all).size !== all.length) throw new Error(`${this.constructor.name}: a parameter stands in the groups twice; it would be updated twice a step`);
    if (!(lr >= 0)) throw new RangeError(`${this.constructor.name}: the learning rate is >= 0; got ${lr}`);
  }

  /** Updates, in place, every parameter that has a gradient. */
  step(): void {
    this.steps++;
    scope(() => {
      for (const { parameters, weightDecay = this.weightDecay, lrScale = 1 } of this.groups) {
        for (const parameter of parameters) {
          if (parameter.grad !== null) this.update(parameter, parameter.grad, { lr: this.lr * lrScale, weightDecay });
        }
      }
    }, `${this.constructor.name}.step`);
  }

  zeroGrad(): void {
    for (const { parameters } of this.groups) for (const parameter of parameters) parameter.zeroGrad();
  }

  /** The update of one parameter, in place. */
  protected abstract update(parameter: Parameter, gradient: Tensor, settings: GroupSettings): void;

  /** The tensor of this name that belongs to the parameter; made by `initial` at first use. */
  protected slot(parameter: Parameter, name: string, initial: (like: Tensor) => Tensor = zerosLike): Tensor {
    let slots = this.slots.get(parameter);
    if (slots === undefined) this.slots.set(parameter, (slots = new Map<string, Tensor>()));
    let tensor = slots.get(name);
    if (tensor === undefined) slots.set(name, (tensor = keep(initial(parameter.value))));
    return tensor;
  }

  /** Everything a later `loadStateDict` needs to go on: `steps`, and `<parameter index>.<slot>`. */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>([['steps', fromArray([this.steps], [], 'float64')]]);
    this.ordered().forEach((parameter, i) => {
      for (const [name, tensor] of this.slots.get(parameter) ?? []) state.set(`${i}.${name}`, tensor);
    });
    return state;
  }

  /** Takes up the state of an optimizer of the same kind over the same parameters in the same order. */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const parameters = this.ordered();
    const steps = state.get('steps');
    if (steps === undefined) throw new Error(`${this.constructor.name}.loadStateDict: the state has no entry 'steps'; is it an optimizer's?`);
    for (const [key, tensor] of state) {
      if (key === 'steps') continue;
      const [index, name] = key.split('.');
      const parameter = parameters[Number(index)];
      if (parameter === undefined || name === undefined) throw new Error(`${this.constructor.name}.loadStateDict: '${key}' belongs to none of the ${parameters.length} parameters`);
      copyInto(this.slot(parameter, name), tensor);
    }
    this.steps = steps.item();
  }

  private ordered(): Parameter[] {
    return this.groups.flatMap((group) => group.parameters);
  }
}

const isGroups = (parameters: readonly Parameter[] | readonly ParameterGroup[]): parameters is readonly ParameterGroup[] =>
  parameters.length > 0 && 'parameters' in parameters[0];

/** Two groups: all that is decayed, and biases and normalisation (parameters of one axis), which are not. */
export function decayGroups(parameters: readonly Parameter[]): ParameterGroup[] {
  const decayed = parameters.filter(({ value }) => value.rank > 1);
  const plain = parameters.filter(({ value }) => value.rank <= 1);
  return [...(decayed.length > 0 ? [{ parameters: decayed }] : []), ...(plain.length > 0 ? [{ parameters: plain, weightDecay: 0 }] : [])];
}
