/** A table of vectors, looked up by number. */
import { concat, equal, reshape as reshapeTensor, slice, sub, toDType, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { add, indexSelect, mul, reshape } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { normal } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

export interface EmbeddingOptions {
  /** Stands for "nothing here": its row starts as zeros and gets no gradient. */
  readonly paddingIndex?: number | null;
}

/**
 * out[…, :] = weight[x[…], :]. x holds whole numbers from 0 to count − 1, in any shape `[…]`, and takes no gradient;
 * out `[…,dim]`; weight `[count,dim]` from N(0, 1). Throws, naming the first index that is no row. PyTorch's
 * `nn.Embedding`.
 */
export class Embedding extends Module {
  readonly weight: Parameter;
  readonly paddingIndex: number | null;

  constructor(readonly count: number, readonly dim: number, { paddingIndex = null }: EmbeddingOptions = {}) {
    super();
    for (const [name, n] of Object.entries({ count, dim })) {
      if (!Number.isInteger(n) || n < 1) throw new RangeError(`Embedding: ${name} is a whole number >= 1; got ${n}`);
    }
    if (paddingIndex !== null && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < count)) {
      throw new RangeError(`Embedding: paddingIndex is one of the ${count} rows 0..${count - 1}; got ${paddingIndex}`);
    }
    this.paddingIndex = paddingIndex;
    const rows = normal([count, dim], 1);
    this.weight = new Parameter(paddingIndex === null ? rows : withoutRow(rows, paddingIndex));
  }

  forward(x: Variable): Variable {
    const indices = reshapeTensor(x.value, [x.value.size]);
    const rows = indexSelect(this.weight, 0, indices);
    const padded = this.paddingIndex !== null && rows.requiresGrad;
    return reshape(padded ? this.#withoutGradient(rows, indices, this.paddingIndex) : rows, [...x.shape, this.dim]);
  }

  override describe(): string {
    return `${this.count}, ${this.dim}${this.paddingIndex === null ? '' : `, paddingIndex=${this.paddingIndex}`}`;
  }

  /** The same rows; those of the padding, whatever it was loaded with, are constants. */
  #withoutGradient(rows: Variable, indices: Tensor, paddingIndex: number): Variable {
    const padding = reshapeTensor(toDType(equal(indices, paddingIndex), rows.value.dtype), [indices.size, 1]);
    return add(mul(rows, sub(1, padding)), mul(rows.detach(), padding));
  }
}

/** The matrix with zeros for one of its rows. */
const withoutRow = (rows: Tensor, index: number): Tensor =>
  concat([slice(rows, 0, 0, index), zeros([1, rows.shape[1]]), slice(rows, 0, index + 1)]);
