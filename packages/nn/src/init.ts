/**
 * First values of parameters. All draw from the default random stream (`manualSeed`), make float32 tensors of the shape
 * given, and count fans by Vitrine's layouts (see init/fans.ts).
 *
 * The EfficientNet paper's own, in these words: N(0, √(2/fanOut)) for convolutions and U(±1/√fanOut) for the
 * classifier,
 *
 *     kaimingNormal(shape, { mode: 'fanOut', nonlinearity: 'relu', groups })
 *     varianceScaling(shape, { scale: 1 / 3, mode: 'fanOut', distribution: 'uniform' })
 */
import { full, ones, rand, randn, zeros } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { fans, gainOf } from './init/fans.js';
import type { FanMode, FanOptions, Nonlinearity } from './init/fans.js';
import { truncatedNormal } from './init/truncated.js';

export { ones, zeros };
export { fans, gainOf } from './init/fans.js';
export type { FanMode, FanOptions, Fans, Nonlinearity } from './init/fans.js';
export { orthogonal } from './init/orthogonal.js';
export { truncatedNormal } from './init/truncated.js';
export type { TruncatedNormalOptions } from './init/truncated.js';

/** Every element is `value`. */
export const constant = (shape: Shape, value: number): Tensor => full(shape, value);

/** Uniform in ±bound, or in [low, high). */
export function uniform(shape: Shape, bound: number | readonly [low: number, high: number]): Tensor {
  const [low, high] = typeof bound === 'number' ? [-bound, bound] : bound;
  if (!(low <= high)) throw new RangeError(`uniform: low is at most high, and a bound >= 0; got ${low} and ${high}`);
  return rand(shape, runtime.random, { low, high });
}

/** Normal around `mean`, which is 0 by default. */
export function normal(shape: Shape, std: number, { mean = 0 } = {}): Tensor {
  if (!(std >= 0)) throw new RangeError(`normal: std is >= 0; got ${std}`);
  return randn(shape, runtime.random, { mean, std });
}

/** U(±1/√fanIn): what PyTorch gives convolutions and linear layers (its kaiming_uniform with a = √5). */
export const fanInUniform = (shape: Shape, fanIn: number): Tensor => uniform(shape, 1 / Math.sqrt(fanIn));

export interface XavierOptions extends FanOptions {
  /** Multiplies the standard deviation; `gainOf` knows those of nonlinearities. Default 1. */
  readonly gain?: number;
}

/** U(±gain·√(6/(fanIn + fanOut))). Source: Glorot & Bengio 2010; PyTorch `xavier_uniform_`. */
export const xavierUniform = (shape: Shape, options: XavierOptions = {}): Tensor =>
  uniform(shape, Math.sqrt(3) * xavierStd('xavierUniform', shape, options));

/** N(0, gain·√(2/(fanIn + fanOut))). Source: Glorot & Bengio 2010; PyTorch `xavier_normal_`. */
export const xavierNormal = (shape: Shape, options: XavierOptions = {}): Tensor =>
  normal(shape, xavierStd('xavierNormal', shape, options));

function xavierStd(name: string, shape: Shape, { gain = 1, groups }: XavierOptions): number {
  const { fanIn, fanOut } = fans(shape, { groups, name });
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

export interface KaimingOptions extends FanOptions {
  /** fanIn keeps the variance of activations, fanOut that of gradients. Default 'fanIn'. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** What follows. Default 'leakyRelu', which with slope 0 is relu. */
  readonly nonlinearity?: Nonlinearity;
  /** Of leakyRelu below 0. Default 0. */
  readonly slope?: number;
}

/** U(±gain·√(3/fan)). Source: He et al. 2015; PyTorch `kaiming_uniform_`. */
export const kaimingUniform = (shape: Shape, options: KaimingOptions = {}): Tensor =>
  uniform(shape, Math.sqrt(3) * kaimingStd('kaimingUniform', shape, options));

/** N(0, gain/√fan). Source: He et al. 2015; PyTorch `kaiming_normal_`. */
export const kaimingNormal = (shape: Shape, options: KaimingOptions = {}): Tensor =>
  normal(shape, kaimingStd('kaimingNormal', shape, options));

function kaimingStd(
  name: string, shape: Shape, { mode = 'fanIn', nonlinearity = 'leakyRelu', slope = 0, groups }: KaimingOptions,
): number {
  return gainOf(nonlinearity, { slope }) / Math.sqrt(fans(shape, { groups, name })[mode]);
}

export interface VarianceScalingOptions extends FanOptions {
  /** The variance is scale/fan. Default 1. */
  readonly scale?: number;
  readonly mode?: FanMode;
  /** Default 'truncatedNormal'. */
  readonly distribution?: 'truncatedNormal' | 'normal' | 'uniform';
}

/**
 * Variance scale/fan, from a normal distribution cut off at two standard deviations, a whole one, or a uniform one.
 * Source: TensorFlow `VarianceScaling`; the cut takes variance away, which is put back, and a fan of 0 counts as 1.
 */
export function varianceScaling(
  shape: Shape, { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', groups }: VarianceScalingOptions = {},
): Tensor {
  if (!(scale > 0)) throw new RangeError(`varianceScaling: scale is above 0; got ${scale}`);
  const { fanIn, fanOut } = fans(shape, { groups, name: 'varianceScaling' });
  const fan = { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }[mode];
  const std = Math.sqrt(scale / Math.max(1, fan));
  switch (distribution) {
    case 'truncatedNormal': return truncatedNormal(shape, { std: std / TRUNCATED_STD });
    case 'normal': return normal(shape, std);
    case 'uniform': return uniform(shape, Math.sqrt(3) * std);
  }
}

/** The standard deviation of a standard normal distribution cut off at ±2: √(1 − 4φ(2)/(2Φ(2) − 1)). */
const TRUNCATED_STD = 0.87962566103423978;
