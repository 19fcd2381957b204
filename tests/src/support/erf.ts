/** erf by its series near 0, by its continued fraction further out. Source: Abramowitz & Stegun 7.1.5, 7.1.14. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 3) {
    let sum = 0;
    for (let n = 0, term = x; n < 80; n++, term *= -(a * a) / n) sum += term / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  return Math.sign(x) * (1 - tail(a));
}

/** 1 − erf(x), which loses no digits for large x. */
export const erfc = (x: number): number => (x < 3 ? 1 - erf(x) : tail(x));

function tail(a: number): number {
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
  return Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
}
