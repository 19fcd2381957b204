/** The command line. */
import { parseArgs } from 'node:util';
import { CLOCKS } from './timed.js';
import type { ClockName } from './timed.js';

export const HELP = `transfer [options]: from one half of Fashion-MNIST's classes to the other

Trains tiny-28 on the classes 0 to 4, then, on few images of the classes 5 to 9 and each for the same time by the clock:
that network with a new classifier (on cached features, then as a whole), and a fresh one.

  --data DIR             the full data set (default: the embedded subset)
  --seeds N              repetitions, each with its own backbone, images and initialisation (default 3)
  --per-class N          training images of each of the classes 5 to 9 (default 100)
  --seconds S[,S…]       time of training (default 2,5,10)
  --clock NAME           wall, or processor: what the process has computed, to be used with --threads 1 on a machine
                         that has other things to do (default wall)
  --backbone-epochs N    passes over the images of the classes 0 to 4 (default 4)
  --backbone-images N    images of each of the classes 0 to 4 (default: all)
  --threads N            threads that compute (default: all cores)
  --markdown FILE        writes the figures into that page, such as docs/transfer.md
  --json                 prints the figures as JSON
  --help                 this
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Options {
  readonly data: string | undefined;
  readonly seeds: number;
  readonly perClass: number;
  readonly seconds: readonly number[];
  readonly clock: ClockName;
  readonly backboneEpochs: number;
  readonly backboneImages: number | undefined;
  readonly threads: number | undefined;
  readonly markdown: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** Throws a UsageError that names the option. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args.filter((arg) => arg !== '--')); // pnpm passes a bare `--` on
  type Count = 'seeds' | 'per-class' | 'backbone-epochs' | 'backbone-images' | 'threads';
  const whole = (name: Count): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const n = Number(text);
    if (Number.isSafeInteger(n) && n >= 1) return n;
    throw new UsageError(`--${name} takes a whole number >= 1; got '${text}'`);
  };
  const seconds = (values.seconds ?? '2,5,10').split(',').map(Number);
  if (!seconds.every((s) => Number.isFinite(s) && s > 0)) {
    throw new UsageError(`--seconds takes numbers > 0, separated by commas; got '${String(values.seconds)}'`);
  }
  const { clock = 'wall' } = values;
  if (!isClock(clock)) throw new UsageError(`--clock takes ${Object.keys(CLOCKS).join(' or ')}; got '${clock}'`);
  const { data, markdown, json = false, help = false } = values;
  return {
    data, seconds, clock, markdown, json, help,
    seeds: whole('seeds') ?? 3,
    perClass: whole('per-class') ?? 100,
    backboneEpochs: whole('backbone-epochs') ?? 4,
    backboneImages: whole('backbone-images'),
    threads: whole('threads'),
  };
}

const isClock = (name: string): name is ClockName => Object.hasOwn(CLOCKS, name);

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        data: { type: 'string' },
        seeds: { type: 'string' },
        'per-class': { type: 'string' },
        seconds: { type: 'string' },
        clock: { type: 'string' },
        'backbone-epochs': { type: 'string' },
        'backbone-images': { type: 'string' },
        threads: { type: 'string' },
        markdown: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}
