/** Encoded images and their pixels, as PIL and torchvision have them: tests/fixtures/images.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PreprocessOptions, RasterImage } from '@vitrine/data';
import { parseSafetensors } from '@vitrine/tensor';
import { expect } from 'chai';

interface EncodedCase {
  readonly format: 'png' | 'jpeg';
  readonly name: string;
  /** The EXIF orientation of the file; its pixels here are turned upright. */
  readonly orientation?: number;
}

interface PreprocessCase {
  readonly format: 'preprocess';
  readonly name: string;
  readonly input: string;
  readonly options: PreprocessOptions;
}

const FILE = 'images.safetensors';
const { tensors, metadata } = parseSafetensors(
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/${FILE}`, import.meta.url)))), FILE);
const cases = JSON.parse(metadata.get('cases') ?? '[]') as (EncodedCase | PreprocessCase)[];

export const encoded = (format: 'png' | 'jpeg'): EncodedCase[] =>
  cases.filter((row) => row.format !== 'preprocess').filter((row) => row.format === format);
export const preprocessed: readonly PreprocessCase[] = cases.filter((row) => row.format === 'preprocess');

function get(name: string): { readonly shape: readonly number[]; readonly data: unknown } {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`${FILE}: no tensor named ${name}; run tests/fixtures/make.py again`);
  return tensor;
}

function bytesOf(name: string): Uint8Array {
  const { data } = get(name);
  if (!(data instanceof Uint8Array)) throw new Error(`${FILE}: ${name} holds no bytes`);
  return data;
}

/** The bytes of the file, a copy. */
export const fileOf = (name: string): Uint8Array => bytesOf(`${name}/file`).slice();

/** The pixels it must decode to. */
export function pixelsOf(name: string): RasterImage {
  const [height, width, channels] = get(`${name}/pixels`).shape;
  return { width, height, channels: channels as RasterImage['channels'], data: bytesOf(`${name}/pixels`) };
}

/** What the case must come to, [H, W, C]. */
export function valuesOf(name: string): Float32Array {
  const { data } = get(`${name}/values`);
  if (!(data instanceof Float32Array)) throw new Error(`${FILE}: ${name}/values is not float32`);
  return data;
}

/** The same size, and every byte. */
export function expectSameImage(got: RasterImage, want: RasterImage): void {
  const { data: _got, ...size } = got;
  const { data: _want, ...wanted } = want;
  expect(size).to.deep.equal(wanted);
  expect(got.data.length).to.equal(want.data.length);
  const first = want.data.findIndex((byte, i) => byte !== got.data[i]);
  const wrong = want.data.reduce((sum, byte, i) => sum + Number(byte !== got.data[i]), 0);
  const worst = want.data.reduce((max, byte, i) => Math.max(max, Math.abs(byte - got.data[i])), 0);
  expect(first, `${wrong} of ${want.data.length} bytes differ, by ${worst} at most; byte ${first} is ` +
    `${got.data[first]}, wanted ${want.data[first]}`).to.equal(-1);
}
