/** Python's `round`, of a number ≥ 0: halves to the even neighbour. */
export const roundHalfEven = (value: number): number =>
  (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));
