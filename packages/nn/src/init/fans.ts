/** How many values a weight's unit reads, and how many read it. */
import { formatShape } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';

export interface FanOptions {
  /** Of a grouped convolution: each output channel is one group's, so fewer outputs read an input. Default 1. */
  readonly groups?: number | undefined;
}

export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

export type FanMode = 'fanIn' | 'fanOut' | 'fanAverage';

/**
 * Of a weight `[in, out]` or `[kH, kW, in/groups, out]`, or with any other number of window axes in front:
 * fanIn = kH·kW·in/groups, fanOut = kH·kW·out/groups. PyTorch leaves the groups out of fanOut, which makes it wrong for
 * depthwise convolutions (pytorch#23854); with `groups` left out, so is this. Throws for fewer than two axes.
 */
export function fans(shape: Shape, { groups = 1, name = 'fans' }: FanOptions & { readonly name?: string } = {}): Fans {
  const given = formatShape(shape);
  if (shape.length < 2) {
    throw new RangeError(`${name}: a weight is [in,out] or [kH,kW,in/groups,out]; got ${given}, which has no fans`);
  }
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(`${name}: groups is a whole number >= 1; got ${groups}`);
  }
  const [perGroup, out] = shape.slice(-2);
  const window = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  if (out % groups !== 0) {
    throw new RangeError(`${name}: ${out} outputs do not divide into ${groups} groups; weight ${given}`);
  }
  return { fanIn: window * perGroup, fanOut: (window * out) / groups };
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * What a nonlinearity takes off the standard deviation has to be put back by the weights before it: relu halves the
 * variance, so its gain is √2. Source: PyTorch `calculate_gain`, defaults included; leakyRelu is √(2/(1 + slope²)).
 */
export function gainOf(nonlinearity: Nonlinearity, { slope = 0.01 } = {}): number {
  switch (nonlinearity) {
    case 'linear': case 'sigmoid': return 1;
    case 'tanh': return 5 / 3;
    case 'relu': return Math.SQRT2;
    case 'leakyRelu': return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu': return 3 / 4;
  }
}
