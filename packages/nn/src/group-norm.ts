/**
 * Normalisation within one sample: the same in training and in evaluation, at any batch size, with nothing to
 * remember.
 */
import { ones, zeros } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { groupNorm, layerNorm } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

export interface SampleNormOptions {
  /** Added to the variance inside the root. Default 1e-5. */
  readonly eps?: number;
  /** Whether there are a weight, of ones at first, and a bias, of zeros. Default true. */
  readonly affine?: boolean;
}

/**
 * (x − mean)/√(variance + eps)·weight + bias over the last axes, whose lengths are `shape`: one number for the last
 * axis alone. weight and bias have that shape. Source: Ba, Kiros & Hinton 2016.
 */
export class LayerNorm extends Module {
  readonly shape: Shape;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(shape: number | Shape, { eps = 1e-5, affine = true }: SampleNormOptions = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    if (this.shape.length === 0 || !this.shape.every((n) => Number.isInteger(n) && n >= 1)) {
      throw new RangeError(
        `LayerNorm: the lengths of the last axes are whole numbers >= 1; ` +
          `got ${JSON.stringify(shape)}`,
      );
    }
    this.weight = affine ? new Parameter(ones(this.shape)) : null;
    this.bias = affine ? new Parameter(zeros(this.shape)) : null;
    this.eps = eps;
  }

  forward(x: Variable): Variable {
    return layerNorm(x, this.shape, { gamma: this.weight ?? undefined, beta: this.bias ?? undefined, eps: this.eps });
  }

  override describe(): string {
    return `${this.shape.join('x')}, eps=${this.eps}${this.weight === null ? ', affine=false' : ''}`;
  }
}

/**
 * (x − mean)/√(variance + eps)·weight + bias over a sample's pixels and channels/groups neighbouring channels together.
 * x `[N,…,C]`, weight and bias `[C]`. As many groups as channels make it instance normalisation. Source: Wu & He 2018.
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(
    readonly groups: number, readonly channels: number, { eps = 1e-5, affine = true }: SampleNormOptions = {},
  ) {
    super();
    for (const [name, n] of Object.entries({ groups, channels })) {
      if (!Number.isInteger(n) || n < 1) throw new RangeError(`GroupNorm: ${name} is a whole number >= 1; got ${n}`);
    }
    if (channels % groups !== 0) {
      throw new RangeError(`GroupNorm: ${channels} channels do not divide into ${groups} groups`);
    }
    this.weight = affine ? new Parameter(ones([channels])) : null;
    this.bias = affine ? new Parameter(zeros([channels])) : null;
    this.eps = eps;
  }

  forward(x: Variable): Variable {
    return groupNorm(x, this.groups, { gamma: this.weight ?? undefined, beta: this.bias ?? undefined, eps: this.eps });
  }

  override describe(): string {
    return `${this.groups}, ${this.channels}, eps=${this.eps}${this.weight === null ? ', affine=false' : ''}`;
  }
}
