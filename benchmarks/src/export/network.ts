/**
 * A trained network as a list of layers that any framework can run: batch norm folded, channels last, weights as plain
 * arrays. Values have names; every layer reads some and makes one.
 */
import { convGeometry } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { foldBatchNorm, plainConv } from '@vitrine/nn';
import type { Conv2d, FoldedConv } from '@vitrine/nn';
import { FusedMBConv } from '@vitrine/efficientnet';
import type { EfficientNet, MBConv } from '@vitrine/efficientnet';

export type Activation = 'none' | 'silu' | 'sigmoid';

export interface ConvLayer {
  readonly op: 'conv';
  readonly input: string;
  readonly output: string;
  /** `[kH,kW,C/groups,O]`. */
  readonly weight: Float32Array;
  readonly weightShape: readonly number[];
  readonly bias: Float32Array;
  readonly stride: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly groups: number;
  readonly activation: Activation;
}

export type Layer =
  | ConvLayer
  /** The mean over an image's pixels, which stay as axes of length 1. */
  | { readonly op: 'mean'; readonly input: string; readonly output: string }
  /** input · scale, one scale a channel. */
  | { readonly op: 'scale'; readonly input: string; readonly scale: string; readonly output: string }
  | { readonly op: 'add'; readonly input: string; readonly other: string; readonly output: string }
  /** From `[N,1,1,K]` to `[N,O]`; weight `[K,O]`. */
  | {
      readonly op: 'linear';
      readonly input: string;
      readonly output: string;
      readonly weight: Float32Array;
      readonly weightShape: readonly number[];
      readonly bias: Float32Array;
    };

export interface Network {
  readonly input: string;
  readonly output: string;
  readonly classes: number;
  readonly layers: readonly Layer[];
}

/** Follows the network's structure block by block, as its `forward` does. */
export function networkOf(model: EfficientNet): Network {
  const builder = new Builder(model.config.imageSize);
  let x = builder.conv('images', 3, model.stem, foldBatchNorm(model.stem, model.stemNorm), 'silu');
  for (const block of model.blocks) x = addBlock(builder, x, block);
  x = builder.conv(x, model.head.inChannels, model.head, foldBatchNorm(model.head, model.headNorm), 'silu');
  const { weight, bias } = model.classifier;
  if (bias === null) throw new Error('networkOf: the classifier has no bias');
  const output = builder.linear(builder.mean(x), weight.value, bias.value);
  return { input: 'images', output, classes: model.config.numClasses, layers: builder.layers };
}

function addBlock(builder: Builder, x: string, block: MBConv | FusedMBConv): string {
  if (block instanceof FusedMBConv || block.squeezeExcitation === null) {
    throw new Error('networkOf: peers are compared on B0 to B8, which have squeeze-excitation');
  }
  let branch = x;
  if (block.expand !== null && block.expandNorm !== null) {
    branch = builder.conv(
      x,
      block.expand.inChannels,
      block.expand,
      foldBatchNorm(block.expand, block.expandNorm),
      'silu',
    );
  }
  branch = builder.conv(
    branch,
    block.depthwise.inChannels,
    block.depthwise,
    foldBatchNorm(block.depthwise, block.depthwiseNorm),
    'silu',
  );
  const { reduce, expand } = block.squeezeExcitation;
  const reduced = builder.pixelConv(builder.mean(branch), plainConv(reduce), 'silu');
  branch = builder.scale(branch, builder.pixelConv(reduced, plainConv(expand), 'sigmoid'));
  branch = builder.conv(
    branch,
    block.project.inChannels,
    block.project,
    foldBatchNorm(block.project, block.projectNorm),
    'none',
  );
  return block.stochasticDepth === null ? branch : builder.add(branch, x);
}

class Builder {
  readonly layers: Layer[] = [];

  /** @param size Side of the images, and then of what the last convolution has made of them. */
  constructor(private size: number) {}

  conv(input: string, channels: number, { options }: Conv2d, folded: FoldedConv, activation: Activation): string {
    const g = convGeometry('networkOf', [1, this.size, this.size, channels], folded.weight.shape, options);
    if (g.dilationH > 1 || g.dilationW > 1) {
      throw new Error('networkOf: there are no dilated convolutions in a Network');
    }
    const below = (outSize: number, size: number, stride: number, kernel: number, before: number): number =>
      Math.max(0, (outSize - 1) * stride + kernel - size - before);
    const pads = [
      g.padTop,
      g.padLeft,
      below(g.outH, g.H, g.strideH, g.kH, g.padTop),
      below(g.outW, g.W, g.strideW, g.kW, g.padLeft),
    ] as const;
    this.size = g.outH;
    return this.push(input, folded, g.strideH, [...pads], g.groups, activation);
  }

  /** A 1×1 convolution of a single pixel. */
  pixelConv = (input: string, folded: FoldedConv, activation: Activation): string =>
    this.push(input, folded, 1, [0, 0, 0, 0], 1, activation);

  mean(input: string): string {
    const output = this.name();
    this.layers.push({ op: 'mean', input, output });
    return output;
  }

  scale(input: string, scale: string): string {
    const output = this.name();
    this.layers.push({ op: 'scale', input, scale, output });
    return output;
  }

  add(input: string, other: string): string {
    const output = this.name();
    this.layers.push({ op: 'add', input, other, output });
    return output;
  }

  linear(input: string, weight: Tensor, bias: Tensor): string {
    this.layers.push({
      op: 'linear',
      input,
      output: 'logits',
      weight: weight.toFloat32Array(),
      weightShape: weight.shape,
      bias: bias.toFloat32Array(),
    });
    return 'logits';
  }

  private push(
    input: string,
    { weight, bias }: FoldedConv,
    stride: number,
    pads: [number, number, number, number],
    groups: number,
    activation: Activation,
  ): string {
    const output = this.name();
    this.layers.push({
      op: 'conv',
      input,
      output,
      weight: weight.toFloat32Array(),
      weightShape: weight.shape,
      bias: bias.toFloat32Array(),
      stride,
      pads,
      groups,
      activation,
    });
    return output;
  }

  private readonly name = (): string => `x${this.layers.length}`;
}

/** `[kH,kW,C/groups,O]` → `[O,C/groups,kH,kW]`, as ONNX and PyTorch want it. */
export function outputChannelsFirst(weight: Float32Array, [kH, kW, C, O]: readonly number[]): Float32Array {
  const out = new Float32Array(weight.length);
  const pixels = kH * kW;
  for (let rs = 0; rs < pixels; rs++) {
    for (let c = 0; c < C; c++) {
      for (let o = 0; o < O; o++) out[(o * C + c) * pixels + rs] = weight[(rs * C + c) * O + o];
    }
  }
  return out;
}

/** `[N,H,W,C]` → `[N,C,H,W]`. */
export function channelsFirst(images: Float32Array, N: number, pixels: number, C: number): Float32Array {
  const out = new Float32Array(images.length);
  for (let n = 0; n < N; n++) {
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < C; c++) out[(n * C + c) * pixels + p] = images[(n * pixels + p) * C + c];
    }
  }
  return out;
}
