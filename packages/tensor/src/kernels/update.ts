/**
 * Updates in place, one pass over a parameter: what optimizers and running statistics do after every step.
 * All arrays have n elements; g is the gradient. Nothing may alias anything else. Cost: memory traffic only.
 */
import type { Floats } from './geometry.js';

/** target += source. */
export function addUpdate(n: number, target: Floats, source: Floats): void {
  for (let i = 0; i < n; i++) target[i] += source[i];
}

/** target += weight·(source − target): exponential moving averages. */
export function lerpUpdate(n: number, target: Floats, source: Floats, weight: number): void {
  for (let i = 0; i < n; i++) target[i] += weight * (source[i] - target[i]);
}

/** target ← factor·target. */
export function scaleUpdate(n: number, target: Floats, factor: number): void {
  for (let i = 0; i < n; i++) target[i] *= factor;
}

/** target ← low where it is below low, high where it is above; NaN stays. */
export function clampUpdate(n: number, target: Floats, low: number, high: number): void {
  for (let i = 0; i < n; i++) target[i] = Math.min(Math.max(target[i], low), high);
}

/**
 * Stochastic gradient descent with momentum and coupled weight decay.
 *   d = g + weightDecay·p;  v ← momentum·v + gain·d;  p ← p − lr·v
 *   with Nesterov's momentum:  p ← p − lr·(d + momentum·v)
 * gain is 1 − dampening, but 1 on the first step of a zero v: PyTorch starts with v = d.
 * Source: PyTorch `torch.optim.SGD`; Sutskever et al. 2013, "On the importance of initialization and momentum".
 */
export function sgdUpdate(
  n: number, p: Floats, g: Floats, v: Floats,
  lr: number, momentum: number, weightDecay: number, gain: number, nesterov: boolean,
): void {
  for (let i = 0; i < n; i++) {
    const d = g[i] + weightDecay * p[i];
    v[i] = momentum * v[i] + gain * d;
    p[i] -= lr * (nesterov ? d + momentum * v[i] : v[i]);
  }
}

/**
 * Adam: coupled weight decay is part of the gradient, decoupled decay (AdamW) shrinks the parameter beside it.
 *   coupled:    g ← g + weightDecay·p
 *   decoupled:  p ← p·(1 − lr·weightDecay)
 *   m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  p ← p − lr/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + eps)
 * With `largest` (AMSGrad), which begins at zero, largest ← max(largest, v) stands in the place of v in the last
 * formula. correction1 = 1 − β₁ᵗ and correction2 = 1 − β₂ᵗ come from the caller, who counts steps t from 1.
 * Source: Kingma & Ba 2015; Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization"; Reddi et al. 2018, "On
 * the Convergence of Adam and Beyond"; PyTorch `torch.optim.Adam` and `AdamW`.
 */
export function adamwUpdate(
  n: number, p: Floats, g: Floats, m: Floats, v: Floats, largest: Floats | null,
  lr: number, beta1: number, beta2: number, eps: number, weightDecay: number, coupled: boolean,
  correction1: number, correction2: number,
): void {
  const inGradient = coupled ? weightDecay : 0;
  const shrink = coupled ? 1 : 1 - lr * weightDecay;
  const step = lr / correction1;
  const scale = 1 / Math.sqrt(correction2);
  for (let i = 0; i < n; i++) {
    const gi = inGradient === 0 ? g[i] : g[i] + inGradient * p[i];
    m[i] = beta1 * m[i] + (1 - beta1) * gi;
    v[i] = beta2 * v[i] + (1 - beta2) * gi * gi;
    if (largest !== null) largest[i] = Math.max(largest[i], v[i]);
    const square = largest === null ? v[i] : largest[i];
    p[i] = p[i] * shrink - (step * m[i]) / (Math.sqrt(square) * scale + eps);
  }
}

/**
 * RMSProp: eps outside the root, the learning rate outside the momentum buffer.
 *   s ← αs + (1−α)g²;  b ← momentum·b + g/(√s + eps);  p ← p − lr·b,   where g includes weightDecay·p
 * Centred, with `mean`: a ← αa + (1−α)g, and √(s − a²) in the place of √s: the gradient's variance, which rounding can
 * make negative, and PyTorch's then is NaN; here it is 0 at least.
 * s, b and a begin at zero. Source: Hinton 2012, lecture 6e; Graves 2013 (centred); PyTorch `torch.optim.RMSprop`.
 */
export function rmspropUpdate(
  n: number, p: Floats, g: Floats, s: Floats, b: Floats, mean: Floats | null,
  lr: number, alpha: number, momentum: number, eps: number, weightDecay: number,
): void {
  for (let i = 0; i < n; i++) {
    const gi = g[i] + weightDecay * p[i];
    s[i] = alpha * s[i] + (1 - alpha) * gi * gi;
    let variance = s[i];
    if (mean !== null) {
      mean[i] = alpha * mean[i] + (1 - alpha) * gi;
      variance = Math.max(0, s[i] - mean[i] * mean[i]);
    }
    b[i] = momentum * b[i] + gi / (Math.sqrt(variance) + eps);
    p[i] -= lr * b[i];
  }
}

/**
 * RMSProp as the EfficientNet paper's code has it: eps inside the root, the learning rate inside the momentum buffer.
 *   s ← decay·s + (1−decay)·g²;  b ← momentum·b + lr·g/√(s + eps);  p ← p − b,   where g includes weightDecay·p
 * s starts at ones, not zeros. Source: TensorFlow `tf.train.RMSPropOptimizer`, as used in tpu `main.py`.
 */
export function rmspropTFUpdate(
  n: number, p: Floats, g: Floats, s: Floats, b: Floats,
  lr: number, decay: number, momentum: number, eps: number, weightDecay: number,
): void {
  for (let i = 0; i < n; i++) {
    const gi = g[i] + weightDecay * p[i];
    s[i] = decay * s[i] + (1 - decay) * gi * gi;
    b[i] = momentum * b[i] + (lr * gi) / Math.sqrt(s[i] + eps);
    p[i] -= b[i];
  }
}
