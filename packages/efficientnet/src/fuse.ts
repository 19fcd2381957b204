/** EfficientNet for inference alone: batch norm folded, activations in the write-back, squeeze-excitation fused. */
import { clone, copyInto, formatShape } from '@vitrine/tensor';
import type { Shape, Tensor } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { Planner, foldBatchNorm, plainConv } from '@vitrine/nn';
import type { Activation } from '@vitrine/tensor/internal';
import type { BatchNorm2d, Conv2d, FoldedConv, Plan } from '@vitrine/nn';
import { FusedMBConv } from './fused-mbconv.js';
import type { MBConv } from './mbconv.js';
import type { EfficientNet } from './model.js';

/** A block's convolutions with their normalisation inside. */
type FoldedBlock =
  | {
    readonly kind: 'mbconv';
    readonly block: MBConv;
    readonly expand: FoldedConv | null;
    readonly depthwise: FoldedConv;
    readonly squeeze: { readonly reduce: FoldedConv; readonly expand: FoldedConv } | null;
    readonly project: FoldedConv;
  }
  | {
    readonly kind: 'fused';
    readonly block: FusedMBConv;
    readonly conv: FoldedConv;
    readonly project: FoldedConv | null;
  };

const foldBoth = (conv: Conv2d | null, norm: BatchNorm2d | null): FoldedConv | null =>
  (conv !== null && norm !== null ? foldBatchNorm(conv, norm) : null);

function foldBlock(block: MBConv | FusedMBConv): FoldedBlock {
  if (block instanceof FusedMBConv) {
    return {
      kind: 'fused',
      block,
      conv: foldBatchNorm(block.conv, block.convNorm),
      project: foldBoth(block.project, block.projectNorm),
    };
  }
  const { squeezeExcitation: squeeze } = block;
  return {
    kind: 'mbconv',
    block,
    expand: foldBoth(block.expand, block.expandNorm),
    depthwise: foldBatchNorm(block.depthwise, block.depthwiseNorm),
    squeeze: squeeze === null ? null : { reduce: plainConv(squeeze.reduce), expand: plainConv(squeeze.expand) },
    project: foldBatchNorm(block.project, block.projectNorm),
  };
}

/** What `fuse` returns. It has the model's weights as they were then: later training does not reach it. */
export class FusedEfficientNet {
  private readonly stem: FoldedConv;
  private readonly blocks: readonly FoldedBlock[];
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

  /**
   * Logits `[N,numClasses]` of images `[N,H,W,C]`: what the model gives in evaluation, to 1e-5. Plans once for every
   * shape.
   */
  call(images: Tensor): Tensor {
    checkTensor('FusedEfficientNet.call', 'images', images);
    const key = formatShape(images.shape);
    let plan = this.plans.get(key);
    if (plan === undefined) this.plans.set(key, (plan = this.plan(images.shape)));
    copyInto(plan.input, images);
    return clone(plan.run());
  }

  /**
   * A forward pass for one shape `[N,H,W,C]` that allocates nothing when run: write into `plan.input`, call
   * `plan.run()`, read `plan.output`.
   */
  plan(inputShape: Shape): Plan {
    const { inChannels, activation } = this.model.config;
    if (inputShape.length !== 4 || inputShape[3] !== inChannels) {
      throw new RangeError(`FusedEfficientNet.plan: images are [N,H,W,${inChannels}], channels last; ` +
        `got ${formatShape(inputShape)}`);
    }
    const planner = new Planner(inputShape);
    let x = planner.conv(planner.input, this.stem, this.model.stem.options, activation);
    for (const block of this.blocks) x = planBlock(planner, x, block, activation);
    const features = planner.conv(x, this.head, {}, activation);
    planner.giveBack(x);
    const { weight, bias } = this.classifier;
    return planner.finish(planner.linear(planner.meanOfPixels(features), weight, bias));
  }
}

/** Adds a block; gives back every buffer but the one it returns. */
function planBlock(planner: Planner, x: Tensor, folded: FoldedBlock, activation: Activation): Tensor {
  const out = folded.kind === 'fused'
    ? planFusedMBConv(planner, x, folded, activation)
    : planMBConv(planner, x, folded, activation);
  planner.giveBack(x);
  return out;
}

function planMBConv(
  planner: Planner, x: Tensor, folded: Extract<FoldedBlock, { kind: 'mbconv' }>, activation: Activation,
): Tensor {
  const { block, expand, depthwise, squeeze, project } = folded;
  const residual = block.stochasticDepth === null ? null : x;
  const wide = expand === null ? x : planner.conv(x, expand, {}, activation);
  const seen = planner.conv(wide, depthwise, block.depthwise.options, activation);
  if (wide !== x) planner.giveBack(wide);
  if (squeeze === null) {
    const out = planner.conv(seen, project, {}, 'none', residual);
    planner.giveBack(seen);
    return out;
  }
  const squeezed = planner.meanOfPixels(seen);
  const reduced = planner.conv(squeezed, squeeze.reduce, {}, 'silu');
  const scale = planner.conv(reduced, squeeze.expand, {}, 'sigmoid');
  const out = planner.scaledConv(seen, scale, project, residual);
  for (const buffer of [seen, squeezed, reduced, scale]) planner.giveBack(buffer);
  return out;
}

function planFusedMBConv(
  planner: Planner, x: Tensor, folded: Extract<FoldedBlock, { kind: 'fused' }>, activation: Activation,
): Tensor {
  const { block, conv, project } = folded;
  const seen = planner.conv(x, conv, block.conv.options, activation);
  if (project === null) return block.stochasticDepth === null ? seen : planner.add(seen, x);
  const out = planner.conv(seen, project, {}, 'none', block.stochasticDepth === null ? null : x);
  planner.giveBack(seen);
  return out;
}

/**
 * Prepares a model for inference. The model itself is left as it is. Throws a TypeError for one without values
 * (`meta`).
 */
export function fuse(model: EfficientNet): FusedEfficientNet {
  if (model.stem.weight.value.isMeta) throw new TypeError('fuse: the model has shapes but no weights; load them first');
  return new FusedEfficientNet(model);
}
