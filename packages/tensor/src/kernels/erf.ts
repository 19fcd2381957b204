/**
 * The error function and its complement, to float64 accuracy: relative errors of a few 1e-16. Three ranges of |x|, a
 * quotient of polynomials in each. Source: W. J. Cody, Rational Chebyshev approximations for the error function,
 * Math. Comp. 23 (1969); coefficients of his CALERF (SPECFUN, netlib). The highest power comes first.
 */

/** erf(x)/x in x², |x| ≤ 0.46875. */
const SMALL = [
  [1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3],
  [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3],
] as const;
/** e^(y²)·erfc(y) in y, 0.46875 < y ≤ 4. */
const MIDDLE = [
  [
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
    8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
  ],
  [
    1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
  ],
] as const;
/** y²·(1/√π − y·e^(y²)·erfc(y)) in 1/y², y > 4. */
const LARGE = [
  [
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
    1.60837851487422766e-2, 6.58749161529837803e-4,
  ],
  [
    1, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
    2.33520497626869185e-3,
  ],
] as const;

/** p(x)/q(x), each in Horner's form. */
function quotient(x: number, [p, q]: readonly [readonly number[], readonly number[]]): number {
  let top = p[0];
  let bottom = q[0];
  for (let i = 1; i < p.length; i++) {
    top = top * x + p[i];
    bottom = bottom * x + q[i];
  }
  return top / bottom;
}

/** erfc(y) for y > 0.46875. */
function tail(y: number): number {
  if (y > 27) return 0; // smaller than any float64
  const scaled = y <= 4 ? quotient(y, MIDDLE) : (1 / Math.sqrt(Math.PI) - quotient(1 / (y * y), LARGE) / (y * y)) / y;
  // e^(−y²) from the part of y whose square is exact, and the rest: y² rounded would cost 1e-16·y².
  const exact = Math.trunc(16 * y) / 16;
  return Math.exp(-exact * exact) * Math.exp(-(y - exact) * (y + exact)) * scaled;
}

const isSmall = (x: number): boolean => Math.abs(x) <= 0.46875;

/** erf(x) = 2/√π ∫₀ˣ e^(−t²) dt. NaN in, NaN out. */
export function erf(x: number): number {
  if (isSmall(x)) return x * quotient(x * x, SMALL);
  return x < 0 ? tail(-x) - 1 : 1 - tail(x);
}

/** erfc(x) = 1 − erf(x), without the cancellation where erf(x) is near 1. */
export function erfc(x: number): number {
  if (isSmall(x)) return 1 - x * quotient(x * x, SMALL);
  return x < 0 ? 2 - tail(-x) : tail(x);
}
