/** Random shapes, strides and values, each a function of a seed. */
import { Tensor, fromArray } from '@vitrine/tensor';
import { sizeOf } from '../support/dense.js';

/** Uniform numbers in [0, 1). Source: Mulberry32, by T. Ettinger. */
export class Dice {
  private state: number;

  /** Case `index` of the run with that seed. */
  constructor(seed: number, index: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** True once in n times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }
}

/** None, one, tails of one to five lanes of four, whole vectors, and some longer. */
const LENGTHS = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 64, 65];
const MOST_ELEMENTS = 4096;

export function randomShape(dice: Dice, rank = dice.below(6)): number[] {
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const room = Math.floor(MOST_ELEMENTS / Math.max(1, sizeOf(shape)));
    const length = dice.pick(LENGTHS);
    shape.push(length === 0 && !dice.oneIn(4) ? 1 : Math.min(length, Math.max(1, room)));
  }
  return shape;
}

/** A length of a matrix product's axis. */
export const randomLength = (dice: Dice): number =>
  (dice.oneIn(30) ? 0 : dice.pick([1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 33, 48, 65]));

/** A shape that broadcasts to `shape`: axes dropped in front, some of length 1. */
export const broadcastable = (dice: Dice, shape: readonly number[]): number[] =>
  shape.slice(dice.oneIn(3) ? dice.below(shape.length + 1) : 0).map((n) => (dice.oneIn(4) ? 1 : n));

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 88, -88];

/**
 * A tensor of random strides: axes in any order, gaps, an offset, repeated axes (stride 0). Mostly values in ±3, in one
 * case of eight with special ones among them. What does not belong to the tensor is NaN, so that reading a gap shows.
 */
export function randomTensor(dice: Dice, shape: readonly number[]): Tensor {
  const plain = dice.oneIn(3);
  const order = shape.map((_, axis) => axis).reverse();
  const strides = new Array<number>(shape.length).fill(0);
  let step = plain ? 1 : dice.pick([1, 1, 1, 2, 3]);
  for (const axis of plain ? order : dice.oneIn(2) ? order : dice.shuffle(order)) {
    if (!plain && dice.oneIn(8)) continue; // stride 0
    strides[axis] = step;
    step *= shape[axis] + (plain || !dice.oneIn(4) ? 0 : dice.below(3));
  }
  const offset = plain ? 0 : dice.pick([0, 0, 1, 3, 4]);
  const reach = shape.some((n) => n === 0) ? 0 : shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], 1);
  const memory = new Float32Array(offset + reach + dice.below(3)).fill(NaN);
  const special = dice.oneIn(8);
  for (let i = offset; i < offset + reach; i++) {
    memory[i] = special && dice.oneIn(5) ? dice.pick(SPECIAL) : 6 * dice.next() - 3;
  }
  return new Tensor(fromArray(memory).storage, shape, strides, offset);
}
