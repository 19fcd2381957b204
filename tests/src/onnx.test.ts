/** ONNX files: what they say, and that a reader who runs them as ONNX defines it gets the model's logits. */
import { noGrad } from '@vitrine/autograd';
import { EfficientNet, LITE, architectureFromBlocks, exportOnnx } from '@vitrine/efficientnet';
import type { EfficientNetOptions, OnnxOptions } from '@vitrine/efficientnet';
import { Conv2d, OnnxGraph, addConv2d, foldBatchNorm } from '@vitrine/nn';
import { Random, manualSeed, meta, permute, randn } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { measured } from '../../benchmarks/dist/models/network.js';
import * as protobuf from '../../packages/nn/dist/export/protobuf.js';
import { expectClose } from './support/close.js';
import { evaluateOnnx } from './support/onnx-evaluator.js';
import { fieldsOf, readOnnx } from './support/onnx-reader.js';
import type { OnnxModel } from './support/onnx-reader.js';

const hex = (fields: protobuf.Fields): string => Buffer.from(protobuf.join([fields])).toString('hex');

describe('protocol buffers', () => {
  it('are the bytes of the examples in the encoding\'s description', () => {
    expect(hex(protobuf.integer(1, 150))).to.equal('089601');
    expect(hex(protobuf.text(2, 'testing'))).to.equal('120774657374696e67');
    expect(hex(protobuf.message(3, protobuf.integer(1, 150)))).to.equal('1a03089601');
    expect(hex(protobuf.integer(1, -2))).to.equal('08feffffffffffffffff01');
    expect(hex(protobuf.float(2, 1))).to.equal('150000803f');
    expect(hex(protobuf.text(20, 'é'))).to.equal('a20102c3a9');
    expect(hex(protobuf.message(1))).to.equal('0a00');
  });

  it('integers come back, also large and negative ones', () => {
    for (const n of [0, 1, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)]) {
      const [{ value }] = fieldsOf(protobuf.join([protobuf.integer(1, n)]));
      expect(typeof value === 'bigint' ? BigInt.asIntN(64, value) : value).to.equal(BigInt(n));
    }
    for (const n of [0.5, NaN, 2 ** 53]) expect(() => protobuf.varint(n)).to.throw(RangeError, 'varint: a whole');
  });
});

describe('OnnxGraph', () => {
  it('holds values under unique names, each made before it is read', () => {
    const graph = new OnnxGraph('double');
    const x = graph.input('x', ['N', 3]);
    expect(() => graph.node('Relu', ['y'], 'z'))
      .to.throw('OnnxGraph: node Relu reads \'y\', which nothing before it makes');
    expect(() => graph.output('y', [1])).to.throw('OnnxGraph: output reads \'y\'');
    expect(() => graph.input('x', [1])).to.throw('OnnxGraph: two values are named \'x\'');
    expect(() => graph.node('Relu', ['x'], 'x')).to.throw('OnnxGraph: two values are named \'x\'');
    expect(() => graph.initializer('w', [2, 2], new Float32Array(3)))
      .to.throw(RangeError, '\'w\' is [2,2], 4 elements; got 3');
    const two = graph.initializer('two', [1, 1], Float32Array.of(2));
    graph.output(graph.node('Mul', [x, two], 'y'), ['N', 3]);
    const model = readOnnx(graph.encode());
    expect(model).to.deep.equal({
      irVersion: 8,
      producer: 'vitrine',
      opsets: [17],
      name: 'double',
      inputs: [{ name: 'x', type: 1, dims: ['N', 3] }],
      outputs: [{ name: 'y', type: 1, dims: ['N', 3] }],
      nodes: [{ op: 'Mul', name: 'y', inputs: ['x', 'two'], output: 'y', attributes: new Map() }],
      weights: new Map([['two', { shape: [1, 1], type: 1, data: Float32Array.of(2) }]]),
    });
    const y = evaluateOnnx(model, { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
    expect([...Float64Array.from(y.data)]).to.deep.equal([2, 4, 6, 8, 10, 12]);
  });

  it('refuses more than 2 GiB', () => {
    const graph = new OnnxGraph('large');
    const quarter = new Float32Array(2 ** 26); // 256 MiB, and never touched
    for (let i = 0; i < 7; i++) graph.initializer(`w${i}`, [2 ** 26], quarter);
    expect(() => graph.initializer('w7', [2 ** 26], quarter))
      .to.throw(RangeError, 'OnnxGraph: with \'w7\' the file of \'large\' exceeds 2 GiB');
  });
});

/** V2 in small: Fused-MBConv widened and not, with and without a residual, then MBConv. */
function smallV2(options: EfficientNetOptions): EfficientNet {
  const architecture = architectureFromBlocks(
    ['r2_k3_s11_e1_i8_o8_c1', 'r2_k3_s22_e4_i8_o16_c1', 'r2_k3_s22_e4_i16_o24_se0.25'], { headChannels: 32 });
  const scaling = { widthCoefficient: 1, depthCoefficient: 1, resolution: 32, dropout: 0 };
  return EfficientNet.fromVariant('small-v2', { architecture, ...scaling }, { numClasses: 10, ...options });
}

/** Lite at half the width and depth: ReLU6, no squeeze-excitation. */
const smallLite = (options: EfficientNetOptions): EfficientNet => EfficientNet.fromVariant('small-lite', {
  architecture: LITE, widthCoefficient: 0.5, depthCoefficient: 0.5, resolution: 32, dropout: 0, stemStride: 1,
}, { numClasses: 10, ...options });

const named = (name: string) => (options: EfficientNetOptions): EfficientNet =>
  EfficientNet.fromName(name, { numClasses: 10, ...options });

type Size = readonly [height: number, width: number];

type Build = (options: EfficientNetOptions) => EfficientNet;

const models: readonly (readonly [string, Build, EfficientNetOptions, Size])[] = [
  ['tiny-28', named('tiny-28'), {}, [28, 28]],
  ['small-32', named('small-32'), {}, [32, 27]],
  ['small-32', named('small-32'), { conventions: 'pytorch' }, [32, 27]],
  ['small-lite', smallLite, {}, [28, 33]],
  ['small-v2', smallV2, {}, [32, 31]],
  ['small-v2', smallV2, { conventions: 'pytorch' }, [32, 31]],
];

function make(build: Build, options: EfficientNetOptions, size: Size): EfficientNet {
  manualSeed(3);
  return measured((measuring) => build({ ...options, ...measuring }), { count: 8, size });
}

const channelsFirst = (x: Tensor) => ({
  shape: permute(x, [0, 3, 1, 2]).shape, data: permute(x, [0, 3, 1, 2]).toFloat64Array(),
});

const opsOf = ({ nodes }: OnnxModel): Set<string> => new Set(nodes.map(({ op }) => op));

describe('exportOnnx', () => {

  for (const [name, build, options, size] of models) {
    it(`${name}, ${options.conventions ?? 'tensorflow'}: a run of the file gives the logits to 1e-5`, () => {
      const model = make(build, options, size);
      const images = randn([2, ...size, model.config.inChannels], new Random(7));
      const want = noGrad(() => model.call(images)).value;
      const data = want.toFloat32Array();
      expect(Math.abs(data[0] - data[10]), 'two images, different logits').to.be.above(1e-3);
      for (const foldBatchNorm of [true, false]) {
        for (const imageSize of [size, 'dynamic'] as const) {
          const file = readOnnx(exportOnnx(model, { foldBatchNorm, imageSize }));
          const label = `${name}, folded ${foldBatchNorm}, ${String(imageSize)}`;
          expect(opsOf(file).has('BatchNormalization'), label).to.equal(!foldBatchNorm);
          expectClose(evaluateOnnx(file, channelsFirst(images)), { shape: want.shape, data }, 1e-5, label);
        }
      }
    });
  }

  const model = make(named('small-32'), {}, [32, 32]);
  const file = readOnnx(exportOnnx(model));
  const convs = file.nodes.filter(({ op }) => op === 'Conv');

  it('declares versions, the images channels first, and the logits, for batches of any length', () => {
    expect(file).to.include({ irVersion: 8, producer: 'vitrine', name: 'small-32' });
    expect(file.opsets).to.deep.equal([17]);
    expect(file.inputs).to.deep.equal([{ name: 'input', type: 1, dims: ['N', 3, 32, 32] }]);
    expect(file.outputs).to.deep.equal([{ name: 'logits', type: 1, dims: ['N', 10] }]);
    const dimsOf = (options: OnnxOptions) => readOnnx(exportOnnx(model, options)).inputs[0].dims;
    expect(dimsOf({ imageSize: 40 })).to.deep.equal(['N', 3, 40, 40]);
    expect(dimsOf({ imageSize: [40, 24] })).to.deep.equal(['N', 3, 40, 24]);
    expect(dimsOf({ imageSize: 'dynamic' })).to.deep.equal(['N', 3, 'H', 'W']);
    expect(readOnnx(exportOnnx(model, { name: 'digits' })).name).to.equal('digits');
  });

  it('makes every value once, before it is read, and reads all but the logits', () => {
    const known = new Set([...file.inputs.map(({ name }) => name), ...file.weights.keys()]);
    for (const { op, inputs, output } of file.nodes) {
      expect(inputs.filter((name) => !known.has(name)), `${op} ${output}`).to.deep.equal([]);
      expect(known.has(output), output).to.equal(false);
      known.add(output);
    }
    const read = new Set(file.nodes.flatMap(({ inputs }) => inputs));
    expect([...known].filter((name) => !read.has(name))).to.deep.equal(['logits']);
  });

  it('with batch norm as nodes, the weights are the model\'s state, by name', () => {
    for (const other of [model, make(smallV2, {}, [32, 32])]) {
      const { weights } = readOnnx(exportOnnx(other, { foldBatchNorm: false }));
      const state = other.stateDict();
      expect([...weights.keys()].sort()).to.deep.equal([...state.keys()].sort());
      for (const [name, tensor] of state) {
        const stored = weights.get(name);
        const want = tensor.rank === 4 ? permute(tensor, [3, 2, 0, 1]) : tensor;
        expect(stored?.shape, name).to.deep.equal(want.shape);
        expect(stored?.data, name).to.deep.equal(want.toFloat32Array());
      }
    }
  });

  it('folded, a convolution has its batch norm in it', () => {
    const { weight, bias } = foldBatchNorm(model.stem, model.stemNorm);
    expect(file.weights.get('stem.weight')?.data).to.deep.equal(permute(weight, [3, 2, 0, 1]).toFloat32Array());
    expect(file.weights.get('stem.bias')?.data).to.deep.equal(bias.toFloat32Array());
    const modules = [...model.namedModules()].filter(([, module]) => module instanceof Conv2d);
    expect(convs.map(({ output }) => output)).to.deep.equal(modules.map(([name]) => name));
  });

  it('writes TensorFlow\'s padding out for a known size, and names its rule for others', () => {
    const halving = convs.filter(({ attributes }) => attributes.get('strides')?.toString() === '2,2');
    const windows = halving.map(({ attributes }) => [attributes.get('kernel_shape'), attributes.get('pads')]);
    const same = [[[3, 3], [0, 0, 1, 1]], [[5, 5], [1, 1, 2, 2]], [[3, 3], [0, 0, 1, 1]], [[5, 5], [1, 1, 2, 2]]];
    expect(windows).to.deep.equal(same);
    for (const { attributes } of readOnnx(exportOnnx(model, { imageSize: 'dynamic' })).nodes) {
      const kernel = attributes.get('kernel_shape')?.toString();
      if (kernel === undefined) continue;
      expect(attributes.get('auto_pad')).to.equal(kernel === '1,1' ? undefined : 'SAME_UPPER');
      expect(attributes.has('pads')).to.equal(kernel === '1,1');
    }
    const graph = new OnnxGraph('stride beyond the window');
    const images = { name: graph.input('x', ['N', 1, 'H', 'W']), size: null };
    const conv = new Conv2d(1, 1, 2, { stride: 3, padding: 'same' });
    expect(() => addConv2d(graph, 'conv', conv, images))
      .to.throw(RangeError, 'a 2x2 window with stride 3x3 and padding \'same\'');
  });

  it('writes every form of padding, and strides, windows and dilations that are not square', () => {
    const paddings = ['same', 'valid', 2, [1, 0], { top: 0, bottom: 2, left: 1, right: 3 }] as const;
    const dilations = [1, 2, [1, 3]] as const;
    for (const [padding, dilation] of paddings.flatMap((p) => dilations.map((d) => [p, d] as const))) {
      const conv = new Conv2d(4, 6, [3, 2], { stride: [2, 1], padding, dilation, groups: 2 });
      const graph = new OnnxGraph('conv');
      const x = { name: graph.input('x', ['N', 4, 9, 7]), size: [9, 7] as const };
      const y = addConv2d(graph, 'y', conv, x);
      graph.output(y.name, ['N', 6, 'H', 'W']);
      const images = randn([2, 9, 7, 4], new Random(1));
      const want = channelsFirst(noGrad(() => conv.call(images)).value);
      expect(y.size).to.deep.equal(want.shape.slice(2));
      const got = evaluateOnnx(readOnnx(graph.encode()), channelsFirst(images));
      expectClose(got, want, 1e-5, JSON.stringify({ padding, dilation }));
    }
  });

  it('writes what the model does in evaluation, in whatever mode it is, and leaves it so', () => {
    const before = exportOnnx(model);
    expect(exportOnnx(model.train())).to.deep.equal(before);
    expect(model.training).to.equal(true);
    model.eval();
  });

  it('has the nodes of its blocks: none for SiLU, dropout or stochastic depth', () => {
    const shared = ['Conv', 'GlobalAveragePool', 'Flatten', 'Gemm', 'Add'];
    expect([...opsOf(file)].sort()).to.deep.equal([...shared, 'Mul', 'Sigmoid'].sort());
    const lite = readOnnx(exportOnnx(smallLite({})));
    expect([...opsOf(lite)].sort()).to.deep.equal([...shared, 'Clip'].sort());
  });

  it('refuses models without weights, and sizes that are none', () => {
    const shapes = meta(() => EfficientNet.fromName('l2'));
    expect(() => exportOnnx(shapes)).to.throw(TypeError, 'exportOnnx: the model has shapes but no weights');
    for (const imageSize of [0, 2.5, NaN]) {
      expect(() => exportOnnx(model, { imageSize })).to.throw(RangeError, 'imageSize is a whole number >= 1');
    }
    expect(() => exportOnnx(model, { imageSize: [32, -1] })).to.throw(RangeError, 'got [32,-1]');
  });
});
