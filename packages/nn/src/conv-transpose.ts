/** Transposed convolution as a layer. */
import type { ConvTranspose2dOptions } from '@vitrine/tensor';
import { add, convTranspose2d } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { checkChannels, describeConv } from './conv-layer.js';
import { fanInUniform } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions {
  readonly bias?: boolean | undefined;
}

/**
 * out = convTranspose2d(x, weight) + bias, images `[N,H,W,C]`.
 * weight `[kH,kW,outChannels/groups,inChannels]` (PyTorch's, permuted by [2,3,1,0]), bias `[outChannels]`, both from
 * U(±1/√(kH·kW·outChannels/groups)): what PyTorch takes for the fan-in of its weight, whose second axis is the output.
 */
export class ConvTranspose2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly kernel: readonly [number, number];
  readonly options: { readonly [K in keyof ConvTranspose2dOptions]-?: NonNullable<ConvTranspose2dOptions[K]> };

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: number | readonly [number, number],
    options: ConvTranspose2dLayerOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkChannels('ConvTranspose2d', inChannels, outChannels, groups);
    this.kernel = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    this.options = { stride, padding, outputPadding, dilation, groups };
    const [kH, kW] = this.kernel;
    const fanIn = kH * kW * (outChannels / groups);
    this.weight = new Parameter(fanInUniform([kH, kW, outChannels / groups, inChannels], fanIn));
    this.bias = bias ? new Parameter(fanInUniform([outChannels], fanIn)) : null;
  }

  forward(x: Variable): Variable {
    const out = convTranspose2d(x, this.weight, this.options);
    return this.bias === null ? out : add(out, this.bias);
  }

  override describe(): string {
    return describeConv(this);
  }
}
