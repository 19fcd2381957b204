/**
 * Layers as ONNX nodes. ONNX has channels first: images `[N,C,H,W]`, convolution weights `[O,C/groups,kH,kW]`. What a
 * layer does in evaluation is written, whatever mode it is in.
 * Source: onnx, docs/Operators.md: Conv-11, BatchNormalization-15, Gemm-13, Clip-13.
 */
import { convGeometry, permute } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { BatchNorm2d } from '../batch-norm.js';
import type { Conv2d } from '../conv.js';
import { foldBatchNorm } from '../infer/fold.js';
import type { Linear } from '../linear.js';
import type { OnnxAttribute, OnnxGraph } from './onnx.js';

/** Images as a value of a graph: its name, and height and width unless every run may choose them. */
export interface OnnxImages {
  readonly name: string;
  readonly size: readonly [height: number, width: number] | null;
}

const addTensor = (graph: OnnxGraph, name: string, tensor: Tensor): string =>
  graph.initializer(name, tensor.shape, tensor.toFloat32Array());

/** A convolution: value `name`, weights `name.weight` and, if there is a bias, `name.bias`. */
export const addConv2d = (graph: OnnxGraph, name: string, conv: Conv2d, x: OnnxImages): OnnxImages =>
  addConv(graph, name, conv, conv.weight.value, conv.bias?.value ?? null, x);

/** A layer and what it is called. */
export type Named<T> = readonly [name: string, layer: T];

/**
 * A convolution and the batch norm after it, with the norm's activation. Folded, they are one convolution with a bias
 * (see `foldBatchNorm`); else a Conv and a BatchNormalization. Values have the layers' names.
 */
export function addConvNorm(
  graph: OnnxGraph, [convName, conv]: Named<Conv2d>, [normName, norm]: Named<BatchNorm2d>, x: OnnxImages, fold: boolean,
): OnnxImages {
  if (fold) {
    const { weight, bias } = foldBatchNorm(conv, norm);
    return addActivation(graph, norm.activation, addConv(graph, convName, conv, weight, bias, x));
  }
  const normalised = addBatchNorm2d(graph, normName, norm, addConv2d(graph, convName, conv, x));
  return addActivation(graph, norm.activation, normalised);
}

function addConv(
  graph: OnnxGraph, name: string, conv: Conv2d, weight: Tensor, bias: Tensor | null, x: OnnxImages,
): OnnxImages {
  const { size, ...padding } = slide(conv, x.size);
  const { stride, dilation, groups } = conv.options;
  const inputs = [x.name, addTensor(graph, `${name}.weight`, permute(weight, [3, 2, 0, 1]))];
  if (bias !== null) inputs.push(addTensor(graph, `${name}.bias`, bias));
  graph.node('Conv', inputs, name, {
    kernel_shape: { ints: conv.kernel },
    strides: { ints: pair(stride) },
    dilations: { ints: pair(dilation) },
    group: { int: groups },
    ...padding,
  });
  return { name, size };
}

/** A number for both axes, or one for each. */
const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  (typeof value === 'number' ? [value, value] : value);

/** Pixels from the first tap of the kernel to the last, along each axis. */
const spans = ({ kernel, options: { dilation } }: Conv2d): readonly number[] =>
  kernel.map((taps, axis) => (taps - 1) * pair(dilation)[axis] + 1);

type PadAttributes = { readonly pads: OnnxAttribute } | { readonly auto_pad: OnnxAttribute };

/**
 * Padding as ONNX says it, and the size of what comes out. TensorFlow's 'same' depends on the size of the images: for
 * a known one the pads are written out, for others there is ONNX's SAME_UPPER.
 */
function slide(conv: Conv2d, size: OnnxImages['size']): PadAttributes & { readonly size: OnnxImages['size'] } {
  const { inChannels, options: { padding } } = conv;
  const [spanH, spanW] = spans(conv);
  if (size === null) return { ...(padding === 'same' ? samePadding(conv) : { pads: fixedPads(padding) }), size };
  const g = convGeometry('addConv2d', [1, ...size, inChannels], conv.weight.shape, conv.options);
  const outSize = [g.outH, g.outW] as const;
  if (padding !== 'same') return { pads: fixedPads(padding), size: outSize };
  const after = (out: number, stride: number, span: number, before: number, length: number): number =>
    Math.max(0, (out - 1) * stride + span - length - before);
  const bottom = after(g.outH, g.strideH, spanH, g.padTop, g.H);
  const right = after(g.outW, g.strideW, spanW, g.padLeft, g.W);
  return { pads: { ints: [g.padTop, g.padLeft, bottom, right] }, size: outSize };
}

/**
 * 'same' for images of any size. SAME_UPPER is TensorFlow's rule, (⌈size/stride⌉ − 1)·stride + span − size in all
 * with the odd pixel at the end, but for one thing: a window smaller than its stride may make that negative, which is 0
 * in TensorFlow and undefined in ONNX. A window of one pixel never needs padding.
 */
function samePadding(conv: Conv2d): PadAttributes {
  const strides = pair(conv.options.stride);
  const span = spans(conv);
  if (span.every((pixels) => pixels === 1)) return { pads: { ints: [0, 0, 0, 0] } };
  if (span.every((pixels, axis) => pixels >= strides[axis])) return { auto_pad: { text: 'SAME_UPPER' } };
  throw new RangeError(
    `addConv2d: a ${span.join('x')} window with stride ${strides.join('x')} and padding 'same' has no ONNX form for `
      + 'images of any size; export for a fixed one',
  );
}

/** Top, left, bottom, right, as ONNX orders them. */
function fixedPads(padding: Exclude<Conv2d['options']['padding'], 'same'>): OnnxAttribute {
  if (padding === 'valid') return { ints: [0, 0, 0, 0] };
  if (typeof padding === 'number') return { ints: [padding, padding, padding, padding] };
  if ('top' in padding) return { ints: [padding.top, padding.left, padding.bottom, padding.right] };
  const [vertical, horizontal] = padding;
  return { ints: [vertical, horizontal, vertical, horizontal] };
}

function addBatchNorm2d(graph: OnnxGraph, name: string, norm: BatchNorm2d, x: OnnxImages): OnnxImages {
  const { weight, bias, runningMean, runningVar } = norm;
  const parts = Object.entries({ weight, bias, runningMean, runningVar });
  const inputs = [x.name, ...parts.map(([part, { value }]) => addTensor(graph, `${name}.${part}`, value))];
  return { ...x, name: graph.node('BatchNormalization', inputs, name, { epsilon: { float: norm.eps } }) };
}

/** ReLU6 is min(max(x, 0), 6). This operator set has no SiLU, which is x · sigmoid(x). */
export function addActivation(
  graph: OnnxGraph, activation: 'silu' | 'relu6' | 'sigmoid' | null, x: OnnxImages,
): OnnxImages {
  switch (activation) {
    case null:
      return x;
    case 'sigmoid':
      return { ...x, name: graph.node('Sigmoid', [x.name], `${x.name}.sigmoid`) };
    case 'silu': {
      const gate = graph.node('Sigmoid', [x.name], `${x.name}.sigmoid`);
      return { ...x, name: graph.node('Mul', [x.name, gate], `${x.name}.silu`) };
    }
    case 'relu6': {
      const low = graph.initializer(`${x.name}.low`, [], Float32Array.of(0));
      const high = graph.initializer(`${x.name}.high`, [], Float32Array.of(6));
      return { ...x, name: graph.node('Clip', [x.name, low, high], `${x.name}.relu6`) };
    }
  }
}

/** x · weight + bias of a matrix `[N,in]`: value `name`. Its weights are named after the layer. */
export function addLinear(
  graph: OnnxGraph, [layerName, linear]: Named<Linear>, x: string, name: string,
): string {
  const inputs = [x, addTensor(graph, `${layerName}.weight`, linear.weight.value)];
  if (linear.bias !== null) inputs.push(addTensor(graph, `${layerName}.bias`, linear.bias.value));
  return graph.node('Gemm', inputs, name);
}
