/** Training for a given time, not a given number of epochs. */
import process from 'node:process';
import { crossEntropy, fit } from '@vitrine/nn';
import type { Batch, Module, Optimizer } from '@vitrine/nn';

/** Seconds from some moment on. */
export type Clock = () => number;

export const CLOCKS = {
  /** The one on the wall: what a person waits for. On a machine that has other things to do it measures those, too. */
  wall: () => performance.now() / 1000,
  /** What this process has computed. On one thread, the wall clock of a machine that has nothing else to do. */
  processor: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
} as const satisfies Readonly<Record<string, Clock>>;

export type ClockName = keyof typeof CLOCKS;

export interface TimedOptions {
  readonly seconds: number;
  readonly clock: Clock;
  readonly optimizer: Optimizer;
  readonly labelSmoothing: number;
}

/** Share of the time in which the learning rate rises. */
const WARM_UP = 0.05;

/**
 * Trains until the time is over; the learning rate follows the clock: it rises linearly, falls to 0 along a cosine.
 * The last step may end after the time by what it takes. Returns the images seen, each as often as it was; none if
 * there is no time.
 */
export async function fitFor(
  model: Module, data: AsyncIterable<Batch>, { seconds, clock, optimizer, labelSmoothing }: TimedOptions,
): Promise<number> {
  const started = clock();
  const { lr } = optimizer;
  const elapsed = (): number => Math.min(1, (clock() - started) / seconds);
  if (!(seconds > 0)) return 0;
  const controller = new AbortController();
  let seen = 0;
  await fit(model, data, {
    epochs: 1e6, // the clock ends it
    optimizer,
    schedule: () => lr * Math.min(1, 0.01 + elapsed() / WARM_UP) * 0.5 * (1 + Math.cos(Math.PI * elapsed())),
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing }),
    signal: controller.signal,
    onStep: ({ images }) => {
      seen += images;
      if (elapsed() >= 1) controller.abort();
    },
  });
  return seen;
}
