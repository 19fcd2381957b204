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

/**
 * Stochastic gradient descent with momentum and coupled weight decay.
 *   v ← momentum·v + (g + weightDecay·p);  p ← p − lr·v
 * Source: PyTorch `torch.optim.SGD` (dampening 0; the first step of a zero v equals PyTorch's v = g).
 */
export function sgdUpdate(n: number, p: Floats, g: Floats, v: Floats, lr: number, momentum: number, weightDecay: number): void {
  for (let i = 0; i < n; i++) {
    v[i] = momentum * v[i] + (g[i] + weightDecay * p[i]);
    p[i] -= lr * v[i];
  }
}

/**
 * Adam with decoupled weight decay.
 *   p ← p·(1 − lr·weightDecay);  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²
 *   p ← p − lr/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + eps)
 * correction1 = 1 − β₁ᵗ and correction2 = 1 − β₂ᵗ come from the caller, who counts steps t from 1.
 * Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization"; PyTorch `torch.optim.AdamW`.
 */
export function adamwUpdate(
  n: number, p: Floats, g: Floats, m: Floats, v: Floats,
  lr: number, beta1: number, beta2: number, eps: number, weightDecay: number, correction1: number, correction2: number,
): void {
  const shrink = 1 - lr * weightDecay;
  const step = lr / correction1;
  const scale = 1 / Math.sqrt(correction2);
  for (let i = 0; i < n; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    p[i] = p[i] * shrink - (step * m[i]) / (Math.sqrt(v[i]) * scale + eps);
  }
}

/**
 * RMSProp as the EfficientNet paper's code has it: eps inside the root, the learning rate inside the momentum buffer.
 *   s ← decay·s + (1−decay)·g²;  b ← momentum·b + lr·g/√(s + eps);  p ← p − b,   where g includes weightDecay·p
 * s starts at ones, not zeros. Source: TensorFlow `tf.train.RMSPropOptimizer`, as used in tpu `main.py`.
 */
export function rmspropUpdate(
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
