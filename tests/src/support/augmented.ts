/** Small images and what torchvision's transforms make of them: tests/fixtures/augment.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AffineMatrix, AffineOptions, RasterImage } from '@vitrine/data';
import { parseSafetensors } from '@vitrine/tensor';
import type { OperationName } from '../../../packages/data/dist/augment/operations.js';

interface ImageCase {
  readonly name: string;
  /** Names of tensors, [H, W, C] bytes. */
  readonly input: string;
  readonly output: string;
}

type Affine = Required<AffineOptions>;

/** What is done to an image, with the numbers it is done with. */
export type AugmentCase = ImageCase & (
  | { readonly op: 'flip' | 'autocontrast' | 'equalize' | 'invert' }
  | {
    readonly op: 'brightness' | 'contrast' | 'saturation' | 'sharpness' | 'hue' | 'posterize' | 'solarize';
    readonly amount: number;
  }
  | {
    readonly op: 'crop';
    readonly box: readonly [top: number, left: number, height: number, width: number];
    readonly fill: number | readonly number[];
  }
  | {
    readonly op: 'resizedCrop';
    readonly size: readonly [number, number];
    readonly interpolation: 'bilinear' | 'bicubic';
  }
  | Affine & { readonly op: 'rotate'; readonly degrees: number }
  | Affine & { readonly op: 'matrix'; readonly matrix: AffineMatrix }
  | Affine & {
    readonly op: 'affine';
    readonly angle: number;
    readonly translate: readonly [number, number];
    readonly scale: number;
    readonly shear: readonly [number, number];
  }
  | {
    readonly op: 'operation';
    readonly operation: OperationName;
    /** Of 31. */
    readonly bin: number;
    readonly negative: boolean;
    readonly interpolation: 'nearest' | 'bilinear';
  }
);

/** The tensor of this name is [operations, bins], for an image of 9×16 (height×width). */
export interface MagnitudesCase {
  readonly op: 'magnitudes';
  readonly name: string;
  readonly operations: readonly OperationName[];
  readonly signed: readonly boolean[];
}

export interface PolicyCase {
  readonly op: 'policy';
  readonly policy: 'imagenet' | 'cifar10';
  readonly entries: unknown;
}

/** Tensors: `input`, `name`/pixels and `name`/targets. */
export interface MixCase {
  readonly op: 'mixup' | 'cutMix';
  readonly name: string;
  readonly input: string;
  readonly labels: readonly number[];
  readonly classes: number;
  readonly share: number;
  /** The middle of cutMix's rectangle. */
  readonly y?: number;
  readonly x?: number;
}

const FILE = 'augment.safetensors';
const { tensors, metadata } = parseSafetensors(
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/${FILE}`, import.meta.url)))), FILE);
const cases = JSON.parse(metadata.get('cases') ?? '[]') as (AugmentCase | MagnitudesCase | PolicyCase | MixCase)[];

export const imageCases = cases.filter((row): row is AugmentCase => 'output' in row);
export const magnitudesCases = cases.filter((row) => row.op === 'magnitudes');
export const policyCases = cases.filter((row) => row.op === 'policy');
export const mixCases = cases.filter((row): row is MixCase => row.op === 'mixup' || row.op === 'cutMix');

function get(name: string): { readonly shape: readonly number[]; readonly data: unknown } {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`${FILE}: no tensor named ${name}; run tests/fixtures/make.py again`);
  return tensor;
}

/** A copy. */
export function imageOf(name: string): RasterImage {
  const { shape: [height, width, channels], data } = get(name);
  if (!(data instanceof Uint8Array)) throw new Error(`${FILE}: ${name} holds no bytes`);
  return { width, height, channels: channels as RasterImage['channels'], data: data.slice() };
}

/** A copy. */
export function floatsOf(name: string): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { shape, data } = get(name);
  if (!(data instanceof Float32Array)) throw new Error(`${FILE}: ${name} is not float32`);
  return { shape, data: data.slice() };
}
