/** Keeping gradients small, between `backward` and the optimizer's step. */
import { abs, clampInto, max, pow, scaleInto, scope, square, sum } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Parameter } from '../parameter.js';

export interface GradNormOptions {
  /** Which norm: (Σ|g|ᵖ)^(1/p), or the largest |g| with p = Infinity. Default 2. */
  readonly p?: number;
}

export interface ClipGradNormOptions extends GradNormOptions {
  /**
   * What happens if the norm is infinite or NaN. 'scale' scales by it as PyTorch does, which leaves zeros and NaN, and
   * returns it; 'throw' leaves the gradients as they are. Default 'scale'.
   */
  readonly nonFinite?: 'scale' | 'throw';
}

/**
 * The norm of all gradients as one vector; 0 where there is no gradient. Infinite if the powers of float32 gradients
 * are: with p = 2, of elements from 1.8e19. Source: PyTorch `torch.nn.utils.get_total_norm`.
 */
export function gradNorm(parameters: readonly Parameter[], { p = 2 }: GradNormOptions = {}): number {
  if (!(p > 0)) throw new RangeError(`gradNorm: p is above 0, or Infinity; got ${p}`);
  return scope(() => totalNorm(gradientsOf(parameters), p), 'gradNorm');
}

/**
 * Scales all gradients by min(1, maxNorm/(norm + 1e-6)), in place: what `clipGradNorm` does when their norm is known.
 * Source: PyTorch `torch.nn.utils.clip_grads_with_norm_`.
 */
export function clipGradWithNorm(parameters: readonly Parameter[], maxNorm: number, norm: number): void {
  if (!(maxNorm >= 0)) throw new RangeError(`clipGradWithNorm: maxNorm is >= 0; got ${maxNorm}`);
  const factor = Math.min(1, maxNorm / (norm + 1e-6));
  if (factor !== 1) for (const gradient of gradientsOf(parameters)) scaleInto(gradient, factor);
}

/**
 * Scales all gradients by min(1, maxNorm/(norm + 1e-6)), in place, where norm is that of all of them as one vector.
 * Returns the norm before, 0 where there is no gradient. Source: Pascanu et al. 2013; PyTorch
 * `torch.nn.utils.clip_grad_norm_`.
 */
export function clipGradNorm(
  parameters: readonly Parameter[], maxNorm: number, { p = 2, nonFinite = 'scale' }: ClipGradNormOptions = {},
): number {
  if (!(maxNorm >= 0)) throw new RangeError(`clipGradNorm: maxNorm is >= 0; got ${maxNorm}`);
  if (!(p > 0)) throw new RangeError(`clipGradNorm: p is above 0, or Infinity; got ${p}`);
  const norm = gradNorm(parameters, { p });
  if (nonFinite === 'throw' && !Number.isFinite(norm)) {
    throw new RangeError(`clipGradNorm: the gradients' norm is ${norm}; look for what made it, or skip this step`);
  }
  clipGradWithNorm(parameters, maxNorm, norm);
  return norm;
}

/** Every element of every gradient into [−limit, limit], in place. Source: PyTorch `clip_grad_value_`. */
export function clipGradValue(parameters: readonly Parameter[], limit: number): void {
  if (!(limit >= 0)) throw new RangeError(`clipGradValue: limit is >= 0; got ${limit}`);
  for (const gradient of gradientsOf(parameters)) clampInto(gradient, -limit, limit);
}

const gradientsOf = (parameters: readonly Parameter[]): Tensor[] =>
  parameters.flatMap(({ grad }) => (grad === null || grad.size === 0 ? [] : [grad]));

/** The sums of the tensors, each made in the tensors' element type, are added in float64. */
function totalNorm(gradients: readonly Tensor[], p: number): number {
  if (p === Infinity) return gradients.reduce((most, g) => Math.max(most, max(abs(g)).item()), 0);
  const power = (g: Tensor): Tensor => (p === 2 ? square(g) : p === 1 ? abs(g) : pow(abs(g), p));
  return gradients.reduce((total, g) => total + sum(power(g)).item(), 0) ** (1 / p);
}
