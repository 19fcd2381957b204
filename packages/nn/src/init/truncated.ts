/** The normal distribution without its tails. */
import { fromArray, sizeOf, zeros } from '@vitrine/tensor';
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
 * Normal, what falls outside [low, high] drawn again. The default bounds are those of TensorFlow's `truncated_normal`,
 * two standard deviations either way; PyTorch's `trunc_normal_` has `{ low: -2, high: 2 }` whatever the std.
 * Throws unless the bounds have the mean between them, a tenth of std apart at least: else few draws would be inside.
 */
export function truncatedNormal(
  shape: Shape, { mean = 0, std = 1, low = mean - 2 * std, high = mean + 2 * std }: TruncatedNormalOptions = {},
): Tensor {
  if (!(std >= 0)) throw new RangeError(`truncatedNormal: std is >= 0; got ${std}`);
  if (!(low <= mean && mean <= high && high - low >= std / 10)) {
    const got = `${low}, ${mean}, ${high} with std ${std}`;
    throw new RangeError(`truncatedNormal: low <= mean <= high, and high − low >= std/10; got ${got}`);
  }
  const out = zeros(shape);
  if (out.isMeta) return out;
  const draw = (): number => {
    for (;;) {
      const value = Math.fround(mean + std * runtime.random.normal());
      if (value >= low && value <= high) return value;
    }
  };
  return fromArray(Float32Array.from({ length: sizeOf(shape) }, draw), shape);
}
