/** What a pickle holds, and how a message tells of it. */

/**
 * What a pickle holds: Python's None, bool, int, float, str, bytes, list, tuple and dict, and what globals make.
 */
export type PickleValue =
  null | boolean | number | bigint | string | Uint8Array | PickleObject | PickleList | PickleTuple | PickleDict;
export type PickleList = PickleValue[];
export type PickleDict = Map<PickleValue, PickleValue>;

/** A tuple: fixed once made, other than a list. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** What a global stands for, or what calling it has made; its meaning is the caller's. */
export abstract class PickleObject {
  /** `object(*args)`. */
  call(_args: readonly PickleValue[]): PickleValue {
    throw new Error('is not a function here');
  }
}

/** A value for an error message: short, however large or deep it is. Strings are themselves. */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value !== 'object') return shortened(String(value));
  if (Array.isArray(value)) return 'a list';
  if (value instanceof PickleTuple) return 'a tuple';
  return value instanceof Map ? 'a dict' : value.constructor.name;
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
