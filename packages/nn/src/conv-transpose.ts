/** Transposed convolution as a layer. */
import type { ConvTranspose2dOptions } from '@vitrine/tensor';
import { add, convTranspose2d } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
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
    for (const [name, n] of Object.entries({ inChannels, outChannels, groups })) {
      if (!Number.isInteger(n) || n < 1) throw new RangeError(`ConvTranspose2d: ${name} is a whole number >= 1; got ${n}`);
    }
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `ConvTranspose2d: ${inChannels} input and ${outChannels} output channels do not both divide into ${groups} groups`,
      );
    }
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
    const { stride, padding, outputPadding, dilation, groups } = this.options;
    const parts = [`${this.inChannels}, ${this.outChannels}, kernel=${this.kernel.join('x')}, stride=${String(stride)}`];
    if (padding !== 0) parts.push(`padding=${typeof padding === 'object' ? JSON.stringify(padding) : padding}`);
    if (outputPadding !== 0) parts.push(`outputPadding=${String(outputPadding)}`);
    if (dilation !== 1) parts.push(`dilation=${String(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}
