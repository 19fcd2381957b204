/** Pooling as modules, for `Sequential`. In a `forward` of one's own, call the functions. */
import type { AveragePoolOptions } from '@vitrine/tensor';
import { averagePool2d, globalAveragePool } from '@vitrine/autograd';
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
