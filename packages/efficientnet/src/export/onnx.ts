/** An EfficientNet as an ONNX file, which ONNX Runtime, TensorRT, OpenVINO and others run. */
import { OnnxGraph, addActivation, addConv2d, addConvNorm, addLinear } from '@vitrine/nn';
import type { BatchNorm2d, Conv2d, Named, OnnxImages } from '@vitrine/nn';
import { FusedMBConv } from '../fused-mbconv.js';
import type { MBConv } from '../mbconv.js';
import type { EfficientNet } from '../model.js';
import type { SqueezeExcitation } from '../squeeze-excitation.js';

export interface OnnxOptions {
  /** Whether batch norms become part of the convolutions before them, as in `fuse`, or are nodes. Default true. */
  readonly foldBatchNorm?: boolean;
  /** Side of the images, or [height, width], or 'dynamic': every run chooses. Default the model's own. */
  readonly imageSize?: number | readonly [height: number, width: number] | 'dynamic';
  /** Name of the graph. Default the model's. */
  readonly name?: string;
}

/**
 * The bytes of an ONNX file (opset 17) that does what the model does in evaluation, on batches of any length N: `input`
 * `[N,C,H,W]` → `logits` `[N,numClasses]`, float32. Note the order of the axes, channels first as ONNX has it. Weights
 * and values have the names of the model's parameters and layers; dropout and stochastic depth are gone.
 *
 *     writeFileSync('b0.onnx', exportOnnx(model));
 *
 * The model is left as it is. Throws a TypeError for one without values (`meta`), a RangeError for a size that is no
 * whole number, or for more than 2 GiB.
 */
export function exportOnnx(model: EfficientNet, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { inChannels, numClasses, imageSize: ownSize, name: ownName } = model.config;
  const { foldBatchNorm: fold = true, imageSize = ownSize, name = ownName } = options;
  if (model.stem.weight.value.isMeta) {
    throw new TypeError('exportOnnx: the model has shapes but no weights; load them first');
  }
  const size = sizeOf(imageSize);
  const [H, W] = size ?? ['H', 'W'];
  const graph = new OnnxGraph(name);
  const walk = new Walk(graph, fold);
  let x: OnnxImages = { name: graph.input('input', ['N', inChannels, H, W]), size };
  x = walk.convNorm(['stem', model.stem], ['stemNorm', model.stemNorm], x);
  model.blocks.forEach((block, i) => {
    x = block instanceof FusedMBConv ? walk.fusedMBConv(`blocks.${i}`, block, x) : walk.mbconv(`blocks.${i}`, block, x);
  });
  x = walk.convNorm(['head', model.head], ['headNorm', model.headNorm], x);
  const pooled = graph.node('GlobalAveragePool', [x.name], 'pooled'); // [N,C,1,1]
  const features = graph.node('Flatten', [pooled], 'features', { axis: { int: 1 } });
  graph.output(addLinear(graph, ['classifier', model.classifier], features, 'logits'), ['N', numClasses]);
  return graph.encode();
}

function sizeOf(imageSize: NonNullable<OnnxOptions['imageSize']>): OnnxImages['size'] {
  if (imageSize === 'dynamic') return null;
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  for (const side of [height, width]) {
    if (!Number.isInteger(side) || side < 1) {
      const got = JSON.stringify(imageSize);
      throw new RangeError(`exportOnnx: imageSize is a whole number >= 1, two of them, or 'dynamic'; got ${got}`);
    }
  }
  return [height, width];
}

/** Follows each block as its `forward` does. Layers are named by their paths below the model. */
class Walk {
  constructor(private readonly graph: OnnxGraph, private readonly fold: boolean) {}

  convNorm(conv: Named<Conv2d>, norm: Named<BatchNorm2d>, x: OnnxImages): OnnxImages {
    return addConvNorm(this.graph, conv, norm, x, this.fold);
  }

  mbconv(name: string, block: MBConv, x: OnnxImages): OnnxImages {
    const { expand, expandNorm, depthwise, depthwiseNorm, squeezeExcitation, project, projectNorm } = block;
    let branch = x;
    if (expand !== null && expandNorm !== null) {
      branch = this.convNorm([`${name}.expand`, expand], [`${name}.expandNorm`, expandNorm], branch);
    }
    branch = this.convNorm([`${name}.depthwise`, depthwise], [`${name}.depthwiseNorm`, depthwiseNorm], branch);
    if (squeezeExcitation !== null) {
      branch = this.squeezeExcitation(`${name}.squeezeExcitation`, squeezeExcitation, branch);
    }
    branch = this.convNorm([`${name}.project`, project], [`${name}.projectNorm`, projectNorm], branch);
    return this.residual(name, block, branch, x);
  }

  fusedMBConv(name: string, block: FusedMBConv, x: OnnxImages): OnnxImages {
    const { conv, convNorm, project, projectNorm } = block;
    let branch = this.convNorm([`${name}.conv`, conv], [`${name}.convNorm`, convNorm], x);
    if (project !== null && projectNorm !== null) {
      branch = this.convNorm([`${name}.project`, project], [`${name}.projectNorm`, projectNorm], branch);
    }
    return this.residual(name, block, branch, x);
  }

  private squeezeExcitation(name: string, { reduce, expand }: SqueezeExcitation, x: OnnxImages): OnnxImages {
    const squeezed = this.graph.node('GlobalAveragePool', [x.name], `${name}.squeezed`); // [N,C,1,1]
    const narrow = addConv2d(this.graph, `${name}.reduce`, reduce, { name: squeezed, size: [1, 1] });
    const wide = addConv2d(this.graph, `${name}.expand`, expand, addActivation(this.graph, 'silu', narrow));
    const weights = addActivation(this.graph, 'sigmoid', wide);
    return { ...x, name: this.graph.node('Mul', [x.name, weights.name], name) };
  }

  /** In evaluation stochastic depth drops nothing; that the block has one says that it adds its input. */
  private residual(name: string, block: MBConv | FusedMBConv, branch: OnnxImages, x: OnnxImages): OnnxImages {
    if (block.stochasticDepth === null) return branch;
    return { ...branch, name: this.graph.node('Add', [branch.name, x.name], name) };
  }
}
