/** Modules one after the other. */
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** Feeds each module's output to the next. Children are named `0`, `1`, …, as in PyTorch. */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: readonly Module[]) {
    super();
    this.layers = layers;
  }

  override *namedChildren(): Generator<[string, Module]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
  }

  forward(x: Variable): Variable {
    return this.layers.reduce((value, layer) => layer.call(value), x);
  }
}
