/** Numbers between 0 and 1 with a beta distribution, by which mixup and CutMix divide. */
import type { Random } from '@vitrine/tensor';

/**
 * Beta(a, b): x^(a−1)·(1−x)^(b−1) / B(a, b), as G/(G + H) of G ~ Gamma(a) and H ~ Gamma(b). From their logarithms: with
 * a small a, both are often smaller than the smallest number. That a and b are > 0 is not checked.
 */
export function beta(random: Random, a: number, b: number): number {
  return 1 / (1 + Math.exp(logGamma(random, b) - logGamma(random, a)));
}

/**
 * The logarithm of a sample of Gamma(shape), the density x^(shape−1)·e^(−x)/Γ(shape): a cubed normal, accepted with
 * such a probability that it is exact. A shape below 1 is that of one more, times U^(1/shape).
 * Source: Marsaglia & Tsang 2000, "A simple method for generating gamma variables".
 */
function logGamma(random: Random, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + Math.log(openUniform(random)) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(openUniform(random)) < 0.5 * x * x + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}

/** In (0, 1): its logarithm is finite. */
const openUniform = (random: Random): number => (random.word() + 0.5) / 2 ** 32;
