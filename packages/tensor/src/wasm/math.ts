/**
 * Vector maths: the functions WebAssembly lacks, from additions, multiplications and bit patterns. Every body is
 * written once against `Lanes`. Errors are the largest found against float64 over all exponents, with 20,000 numbers in
 * each around 1; relative ones hold where the result is not below 1e-30.
 *
 * NaN in, NaN out, everywhere: clamps keep NaN, and NaN times any scale is NaN.
 */
import type { Body, Expr, Lanes, Local, Type } from './asm.js';

/** x where x ≤ hi, hi where it is not; NaN stays. One instruction (`f32x4.pmin`), where `min` takes seven on x86. */
const atMost = <F extends Type, I extends Type>(v: Lanes<F, I>, x: Local<F>, hi: Expr<F>): Expr<F> =>
  v.lanes === 4
    ? { type: x.type, code: [x.code, hi.code, 0xfd, 0xea, 0x01] }
    : v.select(hi, x, v.lt(hi, x));

/** x where x ≥ lo, lo where it is not; NaN stays (`f32x4.pmax`). */
const atLeast = <F extends Type, I extends Type>(v: Lanes<F, I>, x: Local<F>, lo: Expr<F>): Expr<F> =>
  v.lanes === 4
    ? { type: x.type, code: [x.code, lo.code, 0xfd, 0xeb, 0x01] }
    : v.select(lo, x, v.lt(x, lo));

/** x from lo up to hi. */
export const between = <F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, x: Local<F>, lo: Expr<F>, hi: Expr<F>,
): Expr<F> => atMost(v, $.let(atLeast(v, x, lo)), hi);

/** x from lo up to hi, which are constants. */
export function clamp<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, x: Local<F>, lo: number, hi: number,
): Local<F> {
  return $.let(between($, v, x, v.const(lo), v.const(hi)));
}

/** Horner's form; the coefficient of the highest power first. */
function polynomial<F extends Type, I extends Type>(v: Lanes<F, I>, x: Local<F>, c: readonly number[]): Expr<F> {
  const [highest, ...others] = c;
  return others.reduce<Expr<F>>((sum, next) => v.add(v.mul(sum, x), v.const(next)), v.const(highest));
}

/**
 * The same polynomial in Estrin's form, for degree 5: (c₀ + c₁x) + x²·((c₂ + c₃x) + x²·(c₄ + c₅x)). Three steps deep
 * instead of five: the exponentials of one vector after the other are bound by that depth, not by the number of
 * operations.
 */
function quintic<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, x: Local<F>, c: readonly [number, number, number, number, number, number],
): Expr<F> {
  const [c5, c4, c3, c2, c1, c0] = c;
  const linear = (a: number, b: number): Expr<F> => v.add(v.const(a), v.mul(v.const(b), x));
  const square = $.let(v.mul(x, x));
  return v.add(linear(c0, c1), v.mul(square, v.add(linear(c2, c3), v.mul(square, linear(c4, c5)))));
}

/**
 * n = round(t) and 2ⁿ⁺ˢ (s: `shift`) at once, for −127 ≤ n + s ≤ 128 (2⁻¹²⁷ comes out as 0, 2¹²⁸ as ∞).
 * Added to 1.5·2²³, t loses its fraction to rounding and its whole part stands in the lowest bits of the sum; 127 more,
 * and these bits are the exponent, ready to be shifted in place.
 */
function roundAndPower<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, t: Expr<F>, shift: number,
): { n: Expr<F>; power: Expr<F> } {
  const magic = 1.5 * 2 ** 23 + 127 + shift;
  const sum = $.let(v.add(t, v.const(magic)));
  return { n: v.sub(sum, v.const(magic)), power: v.fromBits(v.shl(v.bits(sum), 23)) };
}

/**
 * eˣ = 2ⁿ·eʳ with n = round(x/ln 2), |r| ≤ ln 2/2, eʳ by a minimax polynomial of degree 6 (relative error 1.9e-9).
 * ln 2 is subtracted in two parts, so that r is exact to float32. The polynomial gives 2·eʳ, the power 2ⁿ⁻¹: so the
 * largest finite results do not overflow on the way. Relative error ≤ 1.1e-7; ∞ where float32 overflows; where
 * the result is below 2⁻¹²⁵ it may be 0. Method: Cephes `expf` (Moshier).
 */
export function exp<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> {
  const bounded = clamp($, v, x, -87.6, 88.8);
  const { n, power } = roundAndPower($, v, v.mul(bounded, v.const(Math.LOG2E)), -1);
  const whole = $.let(n);
  const r = $.let(v.sub(v.sub(bounded, v.mul(whole, v.const(0.693359375))), v.mul(whole, v.const(-2.12194440e-4))));
  const twice = polynomial(v, r, [
    2.767361617e-3, 1.6749691816e-2, 8.3336455681e-2, 3.3332839626e-1, 9.9999984125e-1, 2.0000000728, 2,
  ]);
  return v.mul(twice, power);
}

/**
 * 1 + e⁻ˣ, the denominator of σ: e⁻ˣ = 2ᵗ with t = −x·log₂e, in powers of 2 from the start. That rounds t once, which
 * costs relative accuracy where e⁻ˣ is far from 1, but not in σ: its error is multiplied by 1 − σ, or σ is small.
 * ∞ for x < −88.4, so that quotients vanish; 2ᶠ = 1 + f·q(f), so that σ(0) is exactly ½.
 */
function onePlusExpNeg<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> {
  const t = clamp($, v, $.let(v.mul(x, v.const(-Math.LOG2E))), -127, 128);
  const { n, power } = roundAndPower($, v, t, 0);
  const f = $.let(v.sub(t, n));
  const twoToF = quintic($, v, f, [
    1.3264727218e-3, 9.6715126396e-3, 5.5507337432e-2, 2.4022242085e-1, 6.9314697760e-1, 1,
  ]);
  return v.add(v.const(1), v.mul(twoToF, power));
}

/** σ(x) = 1/(1 + e⁻ˣ). Absolute error ≤ 1e-7; relative ≤ 4e-6, at large negative x. Below −88.4 it is 0. */
export const sigmoid = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> =>
  v.div(v.const(1), onePlusExpNeg($, v, x));

/** x·σ(x) = x/(1 + e⁻ˣ). Error ≤ 1.4e-7·max(1, |silu|). −0 for large negative x, NaN at −∞, as the reference. */
export const silu = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> =>
  v.div(x, onePlusExpNeg($, v, x));

/** x·P(x²)/Q(x²) with x held to ±limit: an odd function that is ±1 beyond. Coefficients: the highest power first. */
function oddRational<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, x: Local<F>, limit: number, p: readonly number[], q: readonly number[],
): Expr<F> {
  const bounded = clamp($, v, x, -limit, limit);
  const square = $.let(v.mul(bounded, bounded));
  return v.div(v.mul(bounded, polynomial(v, square, p)), polynomial(v, square, q));
}

/** tanh. Relative error ≤ 4e-7, near 0 too. Coefficients: Eigen, `generic_fast_tanh_float`. */
export const tanh = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> =>
  oddRational($, v, x, 7.90531110763549805,
    [-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
      6.37261928875436e-4, 4.89352455891786e-3],
    [1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3]);

/**
 * erf(x) = 2/√π ∫₀ˣ e^(−t²) dt. Relative error ≤ 5e-7. Coefficients: Eigen, `generic_fast_erf_float` of version 3.3.
 */
export const erf = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> =>
  oddRational($, v, x, 4,
    [-2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
      -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2],
    [-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2]);

/**
 * x = 2ᵉ·(1 + r) with √½ ≤ 1 + r < √2, for normal x > 0. The exponent is read from the bits of x after those of √½ are
 * subtracted, so that 1 + r comes out around 1. Its field is moved up by 128 for the shift, which is unsigned:
 * `exponent` is e + 128.
 */
export function decompose<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, x: Expr<F>,
): { exponent: Expr<F>; r: Expr<F> } {
  const ROOT_HALF = 0x3f3504f3; // the bits of √½
  const above = $.let(v.intSub(v.bits(x), v.intConst(ROOT_HALF)));
  const m = v.fromBits(v.intAdd(v.intAnd(above, v.intConst(0x007f_ffff)), v.intConst(ROOT_HALF)));
  return { exponent: v.fromInt(v.shr(v.intAdd(above, v.intConst(128 * 2 ** 23)), 23)), r: v.sub(m, v.const(1)) };
}

/**
 * e·ln 2 + ln(1 + r) for the ranges of `decompose`: a polynomial of degree 11 in r; ln 2 in two parts. Source: Cephes
 * `logf` (Moshier).
 */
export function logOfParts<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, e: Local<F>, r: Local<F>): Expr<F> {
  const square = $.let(v.mul(r, r));
  const series = polynomial(v, r, [
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ]);
  const tail = v.add(v.mul(v.mul(series, r), square), v.mul(e, v.const(-2.12194440e-4)));
  return v.add(v.add(r, v.sub(tail, v.mul(square, v.const(0.5)))), v.mul(e, v.const(0.693359375)));
}

/** ln x. Relative error ≤ 8e-8, next to 1 too; subnormals are multiplied by 2²³ first. −∞ at 0, NaN below, ∞ at ∞. */
export function log<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>): Expr<F> {
  const tiny = $.let(v.lt(x, v.const(2 ** -126)));
  const { exponent, r } = decompose($, v, $.let(v.select(v.mul(x, v.const(2 ** 23)), x, tiny)));
  const e = $.let(v.sub(exponent, v.select(v.const(128 + 23), v.const(128), tiny)));
  const finite = logOfParts($, v, e, $.let(r));
  // The ends: ∞ and NaN pass through, 0 gives −∞, and what is below it NaN.
  const upper = $.let(v.select(finite, x, v.lt(x, v.const(Infinity))));
  const lower = $.let(v.select(v.const(-Infinity), v.const(NaN), v.eq(x, v.const(0))));
  return v.select(lower, upper, v.lt(x, v.const(2 ** -149)));
}

/**
 * cos(2πu) for 0 ≤ u < 1: sin(2πs) with s = |u − ½| − ¼, exact if u is; odd minimax polynomial. Absolute error ≤
 * 1.8e-7.
 */
export function cosTurns<F extends Type, I extends Type>($: Body, v: Lanes<F, I>, u: Expr<F>): Expr<F> {
  const s = $.let(v.sub(v.abs(v.sub(u, v.const(0.5))), v.const(0.25)));
  const square = $.let(v.mul(s, s));
  return v.mul(s, polynomial(v, square, [39.710918144, -76.574992182, 81.602231243, -41.341677478, 6.2831852738]));
}
