/** The fully connected layer. */
import { add, matmul } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { fanInUniform } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** out = x·weight + bias. x `[…,in]`, weight `[in,out]`, bias `[out]`, both from U(±1/√in). */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(readonly inFeatures: number, readonly outFeatures: number, { bias = true } = {}) {
    super();
    for (const [name, n] of Object.entries({ inFeatures, outFeatures })) {
      if (!Number.isInteger(n) || n < 1) throw new RangeError(`Linear: ${name} is a whole number >= 1; got ${n}`);
    }
    this.weight = new Parameter(fanInUniform([inFeatures, outFeatures], inFeatures));
    this.bias = bias ? new Parameter(fanInUniform([outFeatures], inFeatures)) : null;
  }

  forward(x: Variable): Variable {
    const out = matmul(x, this.weight);
    return this.bias === null ? out : add(out, this.bias);
  }

  override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias === null ? ', bias=false' : ''}`;
  }
}
