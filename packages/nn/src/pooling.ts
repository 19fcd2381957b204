/** Pooling as modules, for `Sequential`. In a `forward` of one's own, call the functions. */
import type { AveragePoolOptions, MaxPoolOptions } from '@vitrine/tensor';
import {
  adaptiveAveragePool2d, adaptiveMaxPool2d, averagePool2d, globalAveragePool, maxPool2d,
} from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** Mean of every window. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export class AveragePool2d extends Module {
  constructor(readonly options: AveragePoolOptions) {
    super();
  }

  forward(x: Variable): Variable {
    return averagePool2d(x, this.options);
  }

  override describe(): string {
    return `kernel=${String(this.options.kernel)}`;
  }
}

/** Mean of every channel over the whole image. `[N,H,W,C]` → `[N,C]`. */
export class GlobalAveragePool extends Module {
  forward(x: Variable): Variable {
    return globalAveragePool(x);
  }
}

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

/** outH × outW cells that cover the image, whatever its size. `[N,H,W,C]` → `[N,outH,outW,C]`. */
abstract class AdaptivePool extends Module {
  readonly size: readonly [number, number];

  constructor(size: number | readonly [number, number]) {
    super();
    this.size = typeof size === 'number' ? [size, size] : size;
  }

  override describe(): string {
    return this.size.join('x');
  }
}

/** Mean of each cell. */
export class AdaptiveAveragePool2d extends AdaptivePool {
  forward(x: Variable): Variable {
    return adaptiveAveragePool2d(x, this.size);
  }
}

/** Largest value of each cell. */
export class AdaptiveMaxPool2d extends AdaptivePool {
  forward(x: Variable): Variable {
    return adaptiveMaxPool2d(x, this.size);
  }
}
