/**
 * 10,000 random calls of every family: reference kernels against emitted ones, and those against themselves on three
 * threads. A failure names family, seed and case; to run that case alone, or other ones:
 *
 *     FUZZ_SEED=7 npx -y pnpm@12 test fuzz            another 10,000
 *     FUZZ_SEED=7 FUZZ_CASE=1234 npx -y pnpm@12 test fuzz
 */
import process from 'node:process';
import { scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { families } from './fuzz/families.js';
import type { Call, Family } from './fuzz/families.js';
import { Dice, randomTensor } from './fuzz/random-tensor.js';
import { backends } from './support/backends.js';

const CASES = 10_000;
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const ONLY = process.env['FUZZ_CASE'];

/** Of the terms summed, or of the result. */
const TOLERANCE = 1e-5;

const [reference, simd, threaded] = ['reference', 'simd', 'simd, 3 threads'].map((name) =>
  backends.find((backend) => backend.name === name));

const largestOf = (values: Float32Array): number =>
  values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);

const describeTensor = ({ shape, strides, offset }: Tensor): string =>
  `[${shape.join()}] strides [${strides.join()}] offset ${offset}`;

/**
 * NaN where NaN is wanted, the same infinities, all else within the tolerance of `scale`. The first index that is off,
 * or −1.
 */
function firstDifference(got: Float32Array, want: Float32Array, allowed: number): number {
  return want.findIndex((w, i) => !(
    Object.is(got[i], w) || got[i] === w || (Number.isNaN(w) && Number.isNaN(got[i])) ||
    Math.abs(got[i] - w) <= allowed
  ));
}

function check(family: string, make: Family, index: number): void {
  scope(() => {
    const call = make(new Dice(SEED, index));
    const { want, scale } = reference!.run(() => {
      const values = call.run().toFloat32Array();
      return {
        want: values,
        scale: largestOf(call.magnitude?.().toFloat32Array() ?? values) || largestOf(values) || 1,
      };
    });
    const alone = simd!.run(() => call.run().toFloat32Array());
    report(family, index, call, 'reference, SIMD', want, alone, TOLERANCE * scale);
    report(
      family, index, call, 'SIMD on one thread, on three',
      alone, threaded!.run(() => call.run().toFloat32Array()), 0,
    );
  }, 'fuzz');
}

function report(
  family: string, index: number, { op, inputs }: Call, faces: string,
  want: Float32Array, got: Float32Array, allowed: number,
): void {
  expect(got.length, `${family} case ${index}`).to.equal(want.length);
  const at = firstDifference(got, want, allowed);
  if (at < 0) return;
  throw new Error(`${family}, seed ${SEED}, case ${index}: ${op} of ${inputs.map(describeTensor).join(' and ')}: ` +
    `element ${at} is ${want[at]} and ${got[at]} on ${faces} (allowed ${allowed.toExponential(1)})`);
}

describe('fuzz', () => {
  if (simd === undefined || threaded === undefined) return; // no WebAssembly SIMD here: there is one face only

  for (const [name, family] of Object.entries(families)) {
    it(`${name}: ${ONLY === undefined ? `${CASES} cases` : `case ${ONLY}`}, seed ${SEED}`, () => {
      if (ONLY !== undefined) check(name, family, Number(ONLY));
      else for (let index = 0; index < CASES; index++) check(name, family, index);
    });
  }

  it('a case is a function of seed and number', () => {
    for (const family of Object.values(families)) {
      const [first, again] = [1, 2].map(() => scope(() =>
        family(new Dice(SEED, 5)).inputs.map((x) => [describeTensor(x), x.toFloat32Array().join()])));
      expect(first).to.deep.equal(again);
    }
  });

  it('sees a wrong element, a lost NaN, a wrong infinity', () => {
    const of = (...values: number[]): Float32Array => Float32Array.of(...values);
    expect(firstDifference(of(1, 2, 3.1), of(1, 2, 3), 0.01)).to.equal(2);
    expect(firstDifference(of(1, 0), of(1, NaN), 9)).to.equal(1);
    expect(firstDifference(of(NaN), of(1), 9)).to.equal(0);
    expect(firstDifference(of(Infinity), of(-Infinity), 9)).to.equal(0);
    expect(firstDifference(of(NaN, Infinity, -0), of(NaN, Infinity, 0), 0)).to.equal(-1);
  });

  it('makes strides of every kind', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 500; index++) {
      scope(() => {
        const { shape, strides, offset, isContiguous } = randomTensor(new Dice(1, index), [3, 4, 5]);
        if (isContiguous) seen.add('contiguous');
        if (strides.includes(0)) seen.add('repeated');
        if (strides[0] < strides[2]) seen.add('permuted');
        if (strides[2] > 1 && strides[1] > strides[2]) seen.add('strided');
        if (offset > 0 && shape.length > 0) seen.add('offset');
      });
    }
    expect([...seen].sort()).to.deep.equal(['contiguous', 'offset', 'permuted', 'repeated', 'strided']);
  });
});
