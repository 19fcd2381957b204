/** EfficientNet for inference alone: batch norm folded, activations in the write-back, squeeze-excitation fused. */
import { clone, copyInto, formatShape } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { Planner, foldBatchNorm, plainConv } from '@vitrine/nn';
import type { FoldedConv, Plan } from '@vitrine/nn';
import type { MBConv } from './mbconv.js';
import type { EfficientNet } from './model.js';

interface FusedBlock {
  readonly block: MBConv;
  readonly expand: FoldedConv | null;
  readonly depthwise: FoldedConv;
  readonly reduce: FoldedConv;
  readonly excite: FoldedConv;
  readonly project: FoldedConv;
}

const foldBlock = (block: MBConv): FusedBlock => ({
  block,
  expand: block.expand !== null && block.expandNorm !== null ? foldBatchNorm(block.expand, block.expandNorm) : null,
  depthwise: foldBatchNorm(block.depthwise, block.depthwiseNorm),
  reduce: plainConv(block.squeezeExcitation.reduce),
  excite: plainConv(block.squeezeExcitation.expand),
  project: foldBatchNorm(block.project, block.projectNorm),
});

/** What `fuse` returns. It has the model's weights as they were then: later training does not reach it. */
export class FusedEfficientNet {
  private readonly stem: FoldedConv;
  private readonly blocks: readonly FusedBlock[];
  private readonly head: FoldedConv;
  private readonly classifier: { readonly weight: Tensor; readonly bias: Tensor };
  private readonly plans = new Map<string, Plan>();

  constructor(private readonly model: EfficientNet) {
    this.stem = foldBatchNorm(model.stem, model.stemNorm);
    this.blocks = model.blocks.map(foldBlock);
    this.head = foldBatchNorm(model.head, model.headNorm);
    const { weight, bias } = model.classifier;
    if (bias === null) throw new Error('fuse: the classifier has no bias');
    this.classifier = { weight: clone(weight.value), bias: clone(bias.value) };
  }

  /** Logits `[N,numClasses]` of images `[N,H,W,C]`: what the model gives in evaluation, to 1e-5. Plans once for every shape. */
  call(images: Tensor): Tensor {
    checkTensor('FusedEfficientNet.call', 'images', images);
    const key = formatShape(images.shape);
    let plan = this.plans.get(key);
    if (plan === undefined) this.plans.set(key, (plan = this.plan(images.shape)));
    copyInto(plan.input, images);
    return clone(plan.run());
  }

  /**
   * A forward pass for one shape `[N,H,W,C]` that allocates nothing when run: write into `plan.input`, call `plan.run()`,
   * read `plan.output`.
   */
  plan(inputShape: Shape): Plan {
    const { inChannels } = this.model.config;
    if (inputShape.length !== 4 || inputShape[3] !== inChannels) {
      throw new RangeError(`FusedEfficientNet.plan: images are [N,H,W,${inChannels}], channels last; got ${formatShape(inputShape)}`);
    }
    const planner = new Planner(inputShape);
    let x = planner.conv(planner.input, this.stem, this.model.stem.options, 'silu');
    for (const block of this.blocks) x = planBlock(planner, x, block);
    const features = planner.conv(x, this.head, {}, 'silu');
    planner.giveBack(x);
    const { weight, bias } = this.classifier;
    return planner.finish(planner.linear(planner.meanOfPixels(features), weight, bias));
  }
}

/** Adds a block; gives back every buffer but the one it returns. */
function planBlock(planner: Planner, x: Tensor, { block, expand, depthwise, reduce, excite, project }: FusedBlock): Tensor {
  const wide = expand === null ? x : planner.conv(x, expand, {}, 'silu');
  const seen = planner.conv(wide, depthwise, block.depthwise.options, 'silu');
  if (wide !== x) planner.giveBack(wide);
  const squeezed = planner.meanOfPixels(seen);
  const reduced = planner.conv(squeezed, reduce, {}, 'silu');
  const scale = planner.conv(reduced, excite, {}, 'sigmoid');
  const out = planner.scaledConv(seen, scale, project, block.stochasticDepth === null ? null : x);
  for (const buffer of [x, seen, squeezed, reduced, scale]) planner.giveBack(buffer);
  return out;
}

/** Prepares a model for inference. The model itself is left as it is. Throws a TypeError for one without values (`meta`). */
export function fuse(model: EfficientNet): FusedEfficientNet {
  if (model.stem.weight.value.isMeta) throw new TypeError('fuse: the model has shapes but no weights; load them first');
  return new FusedEfficientNet(model);
}
