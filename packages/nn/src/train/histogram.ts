/** How numbers are spread: counts over equal intervals. */

export interface Histogram {
  /** One more than `counts`, ascending. */
  readonly edges: readonly number[];
  /** counts[i]: values in edges[i] ≤ v < edges[i+1]; the last interval is closed. */
  readonly counts: readonly number[];
  /** Finite values outside the edges, and values that are not finite. */
  readonly outside: number;
  readonly notFinite: number;
}

export interface HistogramOptions {
  /** Default 40. */
  readonly bins?: number;
  /** Default: from the smallest to the largest finite value; half a unit to each side if they are equal. */
  readonly range?: readonly [low: number, high: number];
}

/**
 * Counts `values` in `bins` intervals of one width, numpy.histogram's way: a value on an inner edge belongs to the
 * interval that begins there. Throws a RangeError if bins is no whole number ≥ 1, or the range is empty or not finite.
 */
export function histogram(values: ArrayLike<number>, { bins = 40, range }: HistogramOptions = {}): Histogram {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`histogram: bins is a whole number >= 1; got ${bins}`);
  const [low, high] = range ?? rangeOf(values);
  const width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width));
  if (!Number.isFinite(width) || !edges.every((edge, i) => i === 0 || edge > edges[i - 1])) {
    throw new RangeError(
      `histogram: the range is two finite numbers, the first the smaller, that ${bins} intervals fit between; ` +
        `got ${low} and ${high}`,
    );
  }
  const counts = new Array<number>(bins).fill(0);
  let [outside, notFinite] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) notFinite++;
    else if (value < low || value > high) outside++;
    else counts[binOf(value, edges, width)]++;
  }
  return { edges, counts, outside, notFinite };
}

/** The division may miss by one where it rounds; the edges decide. */
function binOf(value: number, edges: readonly number[], width: number): number {
  const last = edges.length - 2;
  const bin = Math.min(last, Math.floor((value - edges[0]) / width));
  if (value < edges[bin]) return bin - 1;
  return bin < last && value >= edges[bin + 1] ? bin + 1 : bin;
}

/** The finite ones' smallest and largest, made to differ; 0 to 1 for none. */
function rangeOf(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) return [0, 1];
  if (low < high) return [low, high];
  const half = Math.max(0.5, Math.abs(low) * 1e-6);
  return [low - half, high + half];
}
