/** Parameters that share settings: which are decayed, and which learn at another rate. */
import { Parameter } from '../parameter.js';
import { checkNonNegative } from './settings.js';

/** What a group leaves out, the optimizer's own settings supply. */
export interface ParameterGroup {
  readonly parameters: readonly Parameter[];
  readonly weightDecay?: number;
  /**
   * The group's learning rate where the optimizer's is what it is as the group is added; from then on it changes in
   * proportion to it. Give this or lrScale.
   */
  readonly lr?: number;
  /** Multiplies the optimizer's learning rate. Default 1. */
  readonly lrScale?: number;
}

/** A group with nothing left out. */
export interface OptimizerGroup {
  readonly parameters: readonly Parameter[];
  readonly weightDecay: number;
  readonly lrScale: number;
}

export const isGroups = (
  parameters: readonly Parameter[] | readonly ParameterGroup[],
): parameters is readonly ParameterGroup[] => parameters.length > 0 && 'parameters' in parameters[0];

/**
 * The group with the optimizer's `own` settings in the place of those it leaves out. Throws if it is empty or a setting
 * is wrong.
 */
export function resolveGroup(
  name: string, own: { readonly lr: number; readonly weightDecay: number },
  { parameters, weightDecay = own.weightDecay, lr, lrScale = 1 }: ParameterGroup,
): OptimizerGroup {
  if (parameters.length === 0) throw new RangeError(`${name}: there is nothing to optimize; got no parameters`);
  for (const parameter of parameters) {
    if (!(parameter instanceof Parameter)) {
      const got = describe(parameter);
      throw new TypeError(`${name}: a group holds Parameters, such as a module's parameters(); got ${got}`);
    }
  }
  if (lr !== undefined && lrScale !== 1) {
    throw new Error(`${name}: a group has a lr or a lrScale; got lr ${lr} and lrScale ${lrScale}`);
  }
  checkNonNegative(name, {
    'a group\'s lr': lr ?? 0,
    'a group\'s lrScale': lrScale,
    'a group\'s weightDecay': weightDecay,
  });
  if (lr !== undefined && lr !== own.lr && own.lr === 0) {
    throw new RangeError(`${name}: a group's lr of ${lr} is no multiple of the optimizer's, which is 0; give lrScale`);
  }
  return { parameters: [...parameters], weightDecay, lrScale: lr === undefined ? lrScale : ratio(lr, own.lr) };
}

/** Of equal rates 1, those of 0 included. */
const ratio = (lr: number, own: number): number => (lr === own ? 1 : lr / own);

const describe = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value));

/** Two groups: all that is decayed, and biases and normalisation (parameters of one axis), which are not. */
export function decayGroups(parameters: readonly Parameter[]): ParameterGroup[] {
  const decayed = parameters.filter(({ value }) => value.rank > 1);
  const plain = parameters.filter(({ value }) => value.rank <= 1);
  return [{ parameters: decayed }, { parameters: plain, weightDecay: 0 }]
    .filter(({ parameters: own }) => own.length > 0);
}
