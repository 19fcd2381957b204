/** What convolutions and transposed convolutions have in common as layers: which channels fit, and how they print. */
import type { ConvTranspose2dOptions } from '@vitrine/tensor';
import type { Parameter } from './parameter.js';

/** Throws unless all are whole numbers >= 1 and both numbers of channels divide into the groups. */
export function checkChannels(layer: string, inChannels: number, outChannels: number, groups: number): void {
  for (const [name, n] of Object.entries({ inChannels, outChannels, groups })) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`${layer}: ${name} is a whole number >= 1; got ${n}`);
  }
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new RangeError(
      `${layer}: ${inChannels} input and ${outChannels} output channels do not both divide into ${groups} groups`,
    );
  }
}

interface ConvLayer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
  readonly bias: Parameter | null;
  readonly options: ConvTranspose2dOptions;
}

/** `3, 32, kernel=3x3, stride=2, bias=false`: what differs from the defaults, and the stride. */
export function describeConv({ inChannels, outChannels, kernel, bias, options }: ConvLayer): string {
  const { stride, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  const parts = [`${inChannels}, ${outChannels}, kernel=${kernel.join('x')}, stride=${String(stride)}`];
  if (padding !== 0) parts.push(`padding=${typeof padding === 'object' ? JSON.stringify(padding) : padding}`);
  if (outputPadding !== 0) parts.push(`outputPadding=${String(outputPadding)}`);
  if (dilation !== 1) parts.push(`dilation=${String(dilation)}`);
  if (groups !== 1) parts.push(`groups=${groups}`);
  if (bias === null) parts.push('bias=false');
  return parts.join(', ');
}
