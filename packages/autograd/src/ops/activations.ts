/** Activations with and without constants. */
import type { ClampOptions, GeluOptions, SoftplusOptions } from '@vitrine/tensor';
import { apply, pair, variable } from '../apply.js';
import type { Input } from '../apply.js';
import type { Variable } from '../variable.js';

/** x from 0 up to 6. The gradient at 0 and at 6 is 0. */
export const relu6 = (x: Input): Variable => apply('relu6', variable('relu6', x));
/** x/6 + ½ from 0 up to 1. The gradient at ±3 is 0. */
export const hardsigmoid = (x: Input): Variable => apply('hardsigmoid', variable('hardsigmoid', x));
/** x·hardsigmoid(x). The gradient at −3 is −½, at 3 it is 1. */
export const hardswish = (x: Input): Variable => apply('hardswish', variable('hardswish', x));
export const relu6Grad = (g: Input, y: Input): Variable => apply('relu6Grad', ...pair('relu6Grad', g, y));
export const hardsigmoidGrad = (g: Input, x: Input): Variable =>
  apply('hardsigmoidGrad', ...pair('hardsigmoidGrad', g, x));
export const hardswishGrad = (g: Input, x: Input): Variable => apply('hardswishGrad', ...pair('hardswishGrad', g, x));

/** x·Φ(x), Φ the distribution function of the standard normal, exact or approximated by tanh. */
export const gelu = (x: Input, options: GeluOptions = {}): Variable => apply('gelu', variable('gelu', x), options);
export const geluGrad = (g: Input, x: Input, options: GeluOptions = {}): Variable =>
  apply('geluGrad', ...pair('geluGrad', g, x), options);

/** x between min and max, the nearer bound outside. The gradient passes at the bounds. */
export const clamp = (x: Input, options: ClampOptions): Variable => apply('clamp', variable('clamp', x), options);
export const clampGrad = (g: Input, x: Input, options: ClampOptions): Variable =>
  apply('clampGrad', ...pair('clampGrad', g, x), options);

/** x for x > 0, else slope·x. The gradient at 0 is slope. */
export const leakyRelu = (x: Input, slope = 0.01): Variable => apply('leakyRelu', variable('leakyRelu', x), slope);
export const leakyReluGrad = (g: Input, x: Input, slope = 0.01): Variable =>
  apply('leakyReluGrad', ...pair('leakyReluGrad', g, x), slope);

/** x for x > 0, else alpha·(eˣ − 1). The gradient at 0 is alpha. */
export const elu = (x: Input, alpha = 1): Variable => apply('elu', variable('elu', x), alpha);
export const eluGrad = (g: Input, x: Input, alpha = 1): Variable => apply('eluGrad', ...pair('eluGrad', g, x), alpha);

/** log(1 + e^(beta·x))/beta, or x where beta·x > threshold. */
export const softplus = (x: Input, options: SoftplusOptions = {}): Variable =>
  apply('softplus', variable('softplus', x), options);
export const softplusGrad = (g: Input, x: Input, options: SoftplusOptions = {}): Variable =>
  apply('softplusGrad', ...pair('softplusGrad', g, x), options);
