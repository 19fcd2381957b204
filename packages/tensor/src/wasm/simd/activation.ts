/** Activations on the way to memory: what follows the bias in a fused product or depthwise convolution. */
import type { Activation } from '../../kernels/fused.js';
import type { Body, Expr, Lanes, Local, Type } from '../asm.js';
import { clamp, sigmoid, silu } from '../math.js';

export function activate<F extends Type, I extends Type>(
  $: Body, v: Lanes<F, I>, activation: Activation, x: Local<F>,
): Expr<F> {
  switch (activation) {
    case 'none': return x;
    case 'silu': return silu($, v, x);
    case 'relu': return v.max(x, v.const(0));
    case 'relu6': return clamp($, v, x, 0, 6);
    case 'sigmoid': return sigmoid($, v, x);
  }
}
