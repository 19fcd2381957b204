/**
 * What a convolution or a pooling kernel needs to know, worked out once by the op's shape rule.
 * Images are `[N, H, W, C]`, weights `[kH, kW, C/groups, O]`, outputs `[N, outH, outW, O]`.
 *
 * Output pixel (i, j) reads input pixels (i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW),
 * 0 ≤ r < kH, 0 ≤ s < kW; pixels outside the image count as zero.
 */
export interface Geometry {
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly kH: number;
  readonly kW: number;
  /** Output channels. */
  readonly O: number;
  readonly strideH: number;
  readonly strideW: number;
  /** Pixels from one tap to the next. Poolings have 1; so has an axis with one tap. */
  readonly dilationH: number;
  readonly dilationW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outH: number;
  readonly outW: number;
  /** Output channel o reads the C/groups input channels of its group ⌊o / (O/groups)⌋. */
  readonly groups: number;
}

/** Whether the taps of a window stand apart. */
export const isDilated = (g: Geometry): boolean => g.dilationH > 1 || g.dilationW > 1;

/** What a reference kernel works on: the elements of a contiguous tensor, starting at index 0. */
export type Floats = Float32Array | Float64Array;
