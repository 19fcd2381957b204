/** First values of parameters. All draw from the default random stream (`manualSeed`). */
import { rand, randn, zeros, ones } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';

/** Uniform in ±bound. */
export const uniform = (shape: Shape, bound: number): Tensor => rand(shape, runtime.random, { low: -bound, high: bound });

/** Normal around 0. */
export const normal = (shape: Shape, std: number): Tensor => randn(shape, runtime.random, { std });

export { ones, zeros };

/** U(±1/√fanIn): what PyTorch gives convolutions and linear layers (its kaiming_uniform with a = √5). */
export const fanInUniform = (shape: Shape, fanIn: number): Tensor => uniform(shape, 1 / Math.sqrt(fanIn));
