/**
 * Runs an ONNX graph, in float64 and plain loops: each operator as its definition in onnx's docs/Operators.md has it,
 * for the attributes that occur. What is not implemented is refused, and so is an attribute that nobody reads.
 */
import { build, sizeOf } from './dense.js';
import type { Dense } from './dense.js';
import type { AttributeValue, OnnxModel, OnnxNode } from './onnx-reader.js';

/** Reads a node's attributes, and knows which were not read. */
class Attributes {
  private readonly unread: Set<string>;

  constructor(private readonly node: OnnxNode) {
    this.unread = new Set(node.attributes.keys());
  }

  private get(name: string): AttributeValue | undefined {
    this.unread.delete(name);
    return this.node.attributes.get(name);
  }

  number(name: string, otherwise: number): number {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== 'number') throw new Error(`${this.node.op}: ${name} is ${String(value)}`);
    return value;
  }

  numbers(name: string, otherwise: readonly number[]): readonly number[] {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== 'object') throw new Error(`${this.node.op}: ${name} is ${String(value)}`);
    return value;
  }

  text(name: string, otherwise: string): string {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== 'string') throw new Error(`${this.node.op}: ${name} is ${String(value)}`);
    return value;
  }

  done(): void {
    if (this.unread.size > 0) throw new Error(`onnx-evaluator: ${this.node.op} has ${[...this.unread].join(', ')}`);
  }
}

const map = ({ shape, data }: Dense, f: (x: number) => number): Dense =>
  ({ shape, data: Float64Array.from(data, (x) => f(x)) });

/** NumPy's broadcasting, for operands of the same rank. */
function broadcast(a: Dense, b: Dense, f: (x: number, y: number) => number): Dense {
  if (a.shape.length !== b.shape.length) throw new Error('onnx-evaluator: operands differ in rank');
  const at = ({ shape, data }: Dense, index: readonly number[]): number =>
    data[shape.reduce((flat, n, axis) => flat * n + (n === 1 ? 0 : index[axis]), 0)];
  return build(a.shape.map((n, axis) => Math.max(n, b.shape[axis])), (index) => f(at(a, index), at(b, index)));
}

/** Zeros before and after one axis, and how many windows there are. */
function windows(
  length: number, span: number, stride: number, autoPad: string, pads: readonly [number, number],
): readonly [before: number, count: number] {
  if (autoPad === 'NOTSET') return [pads[0], Math.floor((length + pads[0] + pads[1] - span) / stride) + 1];
  if (autoPad !== 'SAME_UPPER') throw new Error(`onnx-evaluator: auto_pad ${autoPad}`);
  const count = Math.ceil(length / stride);
  const total = (count - 1) * stride + span - length;
  if (total < 0) throw new Error('onnx-evaluator: SAME_UPPER with negative padding is not defined');
  return [Math.floor(total / 2), count];
}

/** x `[N,C,H,W]`, w `[O,C/group,kH,kW]`, b `[O]` → `[N,O,outH,outW]`. */
function conv(attributes: Attributes, x: Dense, w: Dense, b: Dense | undefined): Dense {
  const [N, C, H, W] = x.shape;
  const [O, perGroup, kH, kW] = w.shape;
  const [strideH, strideW] = attributes.numbers('strides', [1, 1]);
  const [stepH, stepW] = attributes.numbers('dilations', [1, 1]);
  const autoPad = attributes.text('auto_pad', 'NOTSET');
  const [padTop, padLeft, padBottom, padRight] = attributes.numbers('pads', [0, 0, 0, 0]);
  const groups = attributes.number('group', 1);
  if (attributes.numbers('kernel_shape', [kH, kW]).join() !== [kH, kW].join()) throw new Error('Conv: kernel_shape');
  if (C !== perGroup * groups || O % groups !== 0) throw new Error(`Conv: ${C} and ${O} channels, ${groups} groups`);
  const [top, outH] = windows(H, (kH - 1) * stepH + 1, strideH, autoPad, [padTop, padBottom]);
  const [left, outW] = windows(W, (kW - 1) * stepW + 1, strideW, autoPad, [padLeft, padRight]);
  const out = new Float64Array(N * O * outH * outW);
  let at = 0;
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      const firstChannel = Math.floor(o / (O / groups)) * perGroup;
      for (let i = 0; i < outH; i++) {
        for (let j = 0; j < outW; j++, at++) {
          let sum = b === undefined ? 0 : b.data[o];
          for (let c = 0; c < perGroup; c++) {
            for (let r = 0; r < kH; r++) {
              const y = i * strideH - top + r * stepH;
              if (y < 0 || y >= H) continue;
              for (let s = 0; s < kW; s++) {
                const z = j * strideW - left + s * stepW;
                if (z < 0 || z >= W) continue;
                sum += x.data[((n * C + firstChannel + c) * H + y) * W + z]
                  * w.data[((o * perGroup + c) * kH + r) * kW + s];
              }
            }
          }
          out[at] = sum;
        }
      }
    }
  }
  return { shape: [N, O, outH, outW], data: out };
}

/** (x − mean)/√(variance + epsilon)·scale + bias, by channel of `[N,C,H,W]`. */
function batchNormalization(attributes: Attributes, [x, scale, bias, mean, variance]: readonly Dense[]): Dense {
  const epsilon = attributes.number('epsilon', 1e-5);
  const [, C, H, W] = x.shape;
  return {
    shape: x.shape,
    data: Float64Array.from(x.data, (value, i) => {
      const c = Math.floor(i / (H * W)) % C;
      return ((value - mean.data[c]) / Math.sqrt(variance.data[c] + epsilon)) * scale.data[c] + bias.data[c];
    }),
  };
}

const globalAveragePool = ({ shape: [N, C, H, W], data }: Dense): Dense => build([N, C, 1, 1], ([n, c]) => {
  let sum = 0;
  for (let i = 0; i < H * W; i++) sum += data[(n * C + c) * H * W + i];
  return sum / (H * W);
});

/** a `[M,K]`, b `[K,N]`, c `[N]` → a·b + c. */
function gemm(a: Dense, b: Dense, c: Dense | undefined): Dense {
  const [M, K] = a.shape;
  const [rows, N] = b.shape;
  if (K !== rows) throw new Error(`Gemm: [${a.shape.join()}] · [${b.shape.join()}]`);
  return build([M, N], ([m, n]) => {
    let sum = c === undefined ? 0 : c.data[n];
    for (let k = 0; k < K; k++) sum += a.data[m * K + k] * b.data[k * N + n];
    return sum;
  });
}

function apply(op: string, attributes: Attributes, inputs: readonly Dense[]): Dense {
  const [x, y, z] = inputs;
  switch (op) {
    case 'Conv': return conv(attributes, x, y, z);
    case 'BatchNormalization': return batchNormalization(attributes, inputs);
    case 'Sigmoid': return map(x, (value) => 1 / (1 + Math.exp(-value)));
    case 'Clip': return map(x, (value) => Math.min(Math.max(value, y.data[0]), z.data[0]));
    case 'Mul': return broadcast(x, y, (p, q) => p * q);
    case 'Add': return broadcast(x, y, (p, q) => p + q);
    case 'GlobalAveragePool': return globalAveragePool(x);
    case 'Gemm': return gemm(x, y, z);
    case 'Flatten': {
      const axis = attributes.number('axis', 1);
      return { shape: [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))], data: x.data };
    }
    default: throw new Error(`onnx-evaluator: operator ${op}`);
  }
}

/** Runs the graph on one input and returns its one output. Throws if a value is read that is not there. */
export function evaluateOnnx({ inputs, outputs, nodes, weights }: OnnxModel, input: Dense): Dense {
  const [declared, ...more] = inputs;
  if (more.length > 0 || outputs.length !== 1) throw new Error('onnx-evaluator: one input and one output');
  declared.dims.forEach((dim, axis) => {
    if (typeof dim === 'number' && dim !== input.shape[axis]) throw new Error(`onnx-evaluator: axis ${axis} is ${dim}`);
  });
  const values = new Map<string, Dense>([...weights, [declared.name, input]]);
  const valueOf = (name: string): Dense => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`onnx-evaluator: nothing has made ${name}`);
    return value;
  };
  for (const node of nodes) {
    const attributes = new Attributes(node);
    values.set(node.output, apply(node.op, attributes, node.inputs.map(valueOf)));
    attributes.done();
  }
  return valueOf(outputs[0].name);
}
