/** The normal distribution without its tails. */
import { full, truncatedNormal as truncatedNormalOf } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';

export interface TruncatedNormalOptions {
  readonly mean?: number;
  /** Of the whole distribution; that of what is left is smaller. Default 1. */
  readonly std?: number;
  /** Values, not multiples of std. Default mean − 2·std. */
  readonly low?: number;
  /** Default mean + 2·std. */
  readonly high?: number;
}

/**
 * Normal, given that it lies in [low, high]. The default bounds are those of TensorFlow's `truncated_normal`, two
 * standard deviations either way; PyTorch's `trunc_normal_` has `{ low: -2, high: 2 }` whatever the std. (The operation
 * of the same name takes its bounds in standard deviations.) Throws a RangeError for a negative std and for bounds that
 * leave nothing.
 */
export function truncatedNormal(
  shape: Shape, { mean = 0, std = 1, low = mean - 2 * std, high = mean + 2 * std }: TruncatedNormalOptions = {},
): Tensor {
  if (std === 0) return full(shape, mean);
  return truncatedNormalOf(shape, runtime.random, { mean, std, low: (low - mean) / std, high: (high - mean) / std });
}
