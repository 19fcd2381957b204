/** Checks of optimizers' settings. */

/** Throws unless each is from 0 to below 1: the share of the old value in a moving average. */
export function checkShares(name: string, shares: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(shares)) {
    if (!(value >= 0 && value < 1)) throw new RangeError(`${name}: ${key} is from 0 to below 1; got ${value}`);
  }
}

/** Throws unless each is a finite number >= 0. */
export function checkNonNegative(name: string, values: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(values)) {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(`${name}: ${key} is a finite number >= 0; got ${value}`);
    }
  }
}
