/** The shape rule of convolution and pooling, shared by forward and gradients. */
import type { Geometry } from '../kernels/geometry.js';
import { formatShape } from '../shape.js';
import type { Shape } from '../shape.js';

/** Zeros around an image, in pixels. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface WindowOptions {
  /** Pixels from one window to the next: one number, or [down, across]. Default 1. */
  readonly stride?: number | readonly [number, number] | undefined;
  /**
   * One number for all sides, [top and bottom, left and right], each side by itself, or
   * 'valid' (none), or 'same': TensorFlow's rule, outH = ⌈H/stride⌉ with total padding
   * max((outH − 1)·stride + kH − H, 0) (of a dilated kernel, kH is what it spans: (kH − 1)·dilation + 1) and the odd
   * pixel at the bottom and right. Default 0.
   */
  readonly padding?: number | readonly [number, number] | Padding | 'same' | 'valid' | undefined;
}

export interface Conv2dOptions extends WindowOptions {
  /** Pixels from one tap of the kernel to the next: one number, or [down, across]. Default 1, no gaps. */
  readonly dilation?: number | readonly [number, number] | undefined;
  /** Channels are cut into this many groups that do not see each other. Default 1; C gives a depthwise convolution. */
  readonly groups?: number | undefined;
}

/**
 * Geometry of sliding a kH×kW window over `[N,H,W,C]`. Throws naming `op` if nothing comes out or an option is wrong.
 */
function slide(
  op: string, input: Shape, kH: number, kW: number, options: WindowOptions & Pick<Conv2dOptions, 'dilation'>,
  ceilMode = false,
): Omit<PoolGeometry, 'O' | 'groups'> {
  if (input.length !== 4) throw new RangeError(`${op}: input is [N,H,W,C]; got ${formatShape(input)}`);
  const [N, H, W, C] = input;
  const { padding = 0 } = options;
  const [strideH, strideW] = pairOf(op, 'stride', options.stride);
  const [dilationH, dilationW] = dilationOf(op, kH, kW, options);
  const [spanH, spanW] = [spanOf(kH, dilationH), spanOf(kW, dilationW)];
  const { top, bottom, left, right } = resolvePadding(op, padding, H, W, spanH, spanW, strideH, strideW);
  const outH = windowsAlong(H, top, bottom, spanH, strideH, ceilMode);
  const outW = windowsAlong(W, left, right, spanW, strideW, ceilMode);
  if (outH < 1 || outW < 1) {
    const window = `a ${kH}x${kW} window${spanH === kH && spanW === kW ? '' : ` that spans ${spanH}x${spanW} pixels`}`;
    const padded = `${H + top + bottom}x${W + left + right}`;
    throw new RangeError(`${op}: ${window} does not fit the padded input ${padded}; input ${formatShape(input)} NHWC`);
  }
  const whole = { paddedH: H + top + bottom, paddedW: W + left + right };
  return {
    N, H, W, C, kH, kW, strideH, strideW, dilationH, dilationW, padTop: top, padLeft: left, outH, outW, ...whole,
  };
}

/**
 * How many windows there are; with `ceilMode` also one that begins in the image, or the padding before it, and ends
 * beyond all padding.
 */
function windowsAlong(
  length: number, before: number, after: number, k: number, stride: number, ceilMode: boolean,
): number {
  const strides = (length + before + after - k) / stride;
  if (!ceilMode) return Math.floor(strides) + 1;
  const last = Math.ceil(strides);
  return last * stride < length + before ? last + 1 : last;
}

/** [down, across], both whole numbers >= 1; one number stands for both. */
export function pairOf(
  op: string, name: string, value: number | readonly [number, number] = 1,
): readonly [number, number] {
  const both = typeof value === 'number' ? ([value, value] as const) : value;
  for (const n of both) {
    if (!Number.isInteger(n) || n < 1) {
      throw new RangeError(`${op}: ${name} is a whole number >= 1, or two of them; got ${JSON.stringify(value)}`);
    }
  }
  return both;
}

/** Along an axis with one tap there is nothing to spread: 1. */
export function dilationOf(
  op: string, kH: number, kW: number, { dilation }: Pick<Conv2dOptions, 'dilation'>,
): readonly [number, number] {
  const [dilationH, dilationW] = pairOf(op, 'dilation', dilation);
  return [kH === 1 ? 1 : dilationH, kW === 1 ? 1 : dilationW];
}

/** Pixels from the first tap to the last, both counted: (k − 1)·dilation + 1. */
export const spanOf = (k: number, dilation: number): number => (k - 1) * dilation + 1;

/** Each side in pixels; kH and kW are what the kernel spans. */
export function resolvePadding(
  op: string, padding: NonNullable<WindowOptions['padding']>,
  H: number, W: number, kH: number, kW: number, strideH: number, strideW: number,
): Padding {
  if (padding === 'valid') return { top: 0, bottom: 0, left: 0, right: 0 };
  if (padding === 'same') {
    const totalH = Math.max((Math.ceil(H / strideH) - 1) * strideH + kH - H, 0);
    const totalW = Math.max((Math.ceil(W / strideW) - 1) * strideW + kW - W, 0);
    const [top, left] = [totalH >> 1, totalW >> 1];
    return { top, bottom: totalH - top, left, right: totalW - left };
  }
  const sides: Padding =
    typeof padding === 'number' ? { top: padding, bottom: padding, left: padding, right: padding }
    : isPair(padding) ? { top: padding[0], bottom: padding[0], left: padding[1], right: padding[1] }
    : padding;
  for (const side of [sides.top, sides.bottom, sides.left, sides.right]) {
    if (!Number.isInteger(side) || side < 0) {
      throw new RangeError(`${op}: padding is 'same', 'valid', or whole numbers >= 0; got ${JSON.stringify(padding)}`);
    }
  }
  return sides;
}

const isPair = (padding: readonly [number, number] | Padding | string): padding is readonly [number, number] =>
  Array.isArray(padding);

/** Geometry of a convolution of `[N,H,W,C]` with `[kH,kW,C/groups,O]`. */
export function convGeometry(op: string, input: Shape, weight: Shape, options: Conv2dOptions): Geometry {
  if (weight.length !== 4) throw new RangeError(`${op}: weight is [kH,kW,C/groups,O]; got ${formatShape(weight)}`);
  const [kH, kW, perGroup, O] = weight;
  if (kH < 1 || kW < 1) {
    throw new RangeError(`${op}: the kernel has no pixels; weight ${formatShape(weight)} kH,kW,C,O`);
  }
  const { groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(`${op}: groups is a whole number >= 1; got ${String(groups)}`);
  }
  const window = slide(op, input, kH, kW, options);
  if (window.C !== perGroup * groups) {
    throw new RangeError(
      `${op}: input has ${window.C} channels, weight wants ${perGroup}×${groups} groups = ${perGroup * groups}; ` +
        `input ${formatShape(input)} NHWC, weight ${formatShape(weight)} kH,kW,C,O`,
    );
  }
  if (O % groups !== 0) {
    throw new RangeError(
      `${op}: ${O} output channels do not divide into ${groups} groups; weight ${formatShape(weight)} kH,kW,C,O`,
    );
  }
  return { ...window, O, groups };
}

/** A pooling's geometry, with the lengths of the image and its padding together. */
export interface PoolGeometry extends Geometry {
  readonly paddedH: number;
  readonly paddedW: number;
}

/** Geometry of pooling `[N,H,W,C]` with a kH×kW window; every channel by itself. */
export function poolGeometry(
  op: string, input: Shape, kernel: number | readonly [number, number], options: WindowOptions, ceilMode = false,
): PoolGeometry {
  const [kH, kW] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  for (const k of [kH, kW]) {
    if (!Number.isInteger(k) || k < 1) {
      throw new RangeError(
        `${op}: the window is a whole number >= 1, or two of them; got ${JSON.stringify(kernel)}`,
      );
    }
  }
  const window = slide(op, input, kH, kW, options, ceilMode);
  return { ...window, O: window.C, groups: window.C };
}
