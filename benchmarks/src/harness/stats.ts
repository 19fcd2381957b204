/** The statistics of a handful of timings. */

/** The q-quantile of the samples, between neighbours by straight lines. `samples` in any order, at least one. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('quantile: there are no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Interquartile range over median: what the middle half of the samples differs by. */
export const spread = (samples: readonly number[]): number =>
  (quantile(samples, 0.75) - quantile(samples, 0.25)) / median(samples);

/** From here on the normal distribution is close enough to that of U. */
const EXACT_BELOW = 900;

/**
 * Two-sided p of the Mann–Whitney U test: how probable a difference in ranks at least this large would be if both
 * sets of
 * samples came from one distribution. Nothing is assumed about its form; timings are skewed, so a t test would not do.
 * Exact for few samples without ties, else by the normal approximation with corrections for ties and continuity.
 * Source: Mann & Whitney 1947.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) throw new RangeError(`mannWhitney: both sides need samples; got ${n} and ${m}`);
  let u = 0;
  for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0;
  const counts = new Map<number, number>();
  for (const x of [...a, ...b]) counts.set(x, (counts.get(x) ?? 0) + 1);
  const extreme = Math.min(u, n * m - u);
  if (counts.size === n + m && n * m < EXACT_BELOW) {
    const ways = waysToReach(n, m);
    const total = ways.reduce((sum, count) => sum + count, 0);
    const tail = ways.slice(0, extreme + 1).reduce((sum, count) => sum + count, 0);
    return Math.min(1, (2 * tail) / total);
  }
  const ties = [...counts.values()].reduce((sum, t) => sum + (t ** 3 - t), 0);
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (variance === 0) return 1;
  const z = (extreme + 0.5 - (n * m) / 2) / Math.sqrt(variance);
  return Math.min(1, 2 * normalTail(-z));
}

/** ways[u]: in how many orders n values and m values interleave so that U = u. Counted by the largest value's side. */
function waysToReach(n: number, m: number): number[] {
  let rows: number[][] = Array.from({ length: m + 1 }, () => [1]); // no a's: U = 0
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= m; j++) {
      const ways = new Array<number>(i * j + 1).fill(0);
      rows[j].forEach((count, u) => (ways[u + j] += count)); // the largest is an a: it beats all j
      next[j - 1].forEach((count, u) => (ways[u] += count)); // the largest is a b
      next.push(ways);
    }
    rows = next;
  }
  return rows[m];
}

/** P(Z > z) of the standard normal distribution, to 7.5e-8. Source: Abramowitz & Stegun 1964, 26.2.17. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

/**
 * p-values of many tests made at once, raised so that of those called significant at level α at most a share α is
 * expected to be chance. Source: Benjamini & Hochberg 1995.
 */
export function adjustForMany(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((i, j) => ps[j] - ps[i]); // largest first
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  order.forEach((i, k) => {
    least = Math.min(least, (ps[i] * ps.length) / (ps.length - k));
    adjusted[i] = least;
  });
  return adjusted;
}
