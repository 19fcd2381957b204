/** Nodes: what one operation leaves behind for the way back. */
import type { Storage, Tensor } from '@vitrine/tensor';
import type { Variable } from './variable.js';

/** Bytes that one vjp reads: the result, or the argument at an index. */
export type Save = 'out' | number;

/**
 * The vector-Jacobian product for one input: from g, the cotangent of `out`, to that input's cotangent.
 * It may read the shape of any argument, but values only of what it `saves`: all else may have been released.
 */
export interface Vjp<A extends readonly unknown[]> {
  readonly saves: readonly Save[];
  readonly pull: (g: Variable, out: Variable, ...args: A) => Variable;
}

/**
 * All inputs' products from one pass, for operations that would repeat most of the work. undefined: out does not depend
 * on that input.
 */
export interface JointVjp<A extends readonly unknown[]> {
  readonly saves: readonly Save[];
  readonly pullAll: (g: Variable, out: Variable, ...args: A) => readonly (Variable | undefined)[];
}

/** One entry an input, in the order of the arguments; inputs come first, options last. */
export type Row<A extends readonly unknown[]> = readonly Vjp<A>[] | JointVjp<A>;

export interface Node {
  readonly op: string;
  /** Grows with every node: an operation's number is larger than its operands'. */
  readonly order: number;
  readonly args: readonly unknown[];
  readonly out: Variable;
  /** Path of the module that ran it; known in anomaly mode only. */
  readonly where: string | null;
  /** Indices of the arguments that need a cotangent. */
  readonly wanted: readonly number[];
  /** Cotangents of `wanted`, in its order; undefined where there is no dependence. */
  readonly pull: (g: Variable) => readonly (Variable | undefined)[];
  /** What the vjps will read, with the version it had; null once released. */
  saved: readonly Saved[] | null;
}

export interface Saved {
  readonly storage: Storage;
  readonly version: number;
  readonly tensor: Tensor;
}
