/** Modules without state that change a shape, or nothing: for `Sequential`, and for a place that must hold a module. */
import { flatten } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** The axes from `startAxis` to `endAxis` as one; by default all but the batch's: `[N,H,W,C]` → `[N,H·W·C]`. */
export class Flatten extends Module {
  readonly startAxis: number;
  readonly endAxis: number;

  constructor({ startAxis = 1, endAxis = -1 } = {}) {
    super();
    this.startAxis = startAxis;
    this.endAxis = endAxis;
  }

  forward(x: Variable): Variable {
    return flatten(x, this.startAxis, this.endAxis);
  }

  override describe(): string {
    return `startAxis=${this.startAxis}, endAxis=${this.endAxis}`;
  }
}

/** x itself. */
export class Identity extends Module {
  forward(x: Variable): Variable {
    return x;
  }
}
