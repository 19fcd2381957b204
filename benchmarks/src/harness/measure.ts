/** Timing, by benchmark.js: it finds how many runs make a sample long enough for the clock, then takes samples. */
import Benchmark from 'benchmark';

export interface Effort {
  /** Time for one benchmark, warming up included; slow ones take longer, until they have `minSamples`. */
  readonly seconds: number;
  readonly minSamples: number;
  /** A sample repeats the body until it takes this long. */
  readonly sampleSeconds: number;
}

export const FULL: Effort = { seconds: 1, minSamples: 9, sampleSeconds: 0.03 };
export const QUICK: Effort = { seconds: 0.05, minSamples: 3, sampleSeconds: 0.005 };

/** Seconds for one run of `body`, one number a sample. An error of the body is thrown on. */
export function measure(name: string, body: () => void, { seconds, minSamples, sampleSeconds }: Effort): number[] {
  const bench = new Benchmark(name, body, { maxTime: seconds, minSamples, minTime: sampleSeconds, async: false });
  let failure: unknown;
  bench.on('error', () => (failure = bench.error));
  bench.run();
  if (failure !== undefined) throw failure;
  return bench.stats.sample.map(Number);
}
