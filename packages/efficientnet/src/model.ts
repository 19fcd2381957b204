/** EfficientNet: a stem, stages of MBConv blocks, a head, a classifier. */
import { copyInto, formatShape, rand, randn, scope, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { globalAveragePool, variable } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';
import { BatchNorm2d, Conv2d, Dropout, Linear, Module } from '@vitrine/nn';
import { B0_HEAD, B0_STAGES, B0_STEM, DROP_PATH_RATE, PRESETS, VARIANTS, conventionsFor, isPreset, isVariant } from './config.js';
import type { ConventionName, Conventions, Preset, PresetName, Scaling, StageConfig, VariantName } from './config.js';
import { MBConv, normOf, paddingOf } from './mbconv.js';
import { roundFilters, scaleStages } from './scaling.js';

export interface EfficientNetOptions {
  /** Classes of the classifier. Default 1000. */
  readonly numClasses?: number;
  /** Channels of the images. Default 3 (a preset may say otherwise). */
  readonly inChannels?: number;
  /** Side of the images the model is meant for; any size works, this one is for `summary` and preprocessing. */
  readonly imageSize?: number;
  /** Padding and batch-norm settings: 'tensorflow' (the paper's code, lukemelas, Keras, timm tf_) or 'pytorch' (torchvision). Default 'tensorflow'. */
  readonly conventions?: ConventionName;
  /** Share of the new batch in batch norm's running statistics, as PyTorch counts it; by default the convention's. */
  readonly batchNormMomentum?: number;
  readonly dropout?: number;
  /** Stochastic depth at the last block. Default 0.2. */
  readonly dropPath?: number;
  /** Default 2; 1 keeps the resolution of small images. */
  readonly stemStride?: number;
}

/** Everything the constructor needs, worked out. */
export interface EfficientNetConfig {
  readonly name: string;
  readonly stemChannels: number;
  readonly headChannels: number;
  /** Already scaled. */
  readonly stages: readonly StageConfig[];
  readonly numClasses: number;
  readonly inChannels: number;
  readonly imageSize: number;
  readonly dropout: number;
  readonly dropPath: number;
  readonly stemStride: number;
  readonly convention: ConventionName;
  readonly batchNormMomentum: number;
}

/** reduction_1 … reduction_5: the last activation before each halving of the resolution; reduction_6: the head. */
export type Endpoints = Readonly<Record<`reduction_${1 | 2 | 3 | 4 | 5 | 6}`, Variable>>;

export class EfficientNet extends Module {
  readonly stem: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly blocks: readonly MBConv[];
  readonly head: Conv2d;
  readonly headNorm: BatchNorm2d;
  readonly dropout: Dropout;
  readonly classifier: Linear;

  constructor(readonly config: EfficientNetConfig) {
    super();
    const { stemChannels, headChannels, stages, inChannels, numClasses, stemStride, dropout, dropPath, convention, name } = config;
    for (const [option, value] of Object.entries({ numClasses, inChannels, imageSize: config.imageSize, stemStride })) {
      if (!Number.isInteger(value) || value < 1) throw new RangeError(`EfficientNet: ${option} is a whole number >= 1; got ${String(value)}`);
    }
    const conventions = { ...conventionsFor(convention, name), batchNormMomentum: config.batchNormMomentum };
    this.stem = new Conv2d(inChannels, stemChannels, 3, { stride: stemStride, padding: paddingOf(3, conventions), bias: false });
    this.stemNorm = normOf(stemChannels, conventions, 'silu');
    this.blocks = makeBlocks(stages, stemChannels, dropPath, conventions);
    this.head = new Conv2d(stages.at(-1)?.channels ?? stemChannels, headChannels, 1, { bias: false });
    this.headNorm = normOf(headChannels, conventions, 'silu');
    this.dropout = new Dropout(dropout);
    this.classifier = new Linear(headChannels, numClasses);
    initialize(this);
  }

  /**
   * A published variant ('efficientnet-b0' … 'b8', 'efficientnet-l2'; the prefix may be left out) or a preset small enough for
   * a CPU ('small-32', 'tiny-28'), freshly initialised. In `meta(() => …)` it has shapes only and costs nothing.
   * Throws a RangeError naming the known names.
   */
  static fromName(name: string, options: EfficientNetOptions = {}): EfficientNet {
    return new EfficientNet(configFor(name, options));
  }

  /** `[N,H,W,C]` → logits `[N,numClasses]`. */
  forward(x: Variable): Variable {
    const pooled = globalAveragePool(this.extractFeatures(x));
    return this.classifier.call(this.dropout.call(pooled));
  }

  /** The head's activation, before pooling: `[N,H/32,W/32,headChannels]` where the stem halves. */
  extractFeatures(x: Input): Variable {
    const last = this.runBlocks(x, () => {});
    return this.headNorm.call(this.head.call(last));
  }

  /** Activations at every resolution, for detection and segmentation. Throws if the network halves fewer than five times. */
  extractEndpoints(x: Input): Endpoints {
    const found: Variable[] = [];
    const last = this.runBlocks(x, (before, after) => {
      if (after.shape[1] < before.shape[1] || after.shape[2] < before.shape[2]) found.push(before);
    });
    found.push(last);
    const [reduction_1, reduction_2, reduction_3, reduction_4, reduction_5] = found;
    if (found.length !== 5) {
      throw new Error(`extractEndpoints: ${this.config.name} on ${formatShape(variable('extractEndpoints', x).shape)} has ${found.length} resolutions; endpoints are defined for five`);
    }
    return { reduction_1, reduction_2, reduction_3, reduction_4, reduction_5, reduction_6: this.headNorm.call(this.head.call(last)) };
  }

  private runBlocks(x: Input, observe: (before: Variable, after: Variable) => void): Variable {
    const images = variable('EfficientNet', x);
    const { inChannels } = this.config;
    if (images.shape.length !== 4 || images.shape[3] !== inChannels) {
      throw new RangeError(`EfficientNet: images are [N,H,W,${inChannels}], channels last; got ${formatShape(images.shape)}`);
    }
    let value = this.stemNorm.call(this.stem.call(images));
    for (const block of this.blocks) {
      const next = block.call(value);
      observe(value, next);
      value = next;
    }
    return value;
  }
}

function makeBlocks(stages: readonly StageConfig[], stemChannels: number, dropPath: number, conventions: Conventions): MBConv[] {
  const total = stages.reduce((sum, { repeats }) => sum + repeats, 0);
  const blocks: MBConv[] = [];
  let inChannels = stemChannels;
  for (const { kernel, stride, expandRatio, channels, repeats } of stages) {
    for (let i = 0; i < repeats; i++) {
      blocks.push(new MBConv({
        inChannels,
        outChannels: channels,
        kernel,
        stride: i === 0 ? stride : 1,
        expandRatio,
        dropPath: (dropPath * blocks.length) / total,
        conventions,
      }));
      inChannels = channels;
    }
  }
  return blocks;
}

/** The full configuration behind a name. */
export function configFor(name: string, options: EfficientNetOptions = {}): EfficientNetConfig {
  const full = isPreset(name) || isVariant(name) ? name : `efficientnet-${name}`;
  const convention = options.conventions ?? 'tensorflow';
  const row: Scaling & Partial<Preset> = lookUp(full, name);
  return {
    name: full,
    stemChannels: roundFilters(B0_STEM, row.widthCoefficient),
    headChannels: roundFilters(B0_HEAD, row.widthCoefficient),
    stages: scaleStages(row.stages ?? B0_STAGES, row),
    numClasses: options.numClasses ?? 1000,
    inChannels: options.inChannels ?? row.inChannels ?? 3,
    imageSize: options.imageSize ?? row.resolution,
    dropout: options.dropout ?? row.dropout,
    dropPath: options.dropPath ?? DROP_PATH_RATE,
    stemStride: options.stemStride ?? row.stemStride ?? 2,
    convention,
    batchNormMomentum: options.batchNormMomentum ?? conventionsFor(convention, full).batchNormMomentum,
  };
}

function lookUp(full: string, asked: string): Scaling & Partial<Preset> {
  if (isVariant(full)) return VARIANTS[full];
  if (isPreset(full)) return PRESETS[full];
  const known: readonly (VariantName | PresetName)[] = [...Object.keys(VARIANTS).filter(isVariant), ...Object.keys(PRESETS).filter(isPreset)];
  throw new RangeError(`EfficientNet: there is no model '${asked}'; known are ${known.join(', ')}`);
}

/**
 * The paper's initialisation: convolutions N(0, √(2/(kH·kW·outChannels))), depthwise ones with kH·kW in the place of the product,
 * biases 0; the classifier U(±1/√classes). Source: tpu `efficientnet_model.py`.
 */
function initialize(model: EfficientNet): void {
  for (const [, module] of model.namedModules()) {
    if (module instanceof Conv2d) {
      const [kH, kW] = module.kernel;
      const fanOut = (kH * kW * module.outChannels) / module.options.groups;
      fill(module.weight.value, (like) => randn(like.shape, runtime.random, { std: Math.sqrt(2 / fanOut) }));
      if (module.bias !== null) fill(module.bias.value, (like) => zeros(like.shape));
    } else if (module instanceof Linear) {
      const bound = 1 / Math.sqrt(module.outFeatures);
      fill(module.weight.value, (like) => rand(like.shape, runtime.random, { low: -bound, high: bound }));
      if (module.bias !== null) fill(module.bias.value, (like) => zeros(like.shape));
    }
  }
}

const fill = (target: Tensor, make: (like: Tensor) => Tensor): void => scope(() => copyInto(target, make(target)));
