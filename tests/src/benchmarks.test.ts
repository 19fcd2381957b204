/** What the benchmarks' figures rest on: their statistics, and the file that hands a network to other frameworks. */
import { EfficientNet, MBConv } from '@vitrine/efficientnet';
import { Conv2d, foldBatchNorm } from '@vitrine/nn';
import { Random, manualSeed } from '@vitrine/tensor';
import { expect } from 'chai';
import { channelsFirst, networkOf, outputChannelsFirst } from '../../benchmarks/dist/export/network.js';
import { encodeOnnx } from '../../benchmarks/dist/export/onnx.js';
import { adjustForMany, mannWhitney, median, quantile, spread } from '../../benchmarks/dist/harness/stats.js';

describe('benchmarks: statistics', () => {
  it('quantiles lie on straight lines between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0)).to.equal(1);
    expect(quantile([4, 1, 3, 2], 1)).to.equal(4);
    expect(quantile([40, 10, 30, 20], 0.25)).to.equal(17.5);
    expect(median([5, 1, 9])).to.equal(5);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(median([7])).to.equal(7);
    expect(spread([10, 20, 30, 40, 50])).to.be.closeTo(20 / 30, 1e-15);
    expect(() => median([])).to.throw(RangeError, 'no samples');
  });

  /** Every way of choosing n of the values. */
  function* choices(values: readonly number[], n: number): Generator<readonly [readonly number[], readonly number[]]> {
    for (let mask = 0; mask < 2 ** values.length; mask++) {
      const side = (bit: number): number[] => values.filter((_, i) => ((mask >> i) & 1) === bit);
      const chosen = side(1);
      if (chosen.length === n) yield [chosen, side(0)];
    }
  }

  /** How far U is from what chance expects. */
  function distance(a: readonly number[], b: readonly number[]): number {
    const wins = a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
    return Math.abs(wins.reduce<number>((sum, win) => sum + win, 0) - (a.length * b.length) / 2);
  }

  /** The meaning of p: among all ways to deal the values out, the share that is at least as far from chance. */
  function bruteForce(a: readonly number[], b: readonly number[]): number {
    const seen = distance(a, b);
    const all = Array.from(choices([...a, ...b], a.length), ([x, y]) => distance(x, y));
    return all.filter((other) => other >= seen).length / all.length;
  }

  for (const [n, m] of [[1, 1], [1, 5], [3, 3], [4, 5], [6, 3], [5, 7]]) {
    it(`Mann-Whitney is exact for ${n} and ${m} samples without ties`, () => {
      const random = new Random(n * 10 + m);
      for (let trial = 0; trial < 8; trial++) {
        const a = Array.from({ length: n }, () => random.uniform() + trial / 10);
        const b = Array.from({ length: m }, () => random.uniform());
        expect(mannWhitney(a, b)).to.be.closeTo(bruteForce(a, b), 1e-12);
      }
    });
  }

  it('Mann-Whitney is near with ties, where it takes the normal distribution', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 12; trial++) {
      const a = Array.from({ length: 7 }, () => Math.floor(6 * random.uniform()) + (trial % 4));
      const b = Array.from({ length: 8 }, () => Math.floor(6 * random.uniform()));
      expect(mannWhitney(a, b)).to.be.closeTo(bruteForce(a, b), 0.03);
    }
  });

  it('Mann-Whitney by the normal distribution is near the count where both can be had', () => {
    const random = new Random(6);
    for (const shift of [0, 0.1, 0.2, 0.3]) {
      const a = Array.from({ length: 29 }, () => random.uniform() + shift);
      const b = Array.from({ length: 31 }, () => random.uniform());
      const counted = mannWhitney(a, b);
      // A tie within one side, of neighbours with none of the other between them, leaves U as it is.
      const sorted = [...a].sort((x, y) => x - y);
      const i = sorted.findIndex((x, k) => k > 0 && !b.some((y) => y > sorted[k - 1] && y < x));
      const approximated = mannWhitney(sorted.with(i, sorted[i - 1]), b);
      expect(approximated).to.not.equal(counted);
      expect(approximated).to.be.closeTo(counted, 0.003); // what leaving out the kurtosis of U, −0.06, makes at most
    }
  });

  it('Mann-Whitney: identical samples say nothing, none are refused', () => {
    expect(mannWhitney([3, 3, 3], [3, 3])).to.equal(1);
    expect(() => mannWhitney([], [1])).to.throw(RangeError, 'both sides need samples');
  });

  it('many tests: what is significant after adjusting is what the step-up procedure rejects', () => {
    const random = new Random(8);
    for (let trial = 0; trial < 20; trial++) {
      const ps = Array.from({ length: 12 }, () => random.uniform() ** 3);
      const adjusted = adjustForMany(ps);
      for (const alpha of [0.01, 0.05, 0.2]) {
        const sorted = [...ps].sort((x, y) => x - y);
        const last = sorted.findLastIndex((p, i) => p <= ((i + 1) / ps.length) * alpha);
        const rejected = ps.map((p) => last >= 0 && p <= sorted[last]);
        expect(adjusted.map((p) => p <= alpha)).to.deep.equal(rejected);
      }
    }
    expect(adjustForMany([])).to.deep.equal([]);
  });
});

/** A message of protocol buffers, undone: field number to values; numbers for varints, bytes for the rest. */
function fieldsOf(message: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = message[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    expect(type).to.be.oneOf([0, 2]);
    const value = varint();
    const item = type === 0 ? value : message.subarray(at, (at += value));
    fields.set(field, [...(fields.get(field) ?? []), item]);
  }
  expect(at).to.equal(message.length);
  return fields;
}

const messages = (of: Uint8Array, field: number): Uint8Array[] =>
  (fieldsOf(of).get(field) ?? []).filter((item) => item instanceof Uint8Array);
const numbers = (of: Uint8Array, field: number): number[] =>
  (fieldsOf(of).get(field) ?? []).filter((item) => typeof item === 'number');
const texts = (of: Uint8Array, field: number): string[] =>
  messages(of, field).map((bytes) => new TextDecoder().decode(bytes));

/** The numbers of the fields are those of onnx.proto3. */
function decode(file: Uint8Array) {
  const [graph] = messages(file, 7);
  const attribute = (bytes: Uint8Array): readonly [string, number[]] => {
    const [type] = numbers(bytes, 20);
    expect(type).to.be.oneOf([2, 7]);
    return [texts(bytes, 1)[0], numbers(bytes, type === 2 ? 3 : 8)];
  };
  const value = (bytes: Uint8Array) => {
    const [tensor] = messages(messages(bytes, 2)[0], 1);
    return {
      name: texts(bytes, 1)[0],
      type: numbers(tensor, 1)[0],
      shape: messages(messages(tensor, 2)[0], 1).map((dim) => numbers(dim, 1)[0]),
    };
  };
  return {
    irVersion: numbers(file, 1),
    opset: messages(file, 8).flatMap((bytes) => numbers(bytes, 2)),
    inputs: messages(graph, 11).map(value),
    outputs: messages(graph, 12).map(value),
    nodes: messages(graph, 1).map((bytes) => ({
      op: texts(bytes, 4)[0],
      inputs: texts(bytes, 1),
      output: texts(bytes, 2)[0],
      attributes: new Map(messages(bytes, 5).map(attribute)),
    })),
    weights: new Map(
      messages(graph, 5).map((bytes) => [
        texts(bytes, 8)[0],
        { shape: numbers(bytes, 1), type: numbers(bytes, 2)[0], data: messages(bytes, 9)[0] },
      ]),
    ),
  };
}

describe('benchmarks: a network as ONNX', () => {
  manualSeed(3);
  const model = EfficientNet.fromName('small-32', { numClasses: 10 }).eval();
  const network = networkOf(model);
  const onnx = decode(encodeOnnx(network, 5, 32));
  const convs = onnx.nodes.filter(({ op }) => op === 'Conv');

  it('names versions, input and output', () => {
    expect(onnx.irVersion).to.deep.equal([8]);
    expect(onnx.opset).to.deep.equal([13]);
    expect(onnx.inputs).to.deep.equal([{ name: network.input, type: 1, shape: [5, 3, 32, 32] }]);
    expect(onnx.outputs).to.deep.equal([{ name: network.output, type: 1, shape: [5, 10] }]);
  });

  it('every value is made once, and before it is read', () => {
    const known = new Set([...onnx.inputs.map(({ name }) => name), ...onnx.weights.keys()]);
    for (const { op, inputs, output } of onnx.nodes) {
      expect(inputs.filter((name) => !known.has(name)), `${op} ${output}`).to.deep.equal([]);
      expect(known.has(output), output).to.equal(false);
      known.add(output);
    }
    expect(onnx.nodes.at(-1)?.output).to.equal(network.output);
    const read = new Set(onnx.nodes.flatMap(({ inputs }) => inputs));
    expect([...known].filter((name) => !read.has(name))).to.deep.equal([network.output]);
  });

  it('every weight has as many bytes as its shape says, and all are the model\'s', () => {
    let elements = 0;
    for (const [name, { shape, type, data }] of onnx.weights) {
      expect(type).to.equal(1);
      const size = shape.reduce((product, n) => product * n, 1);
      expect(data.length, name).to.equal(4 * size);
      elements += size;
    }
    const modules = [...model.namedModules()].map(([, module]) => module).filter((module) => module instanceof Conv2d);
    const expected = modules.reduce((sum, { weight, outChannels }) => sum + weight.value.size + outChannels, 0);
    expect(elements).to.equal(expected + (model.config.headChannels + 1) * 10);
    expect(convs.length).to.equal(modules.length);
  });

  it('the stem\'s weight has batch norm in it, output channels first', () => {
    const { weight } = foldBatchNorm(model.stem, model.stemNorm);
    const [kH, kW, C, O] = weight.shape;
    const stored = onnx.weights.get(convs[0].inputs[1]);
    expect(stored?.shape).to.deep.equal([O, C, kH, kW]);
    const data = new Float32Array(stored?.data.slice().buffer ?? new ArrayBuffer(0));
    const want = weight.toArray();
    const indices = [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [O - 1, 2, 1, 2]];
    for (const [o, c, y, x] of indices) {
      expect(data[((o * C + c) * kH + y) * kW + x]).to.equal(at(want, [y, x, c, o]));
    }
  });

  it('a convolution says its window, stride, groups and padding', () => {
    const kernels = convs.map(({ inputs }) => onnx.weights.get(inputs[1])?.shape.slice(2));
    expect(convs.map(({ attributes }) => attributes.get('kernel_shape'))).to.deep.equal(kernels);
    expect(convs[0].attributes.get('strides')).to.deep.equal([1, 1]);
    expect(convs[0].attributes.get('pads')).to.deep.equal([1, 1, 1, 1]);
    const halving = convs.filter(({ attributes }) => attributes.get('strides')?.[0] === 2);
    const windows = halving.map(({ attributes }) => [attributes.get('kernel_shape')?.[0], attributes.get('pads')]);
    const same = [[3, [0, 0, 1, 1]], [5, [1, 1, 2, 2]], [3, [0, 0, 1, 1]], [5, [1, 1, 2, 2]]];
    expect(windows, "TensorFlow's 'same'").to.deep.equal(same);
    const depthwise = model.blocks.map((block) => (block instanceof MBConv ? block.depthwise.options.groups : 1));
    expect(convs.map(({ attributes }) => attributes.get('group')?.[0]).filter((groups) => groups !== 1))
      .to.deep.equal(depthwise);
  });

  it('axes change places and no element is lost', () => {
    const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);
    expect([...channelsFirst(count(12), 2, 2, 3)]).to.deep.equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    expect([...outputChannelsFirst(count(12), [1, 2, 3, 2])]).to.deep.equal([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });
});

/** The element of nested arrays at an index an axis. */
function at(nested: unknown, index: readonly number[]): unknown {
  return index.reduce<unknown>((inner, i) => (Array.isArray(inner) ? inner[i] : undefined), nested);
}
