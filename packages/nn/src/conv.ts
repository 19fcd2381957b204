/** Convolution as a layer. */
import type { Padding } from '@vitrine/tensor';
import { add, conv2d } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { checkChannels, describeConv } from './conv-layer.js';
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
    checkChannels('Conv2d', inChannels, outChannels, groups);
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
    return describeConv(this);
  }
}
