/**
 * Frameworks take turns, so that a machine that slows down slows all of them down.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timed } from './peer.js';

/** Frameworks may differ by rounding: max|got − want| / max|want|. */
export const TOLERANCE = 1e-4;
/** Between two frameworks, so that the threads of the one stop spinning before the other is timed. */
const SETTLE_MS = 50;

export interface Effort {
  readonly rounds: number;
  /** Time for one framework's turn, at least one run. */
  readonly turnSeconds: number;
}

export type Suite = 'inference' | 'training' | 'kernels';

/** What all frameworks run in turn. */
export interface Subject {
  readonly suite: Suite;
  /** As the table names it. */
  readonly subject: string;
  /** Work of one run, counted in `unit`. */
  readonly work: number;
  readonly unit: 'images/s' | 'GFLOP/s' | 'GB/s';
  /** Threads every framework was asked for. */
  readonly asked: number;
}

export interface Row extends Subject {
  readonly name: string;
  readonly threads: number;
  readonly samples: readonly number[];
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What there is of the frameworks; says which are skipped, and why. */
export async function available<P>(makers: Readonly<Record<string, () => Promise<readonly P[]>>>): Promise<P[]> {
  const found: P[] = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      found.push(...(await make()));
    } catch (error) {
      say(`skipped: ${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  return found;
}

export async function takeTurns(
  peers: readonly Timed[],
  subject: Subject,
  { rounds, turnSeconds }: Effort,
): Promise<Row[]> {
  const samples = new Map<Timed, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, taken] of samples) {
      await sleep(SETTLE_MS);
      let left = turnSeconds - (await peer.time()); // caches are the other framework's: not counted
      do {
        const seconds = await peer.time();
        taken.push(seconds);
        left -= seconds;
      } while (left > 0);
    }
  }
  return Array.from(samples, ([{ name, threads }, taken]) => ({ ...subject, name, threads, samples: taken }));
}

/** Throws unless the framework gives what Vitrine gives. */
export function assertClose(name: string, what: string, error: number, allowed: number): void {
  if (error <= allowed) return; // NaN is not
  throw new Error(`${name}: ${what} is off Vitrine's by ${error.toExponential(1)} of the largest, allowed ${allowed}`);
}
