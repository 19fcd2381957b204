/** Mixing the images of a batch, and their labels in the same proportion: mixup and CutMix. */
import type { Random } from '@vitrine/tensor';
import { checkNumber, refuse } from '../checks.js';
import { beta } from './beta.js';
import type { Box } from './basic.js';

export interface MixBatch {
  /** N·H·W·C floats, NHWC, normalised; a mix writes here. */
  readonly pixels: Float32Array;
  readonly shape: readonly [n: number, height: number, width: number, channels: number];
  /** N class indices. */
  readonly labels: Float32Array;
  readonly classes: number;
}

/** Changes the pixels in place, after normalisation; returns the targets, N·classes probabilities. */
export type Mix = (batch: MixBatch, random: Random) => Float32Array;

export interface MixOptions {
  /** λ ~ Beta(alpha, alpha): 1 makes all proportions alike, towards 0 hardly anything is mixed. */
  readonly alpha: number;
  /** Of mixing a batch at all. Default 1. */
  readonly probability?: number;
}

/**
 * out[i] = λ·in[i] + (1 − λ)·in[i−1], the first with the last; λ ~ Beta(alpha, alpha), one a batch. Targets alike.
 * Source: Zhang et al. 2018, arXiv:1710.09412 (alpha 0.1 to 0.4 for ImageNet); neighbours are mixed as in torchvision's
 * training script, RandomMixup.
 */
export function mixup({ alpha, probability = 1 }: MixOptions): Mix {
  checkOptions('mixup', alpha, probability);
  return (batch, random) => {
    checkBatch('mixup', batch);
    if (random.uniform() >= probability) return mixedTargets(batch, 1);
    const share = beta(random, alpha, alpha);
    mixPixels(batch, share);
    return mixedTargets(batch, share);
  };
}

/**
 * A rectangle of image i is replaced by that of image i−1, the first's by the last's: the same one for the whole batch,
 * of √(1−λ) the height and the width, λ ~ Beta(alpha, alpha), its middle anywhere; what is outside of the image is cut
 * off, and λ becomes the share of pixels that are left. Targets are mixed by that share.
 * Source: Yun et al. 2019, arXiv:1905.04899 (alpha 1 for ImageNet); torchvision's training script, RandomCutmix.
 */
export function cutMix({ alpha, probability = 1 }: MixOptions): Mix {
  checkOptions('cutMix', alpha, probability);
  return (batch, random) => {
    checkBatch('cutMix', batch);
    if (random.uniform() >= probability) return mixedTargets(batch, 1);
    const [, height, width] = batch.shape;
    const share = beta(random, alpha, alpha);
    const box = patchAround(height, width, share, random.integer(height), random.integer(width));
    pastePatch(batch, box);
    return mixedTargets(batch, 1 - (box.height * box.width) / (height * width));
  };
}

/** One of several mixes for every batch, each as probable as the others. */
export function mixOneOf(...mixes: readonly Mix[]): Mix {
  if (mixes.length === 0) refuse('mixOneOf', 'the number of mixes', 0, 'at least one');
  return (batch, random) => mixes[random.integer(mixes.length)](batch, random);
}

function checkOptions(where: string, alpha: number, probability: number): void {
  if (!(alpha > 0 && alpha < Infinity)) refuse(where, 'alpha', alpha, 'a number > 0');
  checkNumber(where, 'probability', probability, 0, 1);
}

function checkBatch(where: string, { pixels, shape, labels, classes }: MixBatch): void {
  const wanted = shape.reduce((product, size) => product * size, 1);
  if (pixels.length !== wanted || labels.length !== shape[0] || wanted === 0) {
    throw new RangeError(`${where}: ${pixels.length} pixels and ${labels.length} labels for [${shape.join(',')}] ` +
      `NHWC; expected ${wanted} and ${shape[0]}, at least one`);
  }
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (bad >= 0) refuse(where, `label ${bad}`, labels[bad], `a whole number below classes = ${classes}`);
}

/** From the batch's end, so that image i−1 is still itself when image i takes from it; image 0 takes from a copy. */
function fromNeighbours(
  { pixels, shape: [n] }: MixBatch, take: (own: Float32Array, other: Float32Array) => void,
): void {
  const size = pixels.length / n;
  const last = pixels.slice((n - 1) * size);
  for (let i = n - 1; i >= 0; i--) {
    take(pixels.subarray(i * size, (i + 1) * size), i === 0 ? last : pixels.subarray((i - 1) * size, i * size));
  }
}

/** The pixels of `mixup` with λ = `share`. */
export function mixPixels(batch: MixBatch, share: number): void {
  fromNeighbours(batch, (own, other) => {
    for (let i = 0; i < own.length; i++) own[i] = share * own[i] + (1 - share) * other[i];
  });
}

/** The rectangle of `cutMix` for λ = `share` with its middle at (y, x), as far as it is inside. */
export function patchAround(height: number, width: number, share: number, y: number, x: number): Box {
  const half = 0.5 * Math.sqrt(1 - share);
  const [halfHeight, halfWidth] = [Math.trunc(half * height), Math.trunc(half * width)];
  const [top, left] = [Math.max(0, y - halfHeight), Math.max(0, x - halfWidth)];
  return {
    top, left, height: Math.min(height, y + halfHeight) - top, width: Math.min(width, x + halfWidth) - left,
  };
}

/** The pixels of `cutMix`. */
export function pastePatch(batch: MixBatch, { top, left, height, width }: Box): void {
  const [, , rowLength, channels] = batch.shape;
  fromNeighbours(batch, (own, other) => {
    for (let y = top; y < top + height; y++) {
      const from = (y * rowLength + left) * channels;
      own.set(other.subarray(from, from + width * channels), from);
    }
  });
}

/** share·(one for the own label) + (1 − share)·(one for the neighbour's), [N, classes]. */
export function mixedTargets({ labels, classes }: Pick<MixBatch, 'labels' | 'classes'>, share: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    targets[i * classes + label] += share;
    targets[i * classes + labels.at(i - 1)!] += 1 - share;
  });
  return targets;
}
