/**
 * The configuration that this library's own files carry, read back. A file comes from anywhere: every field is looked
 * at.
 */
import type { StageConfig } from '../config.js';
import type { EfficientNetConfig } from '../model.js';
import { MOST_BLOCKS, MOST_CHANNELS } from '../scaling.js';
import type { Preprocessing } from './preprocessing.js';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kinds of field: a whole number from 1 that is no hostile one, any finite number, or one of a few words. */
type Kind = 'count' | 'number' | 'text' | readonly string[];

const STAGE: Readonly<Record<keyof StageConfig, Kind>> = {
  block: ['mbconv', 'fused'], kernel: 'count', stride: 'count', expandRatio: 'count', channels: 'count',
  repeats: 'count', squeezeRatio: 'number',
};

const NETWORK: Readonly<Record<Exclude<keyof EfficientNetConfig, 'stages' | 'batchNormEps'>, Kind>> = {
  name: 'text', stemChannels: 'count', headChannels: 'count', activation: ['silu', 'relu6'], numClasses: 'count',
  inChannels: 'count', imageSize: 'count', dropout: 'number', dropPath: 'number', stemStride: 'count',
  convention: ['tensorflow', 'pytorch'], batchNormMomentum: 'number',
};

function fits(value: unknown, kind: Kind): boolean {
  if (kind === 'count') {
    return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_CHANNELS;
  }
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value);
  return kind === 'text' ? typeof value === 'string' : kind.some((word) => word === value);
}

const wrongFields = (value: Fields, kinds: Readonly<Record<string, Kind>>): string[] =>
  Object.entries(kinds).flatMap(([name, kind]) => (fits(value[name], kind) ? [] : [name]));

const isStage = (value: unknown): value is StageConfig => isObject(value) && wrongFields(value, STAGE).length === 0;

function isConfig(value: Fields): value is Fields & EfficientNetConfig {
  const { stages, batchNormEps } = value;
  return wrongFields(value, NETWORK).length === 0 &&
    Array.isArray(stages) && stages.length > 0 && stages.every(isStage) &&
    stages.reduce((sum, { repeats }) => sum + repeats, 0) <= MOST_BLOCKS &&
    (batchNormEps === undefined || fits(batchNormEps, 'number'));
}

/** Text `model` of a checkpoint's metadata, or null if it is something else than a configuration. */
export function parseConfig(text: string): EfficientNetConfig | null {
  const value = parse(text);
  return isObject(value) && isConfig(value) ? value : null;
}

/** Text `classes`: their names, if that is what it holds. */
export function parseClasses(text: string): readonly string[] | null {
  const value = parse(text);
  return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
}

/**
 * Text `training`, or another that has them: mean and deviation of the pixels it was trained with, if it holds them: a
 * number, or one a channel.
 */
export function parseColours(text: string): { mean: readonly number[]; std: readonly number[] } | null {
  const value = parse(text);
  if (!isObject(value)) return null;
  const [mean, std] = [numbers(value['mean']), numbers(value['std'])];
  return mean === null || std === null ? null : { mean, std };
}

const PICTURE: Readonly<Record<Exclude<keyof Preprocessing, 'mean' | 'std'>, Kind>> = {
  resize: 'count', crop: 'count', interpolation: ['bicubic', 'bilinear'],
};

const isPicture = (value: Fields): value is Fields & Omit<Preprocessing, 'mean' | 'std'> =>
  wrongFields(value, PICTURE).length === 0;

/** Text `preprocessing`: how images are to be prepared, if that is what it holds. */
export function parsePreprocessing(text: string): Preprocessing | null {
  const value = parse(text);
  const colours = parseColours(text);
  if (!isObject(value) || !isPicture(value) || colours === null) return null;
  const { resize, crop, interpolation } = value;
  return { resize, crop, interpolation, ...colours };
}

const isFinite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const numbers = (value: unknown): readonly number[] | null => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every(isFinite) ? list : null;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
