/** Changing the size of images as modules. */
import type { ResizeMode, ResizeOptions } from '@vitrine/tensor';
import { resize } from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** Images of outH × outW pixels, whatever they were. `[N,H,W,C]` → `[N,outH,outW,C]`. */
export class Resize extends Module {
  readonly size: readonly [number, number];

  constructor(size: number | readonly [number, number], readonly options: ResizeOptions = {}) {
    super();
    this.size = typeof size === 'number' ? [size, size] : size;
  }

  forward(x: Variable): Variable {
    return resize(x, this.size, this.options);
  }

  override describe(): string {
    const { mode = 'nearest', antialias = false, alignCorners = false } = this.options;
    return `${this.size.join('x')}, ${mode}${antialias ? ', antialias' : ''}${alignCorners ? ', alignCorners' : ''}`;
  }
}

export interface UpsampleOptions {
  /** Default 'nearest', which repeats every pixel. */
  readonly mode?: ResizeMode;
  readonly alignCorners?: boolean;
}

/**
 * Images larger by a whole factor, or by two of them, down and across. `[N,H,W,C]` → `[N,H·factor,W·factor,C]`.
 * PyTorch's Upsample with scale_factor; for one with a size, or a size that is no multiple, `Resize`.
 */
export class Upsample extends Module {
  readonly factor: readonly [number, number];

  constructor(factor: number | readonly [number, number], readonly options: UpsampleOptions = {}) {
    super();
    this.factor = typeof factor === 'number' ? [factor, factor] : factor;
    for (const n of this.factor) {
      if (!Number.isInteger(n) || n < 1) {
        throw new RangeError(
          `Upsample: the factor is a whole number >= 1, or two of them; got ${JSON.stringify(factor)}; ` +
            `use Resize for other sizes`,
        );
      }
    }
  }

  forward(x: Variable): Variable {
    const [, H, W] = x.shape;
    return resize(x, [H * this.factor[0], W * this.factor[1]], this.options);
  }

  override describe(): string {
    const { mode = 'nearest', alignCorners = false } = this.options;
    return `${this.factor.join('x')}, ${mode}${alignCorners ? ', alignCorners' : ''}`;
  }
}
