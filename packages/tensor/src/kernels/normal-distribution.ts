/** The normal distribution's Φ and its inverse, in double precision. */

/** φ(x) = e^(−x²/2)/√(2π). */
const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/**
 * Φ(x): the probability that a standard normal number is at most x. Relative error about 1e-13 for x ≤ 0, also where
 * the result is tiny; near 1, as everywhere in float64, only the distance from 0 is exact.
 * Sources: the series of Marsaglia 2004, "Evaluating the Normal Distribution"; in the tail, where that cancels,
 * Laplace's continued fraction (Abramowitz & Stegun 26.2.14).
 */
export function normalCdf(x: number): number {
  if (x > 0) return 1 - normalCdf(-x);
  if (x === -Infinity) return 0;
  const distance = -x;
  if (distance > 3) {
    let fraction = distance;
    for (let k = 100; k >= 1; k--) fraction = distance + k / fraction;
    return density(x) / fraction;
  }
  let sum = distance; // x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …
  for (let k = 3, term = distance; term > 1e-17 * sum; k += 2) {
    term *= (distance * distance) / k;
    sum += term;
  }
  return 0.5 - density(x) * sum;
}

/** The rational functions of AS 241, coefficients from the constant term up, numerator and denominator. */
const CENTRE = {
  top: [3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
  bottom: [1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852854561],
};
const TAIL = {
  top: [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4],
  bottom: [1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9],
};
const FAR_TAIL = {
  top: [6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
  bottom: [1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.84631831751005468180e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15],
};

const polynomial = (coefficients: readonly number[], r: number): number => {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * r + coefficients[i];
  return sum;
};

const ratio = ({ top, bottom }: typeof CENTRE, r: number): number => polynomial(top, r) / polynomial(bottom, r);

/**
 * Φ⁻¹(p): the number that a standard normal one exceeds with probability 1 − p; ∓∞ at 0 and 1. Relative error about
 * 1e-16. Source: Wichura 1988, algorithm AS 241 (PPND16).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  if (r === Infinity) return q < 0 ? -Infinity : Infinity;
  const distance = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -distance : distance;
}
