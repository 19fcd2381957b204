/**
 * Files with errors in them. Whatever the bytes, a decoder gives an image or an Error that names the file, soon; a
 * RangeError or TypeError would mean that it reached beyond an array. (A RangeError comes named, as if memory had run
 * out; with images as small as these it does not.)
 */
import process from 'node:process';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeImage } from '@vitrine/data';
import { expect } from 'chai';
import { encoded, fileOf } from './support/images.js';
import { pngChunks, pngOf } from './support/png.js';

const CASES = 2000;
/**
 * A file of this size takes about a millisecond; a thousand times that would be a loop that ends too late. It is time
 * of the processor, which does not go on while the machine is busy with something else.
 */
const TIME_LIMIT_MS = 1000;
const NAME = 'photo-of-a-cat';

/** Numbers from 0 to n − 1: a linear congruential generator, so that a failure comes again (Numerical Recipes, 7.1). */
function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

type Random = (n: number) => number;

/** One of: bytes changed, a bit flipped, cut off, a piece left out, a piece twice, marker bytes put in. */
function mutated(file: Uint8Array, random: Random): Uint8Array {
  if (file.length === 0) return Uint8Array.of(random(256));
  const at = random(file.length);
  const end = at + random(Math.min(40, file.length - at) + 1);
  const copy = file.slice();
  switch (random(6)) {
    case 0: {
      for (let n = 1 + random(4); n > 0; n--) copy[random(file.length)] = random(256);
      return copy;
    }
    case 1: {
      copy[at] ^= 1 << random(8);
      return copy;
    }
    case 2: return file.slice(0, at);
    case 3: return Uint8Array.of(...file.subarray(0, at), ...file.subarray(end));
    case 4: return Uint8Array.of(...file.subarray(0, end), ...file.subarray(at));
    default: return Uint8Array.of(...file.subarray(0, at), 0xff, 0xc0 + random(0x40), ...file.subarray(at));
  }
}

/** Errors in a PNG's chunks, with the right CRC around them, or in the inflated pixels: else the CRC finds them all. */
function mutatedPng(file: Uint8Array, random: Random): Uint8Array {
  const chunks = pngChunks(file);
  const chosen = random(chunks.length);
  const inside = random(2) === 0;
  return pngOf(chunks.map(({ type, data }, i) => {
    if (inside && type === 'IDAT' && chunks.filter((chunk) => chunk.type === 'IDAT').length === 1) {
      return { type, data: new Uint8Array(deflateSync(mutated(new Uint8Array(inflateSync(data)), random))) };
    }
    return { type, data: i === chosen ? mutated(data, random) : data };
  }));
}

/** Errors behind a JPEG's headers: else they are nearly all found there. */
function mutatedScan(file: Uint8Array, random: Random): Uint8Array {
  const scan = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xda);
  return Uint8Array.of(...file.subarray(0, scan), ...mutated(file.subarray(scan), random));
}

const base64 = (file: Uint8Array): string => Buffer.from(file).toString('base64');

/** What came of it; throws if the decoder broke its promise. */
async function attempt(file: Uint8Array, title: string): Promise<'image' | 'error'> {
  const start = process.cpuUsage();
  let outcome: 'image' | 'error' = 'image';
  try {
    const { width, height, channels, data } = await decodeImage(file, NAME, { maxPixels: 1e6 });
    expect(data.length, `${title}: bytes`).to.equal(width * height * channels);
  } catch (error) {
    const told = error instanceof Error && error.constructor === Error && error.message.includes(NAME) &&
      !(error.cause instanceof RangeError);
    if (!told) throw new Error(`${title}: ${String(error)}; file ${base64(file)}`, { cause: error });
    outcome = 'error';
  }
  const { user, system } = process.cpuUsage(start);
  const time = (user + system) / 1000;
  if (time > TIME_LIMIT_MS) throw new Error(`${title}: took ${time} ms; file ${base64(file)}`);
  return outcome;
}

describe('image: damaged files', () => {
  const mutations = {
    png: [['anywhere', mutated], ['inside chunks', mutatedPng]],
    jpeg: [['anywhere', mutated], ['inside scans', mutatedScan]],
  } as const;

  for (const format of ['png', 'jpeg'] as const) {
    for (const [where, mutate] of mutations[format]) {
      it(`${CASES / 4} ${format.toUpperCase()} files with errors ${where}`, async () => {
        const names = encoded(format).map(({ name }) => name);
        const random = generator(format.length * 1000 + where.length);
        const outcomes = { image: 0, error: 0 };
        const stray: unknown[] = [];
        const note = (reason: unknown): void => void stray.push(reason);
        process.on('unhandledRejection', note);
        try {
          for (let i = 0; i < CASES / 4; i++) {
            const name = names[i % names.length];
            outcomes[await attempt(mutate(fileOf(name), random), `${i}, from "${name}"`)]++;
          }
          await new Promise((resolve) => setImmediate(resolve));
        } finally {
          process.off('unhandledRejection', note);
        }
        expect(stray, 'rejections nobody heard of').to.deep.equal([]);
        // Both must come, or the errors are too coarse, or too fine, to find anything.
        expect(Math.min(outcomes.image, outcomes.error), JSON.stringify(outcomes)).to.be.greaterThan(0);
      });
    }
  }
});
