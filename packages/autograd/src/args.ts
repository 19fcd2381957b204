/** The arguments of every differentiable operation: inputs first, options last. The tables of vjps follow this one. */
import type {
  AveragePoolOptions, ClampOptions, Conv2dOptions, CumsumOptions, GeluOptions, MaxPoolOptions, NormOptions,
  ReduceOptions, Resampling, Shape, SoftplusOptions, Tensor,
} from '@vitrine/tensor';
import type { JointVjp, Row } from './node.js';
import type { Variable } from './variable.js';

type V = Variable;
type UnaryName =
  | 'neg' | 'abs' | 'square' | 'sqrt' | 'rsqrt' | 'reciprocal' | 'exp' | 'log' | 'sigmoid' | 'tanh' | 'relu' | 'silu'
  | 'sin' | 'cos' | 'log1p' | 'expm1' | 'erf' | 'sign' | 'floor' | 'ceil' | 'round';
type BinaryName =
  | 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum'
  | 'siluGrad' | 'sigmoidGrad' | 'tanhGrad' | 'reluGrad';

export interface ElementwiseArgs extends Record<UnaryName, [x: V]>, Record<BinaryName, [a: V, b: V]> {
  /** a where the condition is not 0, else b. */
  where: [a: V, b: V, condition: Tensor];
}

type PlainName = 'relu6' | 'hardsigmoid' | 'hardswish';

export interface ActivationArgs extends Record<PlainName, [x: V]>, Record<`${PlainName}Grad`, [g: V, x: V]> {
  gelu: [x: V, options: GeluOptions];
  geluGrad: [g: V, x: V, options: GeluOptions];
  clamp: [x: V, options: ClampOptions];
  clampGrad: [g: V, x: V, options: ClampOptions];
  leakyRelu: [x: V, slope: number];
  leakyReluGrad: [g: V, x: V, slope: number];
  elu: [x: V, alpha: number];
  eluGrad: [g: V, x: V, alpha: number];
  softplus: [x: V, options: SoftplusOptions];
  softplusGrad: [g: V, x: V, options: SoftplusOptions];
}

export interface ReduceArgs {
  sum: [x: V, options: ReduceOptions];
  max: [x: V, options: ReduceOptions];
  min: [x: V, options: ReduceOptions];
  logSumExp: [x: V, options: ReduceOptions];
  norm: [x: V, options: NormOptions];
  softmax: [x: V, axis: number];
  logSoftmax: [x: V, axis: number];
}

export interface OrderArgs {
  cumsum: [x: V, axis: number, options: CumsumOptions];
  takeAlong: [x: V, indices: Tensor, axis: number];
  putAlong: [g: V, indices: Tensor, axis: number, length: number];
}

export interface ViewArgs {
  reshape: [x: V, shape: Shape];
  permute: [x: V, axes: readonly number[]];
  broadcastTo: [x: V, shape: Shape];
  slice: [x: V, axis: number, start: number, end: number | undefined, step: number];
  padSlice: [g: V, shape: Shape, axis: number, start: number, step: number];
}

export interface ArrangeArgs {
  /** Any number of inputs. */
  concat: [...xs: V[], axis: number];
  indexSelect: [x: V, axis: number, indices: Tensor];
  indexSelectGrad: [dout: V, inputShape: Shape, axis: number, indices: Tensor];
}

export interface LinearArgs {
  matmul: [a: V, b: V];
  conv2d: [x: V, w: V, options: Conv2dOptions];
  conv2dInputGrad: [dout: V, w: V, inputShape: Shape, options: Conv2dOptions];
  conv2dWeightGrad: [x: V, dout: V, weightShape: Shape, options: Conv2dOptions];
  averagePool2d: [x: V, options: AveragePoolOptions];
  averagePool2dGrad: [dout: V, inputShape: Shape, options: AveragePoolOptions];
}

export interface DiagonalArgs {
  diagonal: [x: V, axis1: number, axis2: number];
  padDiagonal: [g: V, shape: Shape, axis1: number, axis2: number];
}

export interface NormArgs {
  /** mean and variance are the moments of x, and the gradient for x knows it. */
  batchNormTrain: [x: V, gamma: V, beta: V, mean: Tensor, variance: Tensor, eps: number];
  /** The same, followed by silu. */
  batchNormSiluTrain: [x: V, gamma: V, beta: V, mean: Tensor, variance: Tensor, eps: number];
  /** mean and variance are constants. */
  batchNormEval: [x: V, gamma: V, beta: V, mean: Tensor, variance: Tensor, eps: number];
}

export interface MaxPoolArgs {
  maxPool2d: [x: V, options: MaxPoolOptions];
  adaptiveMaxPool2d: [x: V, size: readonly [number, number]];
  gatherPixels: [x: V, indices: Tensor];
  scatterPixels: [g: V, indices: Tensor, imageShape: Shape];
}

export interface ResizeArgs {
  resample: [x: V, axis: number, table: Resampling];
}

export interface GroupNormArgs {
  groupNorm: [x: V, gamma: V, beta: V, groups: number, eps: number];
}

export interface Args
  extends ElementwiseArgs,
    ActivationArgs,
    ReduceArgs,
    OrderArgs,
    ViewArgs,
    ArrangeArgs,
    LinearArgs,
    DiagonalArgs,
    MaxPoolArgs,
    ResizeArgs,
    GroupNormArgs,
    NormArgs {}

/**
 * One vjp for every input: a missing row, or a missing input in a row, is a compile error. An operation on any number
 * of inputs gets all its products from one function.
 */
export type Vjps<Table> =
  { readonly [K in keyof Table]: Table[K] extends readonly unknown[] ? CountedRow<Table[K]> : never };
type CountedRow<A extends readonly unknown[]> = number extends A['length'] ? JointVjp<A> : PerInput<A, A> | JointVjp<A>;
type PerInput<A extends readonly unknown[], Rest extends readonly unknown[]> =
  Rest extends readonly [infer Head, ...infer Tail]
    ? Head extends Variable
      ? readonly [Extract<Row<A>, readonly unknown[]>[number], ...PerInput<A, Tail>]
      : readonly []
    : readonly [];

/** Takes the arguments of an operation on any number of inputs apart: the inputs, and the option behind them. */
export const variadic = <Input, Option>(args: readonly [...Input[], Option]): [Input[], Option] =>
  [args.slice(0, -1) as Input[], args.at(-1) as Option];
