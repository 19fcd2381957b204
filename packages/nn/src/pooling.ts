/**
 * Pooling over windows and cells as modules, for `Sequential`. (Plain and global means stand in
 * functional-modules.ts.)
 */
import type { MaxPoolOptions } from '@vitrine/tensor';
import { adaptiveAveragePool2d, adaptiveMaxPool2d, maxPool2d } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** Largest value of every window. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export class MaxPool2d extends Module {
  constructor(readonly options: MaxPoolOptions) {
    super();
  }

  forward(x: Variable): Variable {
    return maxPool2d(x, this.options);
  }

  override describe(): string {
    const show = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
    const given = Object.entries(this.options).filter(([, value]) => value !== undefined);
    return given.map(([name, value]) => `${name}=${show(value)}`).join(', ');
  }
}

/** Mean of each of outH × outW cells that cover the image, whatever its size. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export class AdaptiveAveragePool2d extends Module {
  readonly size: readonly [number, number];

  constructor(size: number | readonly [number, number]) {
    super();
    this.size = typeof size === 'number' ? [size, size] : size;
  }

  forward(x: Variable): Variable {
    return adaptiveAveragePool2d(x, this.size);
  }

  override describe(): string {
    return this.size.join('x');
  }
}

/**
 * Largest value of each of outH × outW cells that cover the image, whatever its size. `[N,H,W,C]` →
 * `[N,outH,outW,C]`.
 */
export class AdaptiveMaxPool2d extends Module {
  readonly size: readonly [number, number];

  constructor(size: number | readonly [number, number]) {
    super();
    this.size = typeof size === 'number' ? [size, size] : size;
  }

  forward(x: Variable): Variable {
    return adaptiveMaxPool2d(x, this.size);
  }

  override describe(): string {
    return this.size.join('x');
  }
}
