/**
 * Vitrine beside other frameworks, on the same network and the same images.
 *
 * Frameworks take turns, so that a machine that slows down slows all of them down. Each thread count has a process
 * of its own:
 * some frameworks choose their threads once.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTime, markdownTable, textTable } from '../../dist/harness/format.js';
import { updatePage } from '../../dist/harness/markdown.js';
import { describeMachine, writeFile } from '../../dist/harness/results.js';
import { median } from '../../dist/harness/stats.js';
import { relativeError } from '../../dist/harness/verify.js';
import { measuredNetwork, noise } from '../../dist/models/network.js';
import { channelsFirst, networkOf } from './network.js';
import { nativePeers, webPeers } from './onnxruntime.js';
import type { Batch, MakePeer, Peer } from './peer.js';
import { tfjsPeers } from './tfjs.js';
import { torchPeers } from './torch.js';
import { vitrinePeers } from './vitrine.js';

const HELP = `pnpm bench: inference of EfficientNet-B0 at 224 × 224, batch 1 and 8, beside other frameworks

  --quick          one round: shows that everything runs
  --threads N      only on N threads; default one, then all cores
  --batch N        only this batch
  --json FILE      keeps all samples
  --markdown FILE  puts the table into that page, such as ../../docs/benchmarks.md
`;

/** Logits of the same network may differ by rounding: max|got − want| / max|want|. */
const TOLERANCE = 1e-4;
/** Between two frameworks, so that the threads of the one stop spinning before the other is timed. */
const SETTLE_MS = 50;

interface Row {
  readonly name: string;
  readonly threads: number;
  readonly asked: number;
  readonly batch: number;
  readonly samples: readonly number[];
}

interface Effort {
  readonly rounds: number;
  /** Time for one framework's turn, at least one run. */
  readonly turnSeconds: number;
}

const others: Readonly<Record<string, MakePeer>> = {
  tfjs: tfjsPeers,
  'onnxruntime-node': nativePeers,
  'onnxruntime-web': webPeers,
  PyTorch: torchPeers,
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function measureBatch(count: number, threads: number, effort: Effort): Promise<Row[]> {
  const model = measuredNetwork('b0');
  const size = model.config.imageSize;
  const images = noise(count, size, 9).toFloat32Array();
  const batch: Batch = {
    count,
    size,
    channelsLast: images,
    channelsFirst: channelsFirst(images, count, size * size, 3),
  };
  const network = networkOf(model);
  const other = await logitsOfOther(model, size);
  const peers = await vitrinePeers(model, batch, threads);
  const want = await peers[0].logits();
  assertAlive(want, network.classes, other);
  for (const [name, make] of Object.entries(others)) {
    try {
      peers.push(...(await make(network, batch, threads)));
    } catch (error) {
      say(`skipped: ${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  try {
    for (const peer of peers) {
      const error = relativeError(await peer.logits(), want);
      if (!(error <= TOLERANCE))
        throw new Error(
          `${peer.name}: logits differ from Vitrine's by ${error.toExponential(1)} of the largest, `
            + `allowed ${TOLERANCE}`,
        );
    }
    return await takeTurns(peers, threads, count, effort);
  } finally {
    for (const peer of peers) await peer.close?.();
  }
}

/** Logits of another image: if they were the same, any comparison would pass. */
async function logitsOfOther(model: Parameters<typeof vitrinePeers>[0], size: number): Promise<Float32Array> {
  const images = noise(1, size, 10).toFloat32Array();
  const [peer] = await vitrinePeers(model, { count: 1, size, channelsLast: images, channelsFirst: images }, 1);
  return peer.logits();
}

function assertAlive(logits: Float32Array, classes: number, other: Float32Array): void {
  const difference = relativeError(logits.subarray(0, classes), other);
  if (!(difference > 100 * TOLERANCE))
    throw new Error(
      `the logits of two images differ by ${difference} of the largest only: the network's signal has died`,
    );
}

async function takeTurns(
  peers: readonly Peer[],
  asked: number,
  batch: number,
  { rounds, turnSeconds }: Effort,
): Promise<Row[]> {
  const samples = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
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
  return Array.from(samples, ([{ name, threads }, taken]) => ({ name, threads, asked, batch, samples: taken }));
}

/** A row a framework; the last column says how many times Vitrine's time it takes, so below 1 it is faster. */
function tableOf(rows: readonly Row[]): string[][] {
  const baseline = (row: Row): number =>
    median(rows.find(({ asked, batch }) => asked === row.asked && batch === row.batch)?.samples ?? [NaN]);
  return [
    ['', 'batch', 'threads', 'time', 'images/s', 'time / Vitrine, fused'],
    ...rows.map((row) => {
      const time = median(row.samples);
      return [
        row.name,
        String(row.batch),
        String(row.threads),
        formatTime(row.samples),
        (row.batch / time).toFixed(1),
        (time / baseline(row)).toFixed(2),
      ];
    }),
  ];
}

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      quick: { type: 'boolean' },
      threads: { type: 'string' },
      batch: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      child: { type: 'boolean' },
    },
  });
  const whole = (name: 'threads' | 'batch'): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (!(Number.isInteger(Number(value)) && Number(value) >= 1))
      throw new RangeError(`--${name} takes a whole number >= 1; got '${value}'`);
    return Number(value);
  };
  return { ...values, threads: whole('threads'), batch: whole('batch') };
}

/** One thread count and one batch, in this process; the rows go to standard output as JSON. */
async function child(threads: number, batch: number, quick: boolean): Promise<void> {
  const effort = quick ? { rounds: 1, turnSeconds: 0 } : { rounds: 12, turnSeconds: 0.5 };
  process.stdout.write(JSON.stringify(await measureBatch(batch, threads, effort)));
}

function measureInChild(threads: number, batch: number, quick: boolean): Row[] {
  const args = [
    fileURLToPath(import.meta.url),
    '--child',
    '--threads',
    String(threads),
    '--batch',
    String(batch),
    ...(quick ? ['--quick'] : []),
  ];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`batch ${batch} on ${threads} threads failed`);
  const rows: Row[] = JSON.parse(stdout.slice(stdout.indexOf('[{'))); // a framework may have greeted first
  return rows;
}

async function main(args: string[]): Promise<void> {
  const { help = false, quick = false, child: isChild = false, threads, batch, json, markdown } = readOptions(args);
  if (help) return void process.stdout.write(HELP);
  if (isChild) return child(threads ?? 1, batch ?? 1, quick);
  const rows: Row[] = [];
  for (const count of batch === undefined ? [1, 8] : [batch]) {
    for (const asked of threads === undefined ? [...new Set([1, availableParallelism()])] : [threads]) {
      const measured = measureInChild(asked, count, quick);
      process.stdout.write(
        `\nbatch ${count}, ${asked} ${asked === 1 ? 'thread' : 'threads'}\n${textTable(tableOf(measured))}\n`,
      );
      rows.push(...measured);
    }
  }
  if (json !== undefined)
    writeFile(json, `${JSON.stringify({ format: 1, quick, machine: describeMachine(), rows })}\n`);
  if (markdown !== undefined) updatePage(markdown, new Map([['peers', markdownTable(tableOf(rows))]]));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
