/** An optimizer's state as named tensors, which a file can hold, and back. */
import { clone, formatShape, fromArray, keep, sameShape } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';

/** Named tensors that belong to one parameter, such as its momentum. */
export type Slots = Map<string, Tensor>;

/** What is not a tensor of a parameter's shape. In files as float64, which holds all of it exactly. */
export interface OptimizerNumbers {
  readonly steps: number;
  readonly lr: number;
  readonly parameterSteps: readonly number[];
  readonly lrScales: readonly number[];
}

const NUMBERS: readonly (keyof OptimizerNumbers)[] = ['steps', 'lr', 'parameterSteps', 'lrScales'];

/** The entries named in `Optimizer.stateDict`. */
export function packState(
  parameters: readonly Parameter[], slots: ReadonlyMap<Parameter, Slots>,
  { steps, lr, parameterSteps, lrScales }: OptimizerNumbers,
): Map<string, Tensor> {
  const state = new Map<string, Tensor>([
    ['steps', fromArray([steps], [], 'float64')],
    ['lr', fromArray([lr], [], 'float64')],
    ['parameterSteps', fromArray(parameterSteps, [parameterSteps.length], 'float64')],
    ['lrScales', fromArray(lrScales, [lrScales.length], 'float64')],
  ]);
  parameters.forEach((parameter, i) => {
    for (const [name, tensor] of slots.get(parameter) ?? []) state.set(`${i}.${name}`, tensor);
  });
  return state;
}

/** What a state has to fit. */
interface Frame {
  readonly parameters: readonly Parameter[];
  readonly slotNames: readonly string[];
  readonly groups: number;
}

/** The numbers, and for each parameter its slots, as copies. Throws, naming `op`, unless the state fits. */
export function unpackState(
  op: string, state: ReadonlyMap<string, Tensor>, { parameters, slotNames, groups }: Frame,
): { readonly slots: readonly Slots[]; readonly numbers: OptimizerNumbers } {
  const entry = (name: string): Tensor => {
    const tensor = state.get(name);
    if (tensor === undefined) {
      throw new Error(`${op}: the state has no entry '${name}'; is it an optimizer's of this kind?`);
    }
    return tensor;
  };
  const row = (name: keyof OptimizerNumbers, count: number, what: string): readonly number[] => {
    const values = [...entry(name).toFloat64Array()];
    if (values.length !== count) {
      throw new Error(`${op}: the state is of ${values.length} ${what}; the optimizer has ${count}`);
    }
    return values;
  };
  const steps = entry('steps').item();
  for (const [key, tensor] of state) checkSlot(op, key, tensor, parameters, slotNames);
  const numbers: OptimizerNumbers = {
    steps,
    lr: entry('lr').item(),
    parameterSteps: row('parameterSteps', parameters.length, 'parameters'),
    lrScales: row('lrScales', groups, 'groups'),
  };
  // All are found before the first is copied.
  const found = numbers.parameterSteps.map((count, i) =>
    (count === 0 ? [] : slotNames.map((name) => [name, entry(`${i}.${name}`)] as const)));
  return { numbers, slots: found.map((pairs) => new Map(pairs.map(([name, tensor]) => [name, keep(clone(tensor))]))) };
}

/** `<parameter index>.<slot>`, of the parameter's shape and element type. */
function checkSlot(
  op: string, key: string, tensor: Tensor, parameters: readonly Parameter[], slotNames: readonly string[],
): void {
  if (NUMBERS.some((name) => name === key)) return;
  const [index, name] = key.split('.');
  const parameter = parameters[Number(index)];
  if (parameter === undefined || name === undefined) {
    throw new Error(`${op}: '${key}' belongs to none of the ${parameters.length} parameters`);
  }
  if (!slotNames.includes(name)) {
    const known = slotNames.map((slot) => `'${slot}'`).join(', ');
    throw new Error(`${op}: '${key}' is nothing this optimizer keeps, which is ${known}; ` +
      'was it saved by another kind, or with other options?');
  }
  const { shape, dtype } = parameter.value;
  if (!sameShape(tensor.shape, shape) || tensor.dtype !== dtype) {
    const got = `${tensor.dtype} ${formatShape(tensor.shape)}`;
    throw new RangeError(`${op}: '${key}' is ${dtype} ${formatShape(shape)}; got ${got}`);
  }
}
