/** PyTorch: inference, steps of training, single operations. */
import { MBConv } from '../../../packages/efficientnet/dist/index.js';
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';
import type { BatchNorm2d, Conv2d } from '../../../packages/nn/dist/index.js';
import { networkOf, outputChannelsFirst } from '../../dist/export/network.js';
import type { Layer } from '../../dist/export/network.js';
import { EPS, SAMPLE_SECONDS } from './kernel-list.js';
import type { Kernel, KernelPeer } from './kernel-list.js';
import { LEARNING_RATE } from './peer.js';
import type { Batch, Peer, TrainingPeer } from './peer.js';
import { Numbers, startPython, torchVersion } from './python.js';
import type { Setting } from './python.js';

/**
 * As it comes, and as someone who measures would set it up: channels last, and an allocator that keeps the memory it
 * has. As it comes, glibc gives every large activation back to the system and gets it again, page by page.
 */
const settings = (): readonly Setting[] => {
  const name = torchVersion();
  return [
    { name, layout: 'contiguous', environment: {} },
    {
      name: `${name}, tuned`,
      layout: 'channels_last',
      environment: { MALLOC_TRIM_THRESHOLD_: String(2 ** 34), MALLOC_MMAP_THRESHOLD_: String(2 ** 34) },
    },
  ];
};

export async function torchPeers(
  model: EfficientNet,
  { count, size, channelsFirst }: Batch,
  threads: number,
): Promise<Peer[]> {
  const network = networkOf(model);
  return settings().map((setting) => {
    const numbers = new Numbers();
    const images = numbers.add([count, 3, size, size], channelsFirst);
    const layers = network.layers.map((layer) => describeLayer(layer, numbers));
    const description = { input: network.input, output: network.output, images, layers };
    const { ask, result, close } = startPython('inference.py', setting, threads, description, numbers);
    return {
      name: setting.name,
      threads,
      async logits() {
        await ask('logits');
        return result();
      },
      time: async () => Number(await ask('time')),
      close,
    };
  });
}

function describeLayer(layer: Layer, numbers: Numbers): object {
  switch (layer.op) {
    case 'conv': {
      const {
        weight,
        weightShape: [kH, kW, C, O],
        bias,
        ...rest
      } = layer;
      const packed = numbers.add([O, C, kH, kW], outputChannelsFirst(weight, layer.weightShape));
      return { ...rest, weight: packed, bias: numbers.add([O], bias) };
    }
    case 'linear': {
      const { weight, weightShape, bias, ...rest } = layer;
      const packed = numbers.add(weightShape, weight);
      return { ...rest, weight: packed, bias: numbers.add([weightShape[1]], bias) };
    }
    default:
      return layer;
  }
}

export async function torchTraining(
  model: EfficientNet,
  { count, size, channelsFirst }: Batch,
  labels: readonly number[],
  threads: number,
): Promise<TrainingPeer[]> {
  return settings().map((setting) => {
    const numbers = new Numbers();
    const images = numbers.add([count, 3, size, size], channelsFirst);
    const description = { images, labels, lr: LEARNING_RATE, ...describeModel(model, numbers) };
    const { ask, result, close } = startPython('training.py', setting, threads, description, numbers);
    return {
      name: setting.name,
      threads,
      async firstStep() {
        const loss = Number(await ask('first'));
        return { loss, stemGradient: result() };
      },
      time: async () => Number(await ask('time')),
      close,
    };
  });
}

/** The network's structure with its weights, which go into the file in this order. */
function describeModel(model: EfficientNet, numbers: Numbers): object {
  const conv = ({ weight, bias, options: { stride, padding, groups } }: Conv2d): object => {
    if (padding === 'same') throw new Error("describeModel: PyTorch pads both sides alike; use conventions 'pytorch'");
    const [kH, kW, C, O] = weight.shape;
    const packed = numbers.add([O, C, kH, kW], outputChannelsFirst(weight.value.toFloat32Array(), weight.shape));
    const offset = bias === null ? {} : { bias: numbers.add([O], bias.value.toFloat32Array()) };
    return { weight: packed, ...offset, stride, padding, groups };
  };
  const convNorm = (layer: Conv2d, { eps, momentum, activation }: BatchNorm2d): object =>
    ({ ...conv(layer), eps, momentum, activation });
  const block = (mbconv: EfficientNet['blocks'][number]): object => {
    if (!(mbconv instanceof MBConv) || mbconv.squeezeExcitation === null) {
      throw new Error('describeModel: blocks are MBConv with squeeze-excitation, as in B0 to B8');
    }
    const { expand, expandNorm, depthwise, depthwiseNorm, squeezeExcitation, project, projectNorm } = mbconv;
    return {
      widen: [
        ...(expand !== null && expandNorm !== null ? [convNorm(expand, expandNorm)] : []),
        convNorm(depthwise, depthwiseNorm),
      ],
      reduce: conv(squeezeExcitation.reduce),
      expand: conv(squeezeExcitation.expand),
      project: convNorm(project, projectNorm),
      residual: mbconv.stochasticDepth !== null,
    };
  };
  const { weight, bias } = model.classifier;
  if (bias === null) throw new Error('describeModel: the classifier has no bias');
  return {
    stem: convNorm(model.stem, model.stemNorm),
    blocks: model.blocks.map(block),
    head: convNorm(model.head, model.headNorm),
    classifier: {
      weight: numbers.add(weight.shape, weight.value.toFloat32Array()),
      bias: numbers.add(bias.shape, bias.value.toFloat32Array()),
    },
  };
}

export async function torchKernels(kernels: readonly Kernel[], threads: number): Promise<KernelPeer[]> {
  return settings().map((setting) => {
    const numbers = new Numbers();
    const described = kernels.map(({ op, inputs }) => ({
      name: op,
      inputs: inputs.map(({ kind, shape, values }) => ({ kind, ...numbers.add(shape, values) })),
    }));
    const description = { sampleSeconds: SAMPLE_SECONDS, eps: EPS, kernels: described };
    const { ask, result, close } = startPython('kernels.py', setting, threads, description, numbers);
    return {
      name: setting.name,
      threads,
      async output(op) {
        await ask(`output ${op}`);
        return result();
      },
      time: async (op) => Number(await ask(`time ${op}`)),
      close,
    };
  });
}
