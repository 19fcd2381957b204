/** What a network is shown: pictures, folders of them, tensors. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadImage, preprocess, toGrey, toRgb } from '@vitrine/data';
import { parseNpy } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { readFile } from '@vitrine/tensor/files';
import type { Preprocessing } from '../weights/preprocessing.js';
import { messageOf } from './output.js';

export interface Input {
  readonly path: string;
  readonly kind: 'image' | 'tensor';
}

/** An input that cannot be had, and why. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

const IMAGE = /\.(?:png|jpe?g)$/i;
const TENSOR = /\.npy$/i;

/**
 * Files as they are named, in that order. A folder stands for the .png, .jpg and .jpeg in it and, to any depth, in its
 * folders, sorted by path; names that begin with a dot are left out, links to folders not followed.
 */
export async function listInputs(paths: readonly string[]): Promise<{ inputs: Input[]; problems: Problem[] }> {
  const inputs: Input[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    // A missing file says so when it is read.
    const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);
    if (!isFolder) {
      inputs.push({ path, kind: TENSOR.test(path) ? 'tensor' : 'image' });
      continue;
    }
    const found: string[] = [];
    await walk(path, found, problems);
    if (found.length === 0) problems.push({ path, message: `${path}: no .png, .jpg or .jpeg in this folder` });
    for (const image of found.sort()) inputs.push({ path: image, kind: 'image' });
  }
  return { inputs, problems };
}

async function walk(folder: string, found: string[], problems: Problem[]): Promise<void> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await walk(path, found, problems);
      else if (IMAGE.test(entry.name)) found.push(path);
    }
  } catch (error) {
    problems.push({ path: folder, message: messageOf(error) });
  }
}

/** A picture as the weights want it, `[crop, crop, channels]`, with as many channels as there are means. */
export async function readPixels(path: string, preprocessing: Preprocessing): Promise<Float32Array> {
  const image = await loadImage(path);
  return preprocess(preprocessing.mean.length === 1 ? toGrey(image) : toRgb(image), preprocessing);
}

/** A `.npy` file of prepared images, `[N,H,W,channels]`, as float32. Throws an Error naming the file for any other. */
export async function readImagesTensor(
  path: string, channels: number,
): Promise<{ data: Float32Array; shape: Shape }> {
  const { dtype, shape, data } = parseNpy(await readFile(path), path);
  if (dtype !== 'F32' && dtype !== 'F64') {
    throw new Error(`${path}: elements are ${dtype}; expected float32, prepared as the weights want them`);
  }
  if (shape.length !== 4 || shape[3] !== channels || shape[1] === 0 || shape[2] === 0) {
    const turned = shape.length === 4 && shape[1] === channels ? ': channels are last, .transpose(0, 2, 3, 1)' : '';
    const one = shape.length === 3 && shape[2] === channels ? ': for one image, array[None]' : '';
    throw new Error(`${path}: shape is [${shape.join(',')}]; expected [N,H,W,${channels}]${turned}${one}`);
  }
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape };
}

/** How pictures are prepared, given what the weights say and what was asked for. */
export interface Wishes {
  readonly imageSize: number | undefined;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
}

/**
 * `imageSize` becomes the crop, and the resize changes in proportion: resize·imageSize/crop, rounded. Where the weights
 * say nothing but mean and std are given, pictures are resized to `side`. Throws an Error where nothing tells mean and
 * deviation, or there is not one for each channel; and for networks that take no pictures.
 */
export function preprocessingOf(
  known: Preprocessing | null, side: number, channels: number,
  { imageSize, mean = known?.mean, std = known?.std }: Wishes,
): Preprocessing {
  if (channels !== 1 && channels !== 3) {
    throw new Error(`the network takes images of ${channels} channels, a picture has 1 or 3; give a .npy array ` +
      `[N,H,W,${channels}]`);
  }
  if (mean === undefined || std === undefined) {
    throw new Error('nothing in the file of weights says how images are prepared; give --mean and --std (of pixels ' +
      'from 0 to 1), or a .npy that is prepared');
  }
  const { resize, crop, interpolation } = known ?? { resize: side, crop: side, interpolation: 'bilinear' };
  const forChannels = (values: readonly number[], name: string): readonly number[] => {
    if (values.length === channels) return values;
    if (values.length === 1) return Array.from({ length: channels }, () => values[0]);
    throw new Error(`${name} has ${values.length} numbers, the network's images ${channels} channels: give --${name}`);
  };
  const size = imageSize ?? crop;
  return {
    resize: Math.round((resize * size) / crop),
    crop: size,
    interpolation,
    mean: forChannels(mean, 'mean'),
    std: forChannels(std, 'std'),
  };
}

/** In a line, for a person. */
export const describePreprocessing = ({ resize, crop, interpolation, mean, std }: Preprocessing): string =>
  `${interpolation}, shorter side to ${resize}, middle ${crop}×${crop}, mean ${mean.join(' ')}, std ${std.join(' ')}`;
