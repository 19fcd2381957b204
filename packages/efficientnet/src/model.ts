/** EfficientNet: a stem, stages of blocks, a head, a classifier. */
import { formatShape } from '@vitrine/tensor';
import { globalAveragePool, variable } from '@vitrine/autograd';
import type { Input, Variable } from '@vitrine/autograd';
import { BatchNorm2d, Conv2d, Dropout, Linear, Module } from '@vitrine/nn';
import { DROP_PATH_RATE, PRESETS, VARIANTS, conventionsFor, isPreset, isVariant } from './config.js';
import type { Architecture, ConventionName, Preset, PresetName, VariantName } from './config.js';
import { FusedMBConv } from './fused-mbconv.js';
import { initialize } from './initialize.js';
import { normOf, paddingOf } from './layers.js';
import type { LayerSettings } from './layers.js';
import { MBConv } from './mbconv.js';
import { scale } from './scaling.js';
import { loadPretrained } from './weights/pretrained.js';
import type { PretrainedInfo, PretrainedOptions, WeightsSource } from './weights/pretrained.js';

export interface EfficientNetOptions {
  /** Classes of the classifier. Default 1000. */
  readonly numClasses?: number;
  /** Channels of the images. Default 3 (a preset may say otherwise). */
  readonly inChannels?: number;
  /** Side of the images the model is meant for; any size works, this one is for `summary` and preprocessing. */
  readonly imageSize?: number;
  /**
   * Padding and batch-norm settings: 'tensorflow' (the paper's code, lukemelas, Keras, timm tf_) or 'pytorch'
   * (torchvision). Default 'tensorflow'.
   */
  readonly conventions?: ConventionName;
  /** Share of the new batch in batch norm's running statistics, as PyTorch counts it; by default the convention's. */
  readonly batchNormMomentum?: number;
  /** Added to batch norm's variance; by default the convention's, see `conventionsFor`. */
  readonly batchNormEps?: number;
  readonly dropout?: number;
  /** Stochastic depth at the last block. Default 0.2. */
  readonly dropPath?: number;
  /** Default 2; 1 keeps the resolution of small images. */
  readonly stemStride?: number;
}

/** Everything the constructor needs, worked out: the architecture already scaled. */
export interface EfficientNetConfig extends Omit<Architecture, 'fixedEnds'> {
  readonly name: string;
  readonly numClasses: number;
  readonly inChannels: number;
  readonly imageSize: number;
  readonly dropout: number;
  readonly dropPath: number;
  readonly stemStride: number;
  readonly convention: ConventionName;
  readonly batchNormMomentum: number;
  /** Left out: the convention's. */
  readonly batchNormEps?: number;
}

/** reduction_1 … reduction_5: the last activation before each halving of the resolution; reduction_6: the head. */
export type Endpoints = Readonly<Record<`reduction_${1 | 2 | 3 | 4 | 5 | 6}`, Variable>>;

export class EfficientNet extends Module {
  readonly stem: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly blocks: readonly (MBConv | FusedMBConv)[];
  readonly head: Conv2d;
  readonly headNorm: BatchNorm2d;
  readonly dropout: Dropout;
  readonly classifier: Linear;
  /** What `fromPretrained` found in the file; null for a network that came from no file. */
  pretrained: PretrainedInfo | null = null;

  constructor(readonly config: EfficientNetConfig) {
    super();
    const {
      stemChannels, stages, headChannels, activation, inChannels, numClasses, stemStride, dropout, convention, name,
    } = config;
    for (const [option, value] of Object.entries({ numClasses, inChannels, imageSize: config.imageSize, stemStride })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(`EfficientNet: ${option} is a whole number >= 1; got ${String(value)}`);
      }
    }
    const usual = conventionsFor(convention, name);
    const { batchNormMomentum, batchNormEps = usual.batchNormEps } = config;
    const settings = { activation, conventions: { ...usual, batchNormMomentum, batchNormEps } };
    this.stem = new Conv2d(inChannels, stemChannels, 3, {
      stride: stemStride,
      padding: paddingOf(3, settings),
      bias: false,
    });
    this.stemNorm = normOf(stemChannels, settings, 'activated');
    this.blocks = makeBlocks(config, settings);
    this.head = new Conv2d(stages.at(-1)?.channels ?? stemChannels, headChannels, 1, { bias: false });
    this.headNorm = normOf(headChannels, settings, 'activated');
    this.dropout = new Dropout(dropout);
    this.classifier = new Linear(headChannels, numClasses);
    initialize(this);
  }

  /**
   * A published variant ('efficientnet-b0' … 'b8', 'efficientnet-l2', 'efficientnet-lite0' … 'lite4',
   * 'efficientnet-v2-s', '-m', '-l'; the prefix may be left out) or a preset small enough for a CPU ('small-32',
   * 'tiny-28', 'fast-28', 'small-28', 'medium-28'), freshly initialised. In `meta(() => …)` it has shapes only and
   * costs nothing.
   * Throws a RangeError naming the known names.
   */
  static fromName(name: string, options: EfficientNetOptions = {}): EfficientNet {
    return new EfficientNet(configFor(name, options));
  }

  /**
   * A network of one's own: an architecture (say of `architectureFromBlocks`), how far to stretch it, and what it is
   * made for.
   *
   *     EfficientNet.fromVariant('mine', {
   *       architecture, widthCoefficient: 1, depthCoefficient: 1, resolution: 64, dropout: 0.2,
   *     })
   */
  static fromVariant(name: string, variant: Preset, options: EfficientNetOptions = {}): EfficientNet {
    return new EfficientNet(configOf(name, variant, options));
  }

  /**
   * A network with the weights of a file of this library, torchvision, timm or lukemelas (.pth, .pt, .safetensors), in
   * evaluation mode. `name` says what the file should hold, 'auto' takes what it does hold. The source is a path, the
   * bytes, or a URL, which is downloaded once and kept. What was found, and how images are to be prepared, is then in
   * `pretrained`.
   *
   *     const model = await EfficientNet.fromPretrained('b0', 'efficientnet_b0_rwightman-7f5810bc.pth');
   *
   * Throws an Error naming the file if it holds another network, none that is known, or is damaged.
   */
  static fromPretrained(name: string, source: WeightsSource, options: PretrainedOptions = {}): Promise<EfficientNet> {
    return loadPretrained({ configFor, make: (config) => new EfficientNet(config) }, name, source, options);
  }

  /** `[N,H,W,C]` → logits `[N,numClasses]`. */
  forward(x: Variable): Variable {
    return this.classifier.call(this.dropout.call(this.pooledFeatures(x)));
  }

  /** What the classifier sees, before dropout: the mean of the head's activation over the image, `[N,headChannels]`. */
  pooledFeatures(x: Input): Variable {
    return globalAveragePool(this.extractFeatures(x));
  }

  /** The head's activation, before pooling: `[N,H/32,W/32,headChannels]` where the stem halves. */
  extractFeatures(x: Input): Variable {
    const last = this.runBlocks(x, () => {});
    return this.headNorm.call(this.head.call(last));
  }

  /**
   * Activations at every resolution, for detection and segmentation. Throws if the network halves fewer than five
   * times.
   */
  extractEndpoints(x: Input): Endpoints {
    const found: Variable[] = [];
    const last = this.runBlocks(x, (before, after) => {
      if (after.shape[1] < before.shape[1] || after.shape[2] < before.shape[2]) found.push(before);
    });
    found.push(last);
    const [reduction_1, reduction_2, reduction_3, reduction_4, reduction_5] = found;
    if (found.length !== 5) {
      throw new Error(`extractEndpoints: ${this.config.name} on ` +
        `${formatShape(variable('extractEndpoints', x).shape)} has ${found.length} resolutions; ` +
        'endpoints are defined for five');
    }
    return {
      reduction_1,
      reduction_2,
      reduction_3,
      reduction_4,
      reduction_5,
      reduction_6: this.headNorm.call(this.head.call(last)),
    };
  }

  private runBlocks(x: Input, observe: (before: Variable, after: Variable) => void): Variable {
    const images = variable('EfficientNet', x);
    const { inChannels } = this.config;
    if (images.shape.length !== 4 || images.shape[3] !== inChannels) {
      throw new RangeError(`EfficientNet: images are [N,H,W,${inChannels}], channels last; ` +
        `got ${formatShape(images.shape)}`);
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

function makeBlocks(
  { stemChannels, stages, dropPath }: EfficientNetConfig, settings: LayerSettings,
): (MBConv | FusedMBConv)[] {
  const total = stages.reduce((sum, { repeats }) => sum + repeats, 0);
  const blocks: (MBConv | FusedMBConv)[] = [];
  let inChannels = stemChannels;
  for (const { block, kernel, stride, expandRatio, channels, repeats, squeezeRatio } of stages) {
    for (let i = 0; i < repeats; i++) {
      const options = {
        inChannels,
        outChannels: channels,
        kernel,
        stride: i === 0 ? stride : 1,
        expandRatio,
        dropPath: (dropPath * blocks.length) / total,
        ...settings,
      };
      blocks.push(block === 'fused' ? new FusedMBConv(options) : new MBConv({ ...options, squeezeRatio }));
      inChannels = channels;
    }
  }
  return blocks;
}

/** The full configuration behind a name. */
export function configFor(name: string, options: EfficientNetOptions = {}): EfficientNetConfig {
  const full = canonicalName(name);
  return configOf(full, isVariant(full) ? VARIANTS[full] : PRESETS[full], options);
}

function configOf(name: string, row: Preset, options: EfficientNetOptions): EfficientNetConfig {
  const convention = options.conventions ?? 'tensorflow';
  const { stemChannels, stages, headChannels, activation } = scale(row.architecture, row);
  return {
    name,
    stemChannels,
    stages,
    headChannels,
    activation,
    numClasses: options.numClasses ?? 1000,
    inChannels: options.inChannels ?? row.inChannels ?? 3,
    imageSize: options.imageSize ?? row.resolution,
    dropout: options.dropout ?? row.dropout,
    dropPath: options.dropPath ?? DROP_PATH_RATE,
    stemStride: options.stemStride ?? row.stemStride ?? 2,
    convention,
    batchNormMomentum: options.batchNormMomentum ?? conventionsFor(convention, name).batchNormMomentum,
    ...(options.batchNormEps !== undefined && { batchNormEps: options.batchNormEps }),
  };
}

/**
 * 'b0', 'efficientnet_b0' and 'efficientnetv2_s', as other libraries write them, are 'efficientnet-b0' and
 * 'efficientnet-v2-s' here.
 */
function canonicalName(asked: string): VariantName | PresetName {
  const dashed = asked
    .replaceAll('_', '-')
    .replace(/^efficientnetv2/, 'efficientnet-v2')
    .replace(/^v2(?=[sml]$)/, 'v2-');
  const full = [dashed, `efficientnet-${dashed}`].find((name) => isPreset(name) || isVariant(name));
  if (full !== undefined && (isPreset(full) || isVariant(full))) return full;
  throw new RangeError(`EfficientNet: there is no model '${asked}'; ` +
    `known are ${[...Object.keys(VARIANTS), ...Object.keys(PRESETS)].join(', ')}`);
}
