/** Convolution as a layer. */
import type { Padding } from '@vitrine/tensor';
import { add, conv2d } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { fanInUniform } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

export interface Conv2dLayerOptions {
  readonly stride?: number | readonly [number, number];
  /** Pixels, or 'same' as TensorFlow reckons it, or 'valid'. Default 0. */
  readonly padding?: number | readonly [number, number] | Padding | 'same' | 'valid';
  /** Pixels from one tap of the kernel to the next. Default 1. */
  readonly dilation?: number | readonly [number, number];
  readonly groups?: number;
  readonly bias?: boolean;
}

/**
 * out = conv2d(x, weight) + bias, images `[N,H,W,C]`.
 * weight `[kH,kW,inChannels/groups,outChannels]`, bias `[outChannels]`, both from U(±1/√(kH·kW·inChannels/groups)).
 */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly kernel: readonly [number, number];
  readonly options: Readonly<Required<Omit<Conv2dLayerOptions, 'bias'>>>;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: number | readonly [number, number],
    { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true }: Conv2dLayerOptions = {},
  ) {
    super();
    for (const [name, n] of Object.entries({ inChannels, outChannels, groups })) {
      if (!Number.isInteger(n) || n < 1) throw new RangeError(`Conv2d: ${name} is a whole number >= 1; got ${n}`);
    }
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(`Conv2d: ${inChannels} input and ${outChannels} output channels do not both divide into ${groups} groups`);
    }
    this.kernel = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    this.options = { stride, padding, dilation, groups };
    const [kH, kW] = this.kernel;
    const fanIn = kH * kW * (inChannels / groups);
    this.weight = new Parameter(fanInUniform([kH, kW, inChannels / groups, outChannels], fanIn));
    this.bias = bias ? new Parameter(fanInUniform([outChannels], fanIn)) : null;
  }

  forward(x: Variable): Variable {
    const out = conv2d(x, this.weight, this.options);
    return this.bias === null ? out : add(out, this.bias);
  }

  override describe(): string {
    const { stride, padding, dilation, groups } = this.options;
    const parts = [`${this.inChannels}, ${this.outChannels}, kernel=${this.kernel.join('x')}, stride=${String(stride)}`];
    if (padding !== 0) parts.push(`padding=${typeof padding === 'object' ? JSON.stringify(padding) : padding}`);
    if (dilation !== 1) parts.push(`dilation=${String(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}
