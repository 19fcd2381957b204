/**
 * A forward pass planned for one input shape: every buffer exists beforehand, every weight is laid out as its kernel
 * reads it, and running it is a list of kernel calls that allocates nothing.
 */
import { convGeometry, full, keep, reshape, sizeOf, zeros } from '@vitrine/tensor';
import type { Conv2dOptions, Shape, Tensor } from '@vitrine/tensor';
import { activeKernels, allocate, elements } from '@vitrine/tensor/internal';
import type { Activation, Kernels } from '@vitrine/tensor/internal';
import type { FoldedConv } from './fold.js';

export class Plan {
  /** Write the images here (`copyInto`), then `run`. */
  readonly input: Tensor;
  readonly output: Tensor;

  constructor(
    input: Tensor, output: Tensor, private readonly steps: readonly (() => void)[], private readonly kernels: Kernels,
  ) {
    this.input = input;
    this.output = output;
  }

  /**
   * Computes `output` from `input`. Throws if backend or threads have changed since: weights are laid out for one of
   * them.
   */
  run(): Tensor {
    if (activeKernels() !== this.kernels) {
      throw new Error('Plan.run: backend or threads have changed since planning; plan again');
    }
    for (const step of this.steps) step();
    return this.output;
  }
}

/** Puts a plan together, layer by layer. A buffer that is given back serves a later layer. */
export class Planner {
  private readonly kernels: Kernels = activeKernels();
  private readonly steps: (() => void)[] = [];
  private readonly free: Tensor[] = [];
  readonly input: Tensor;

  constructor(inputShape: Shape) {
    this.input = keep(zeros(inputShape));
  }

  finish(output: Tensor): Plan {
    return new Plan(this.input, output, this.steps, this.kernels);
  }

  /** The buffer's values are not needed any more: the next layer of the same size may have it. */
  giveBack(buffer: Tensor): void {
    if (buffer !== this.input) this.free.push(buffer);
  }

  /** activation(conv(x) + bias), or, with a residual, conv(x) + bias + residual. */
  conv(
    x: Tensor, { weight, bias }: FoldedConv, options: Conv2dOptions, activation: Activation,
    residual: Tensor | null = null,
  ): Tensor {
    const g = convGeometry('Planner.conv', x.shape, weight.shape, options);
    const out = this.buffer([g.N, g.outH, g.outW, g.O]);
    const { kernels } = this;
    if (g.groups === g.C && g.O === g.C && g.groups > 1) {
      if (residual !== null) throw new Error('Planner.conv: a depthwise convolution takes no residual');
      this.steps.push(() => kernels.depthwiseFused(
        g, elements(x), elements(weight), elements(bias), activation, elements(out),
      ));
      return out;
    }
    if (g.groups !== 1) throw new Error(`Planner.conv: one group, or one a channel; got ${g.groups}`);
    const K = g.kH * g.kW * g.C;
    const packed = this.pack(weight, K, g.O);
    if (kernels.columnsSize(g) === 0) {
      const M = sizeOf(x.shape) / K;
      this.steps.push(() => kernels.gemmFused(
        activation, M, g.O, K, elements(x), K, elements(packed), elements(bias),
        residual === null ? null : elements(residual), elements(out),
      ));
      return out;
    }
    if (residual !== null) throw new Error('Planner.conv: only a 1x1 convolution takes a residual');
    const columns = keep(allocate([kernels.columnsSize(g)]));
    this.steps.push(() => kernels.conv2dFused(
      g, elements(x), elements(packed), elements(bias), activation, elements(out), elements(columns),
    ));
    return out;
  }

  /**
   * conv(x · scale) + bias (+ residual) for a 1×1 convolution, scale `[N,1,1,C]`: squeeze-excitation's weights, applied
   * to whichever is smaller, the image's pixels or the matrix's columns. x is overwritten in the first case.
   */
  scaledConv(x: Tensor, scale: Tensor, { weight, bias }: FoldedConv, residual: Tensor | null): Tensor {
    const [N, H, W, C] = x.shape;
    const O = weight.shape[3];
    if (H * W <= O) {
      const { kernels } = this;
      const [shape, whole, perImage] = [[N, H * W, C], [H * W * C, C, 1], [C, 0, 1]];
      this.steps.push(() => kernels.binaryKernel(
        'mul', shape, elements(x), whole, elements(scale), perImage, elements(x),
      ));
      return this.conv(x, { weight, bias }, {}, 'none', residual);
    }
    const out = this.buffer([N, H, W, O]);
    const packed = keep(allocate([this.kernels.packedSize(O, C)]));
    const { kernels } = this;
    const image = (t: Tensor, n: number, channels: number) =>
      elements(t).subarray(n * H * W * channels, (n + 1) * H * W * channels);
    this.steps.push(() => {
      for (let n = 0; n < N; n++) {
        kernels.packWeights(O, C, elements(weight), elements(scale).subarray(n * C, (n + 1) * C), elements(packed));
        kernels.gemmFused(
          'none', H * W, O, C, image(x, n, C), C, elements(packed), elements(bias),
          residual === null ? null : image(residual, n, O), image(out, n, O),
        );
      }
    });
    return out;
  }

  /** out + x, in the place of out: a residual after an activation. */
  add(out: Tensor, x: Tensor): Tensor {
    const { kernels } = this;
    this.steps.push(() => kernels.binaryKernel('add', [out.size], elements(out), [1], elements(x), [1], elements(out)));
    return out;
  }

  /** The mean over an image's pixels: `[N,H,W,C]` → `[N,1,1,C]`. */
  meanOfPixels(x: Tensor): Tensor {
    const [N, H, W, C] = x.shape;
    const out = this.buffer([N, 1, 1, C]);
    const factor = keep(full([1], 1 / (H * W)));
    const { kernels } = this;
    this.steps.push(() => {
      kernels.sum(N, H * W, C, elements(x), elements(out));
      kernels.binaryKernel('mul', [N * C], elements(out), [1], elements(factor), [0], elements(out));
    });
    return out;
  }

  /** x·weight + bias; x has K values an image, in any shape; weight `[K,O]`. */
  linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
    const [K, O] = weight.shape;
    const N = sizeOf(x.shape) / K;
    const out = this.buffer([N, O]);
    const packed = this.pack(weight, K, O);
    const { kernels } = this;
    this.steps.push(() => kernels.gemmFused(
      'none', N, O, K, elements(x), K, elements(packed), elements(bias), null, elements(out),
    ));
    return out;
  }

  private pack(weight: Tensor, K: number, N: number): Tensor {
    const packed = keep(allocate([this.kernels.packedSize(N, K)]));
    this.kernels.packWeights(N, K, elements(weight), null, elements(packed));
    return packed;
  }

  /** A buffer given back that is just as large, or a new one. */
  private buffer(shape: Shape): Tensor {
    const found = this.free.findIndex((candidate) => candidate.size === sizeOf(shape));
    if (found >= 0) {
      const [tensor] = this.free.splice(found, 1);
      return reshape(tensor, shape);
    }
    return keep(allocate(shape));
  }
}
