/**
 * A network as an ONNX file: protocol buffers by hand, as far as these few messages need them. Field numbers are
 * those of onnx.proto3; comments name the fields.
 * Sources: protobuf.dev/programming-guides/encoding; github.com/onnx/onnx, onnx/onnx.proto3 (IR version 8, operator
 * set 13).
 */
import { outputChannelsFirst } from './network.js';
import type { Layer, Network } from './network.js';

type Bytes = Uint8Array<ArrayBuffer>;

const [VARINT, LENGTH_DELIMITED] = [0, 2];

/** Seven bits a byte, lowest first, the top bit set on all but the last. */
function varint(n: number): number[] {
  const bytes: number[] = [];
  let rest = n;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const key = (field: number, type: number): number[] => varint(field * 8 + type);
const int = (field: number, value: number): Bytes => Uint8Array.from([...key(field, VARINT), ...varint(value)]);
const bytes = (field: number, value: Uint8Array): Bytes =>
  concat([Uint8Array.from([...key(field, LENGTH_DELIMITED), ...varint(value.length)]), value]);
const text = (field: number, value: string): Bytes => bytes(field, new TextEncoder().encode(value));
const message = (field: number, ...parts: readonly Uint8Array[]): Bytes => bytes(field, concat(parts));

/** AttributeProto: name 1, i 3, ints 8, type 20 (2 INT, 7 INTS). A field of NodeProto: attribute 5. */
const attribute = (name: string, value: number | readonly number[]): Bytes =>
  typeof value === 'number'
    ? message(5, text(1, name), int(3, value), int(20, 2))
    : message(5, text(1, name), ...value.map((item) => int(8, item)), int(20, 7));

/** NodeProto: input 1, output 2, op_type 4, attribute 5. A field of GraphProto: node 1. */
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Bytes =>
  message(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );

/**
 * TensorProto: dims 1, data_type 2 (1 FLOAT), name 8, raw_data 9 (little-endian). A field of GraphProto: initializer
 * 5.
 */
const initializer = (name: string, shape: readonly number[], values: Float32Array): Bytes =>
  message(
    5,
    ...shape.map((length) => int(1, length)),
    int(2, 1),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } }. */
const valueInfo = (field: number, name: string, shape: readonly number[]): Bytes =>
  message(
    field,
    text(1, name),
    message(2, message(1, int(1, 1), message(2, ...shape.map((length) => message(1, int(1, length)))))),
  );

/** The layer's nodes and weights; ONNX has no SiLU, which is x · Sigmoid(x). */
function encodeLayer(layer: Layer): Bytes[] {
  switch (layer.op) {
    case 'conv': {
      const { input, output, weight, weightShape, bias, stride, pads, groups, activation } = layer;
      const [kH, kW, C, O] = weightShape;
      const linear = activation === 'none' ? output : `${output}.linear`;
      const attributes = { kernel_shape: [kH, kW], strides: [stride, stride], pads, group: groups };
      return [
        initializer(`${output}.weight`, [O, C, kH, kW], outputChannelsFirst(weight, weightShape)),
        initializer(`${output}.bias`, [O], bias),
        node('Conv', [input, `${output}.weight`, `${output}.bias`], linear, attributes),
        ...(activation === 'sigmoid' ? [node('Sigmoid', [linear], output)] : []),
        ...(activation === 'silu'
          ? [node('Sigmoid', [linear], `${output}.gate`), node('Mul', [linear, `${output}.gate`], output)]
          : []),
      ];
    }
    case 'mean':
      return [node('GlobalAveragePool', [layer.input], layer.output)];
    case 'scale':
      return [node('Mul', [layer.input, layer.scale], layer.output)];
    case 'add':
      return [node('Add', [layer.input, layer.other], layer.output)];
    case 'linear': {
      const { input, output, weight, weightShape, bias } = layer;
      return [
        initializer(`${output}.weight`, weightShape, weight),
        initializer(`${output}.bias`, [weightShape[1]], bias),
        node('Flatten', [input], `${output}.flat`, { axis: 1 }),
        node('Gemm', [`${output}.flat`, `${output}.weight`, `${output}.bias`], output),
      ];
    }
  }
}

/**
 * ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 { version 2 }.
 * GraphProto: node 1, name 2, initializer 5, input 11, output 12. Images `[N,3,size,size]` → logits `[N,classes]`.
 */
export function encodeOnnx({ input, output, classes, layers }: Network, batch: number, size: number): Bytes {
  const graph = [
    ...layers.flatMap(encodeLayer),
    text(2, 'network'),
    valueInfo(11, input, [batch, 3, size, size]),
    valueInfo(12, output, [batch, classes]),
  ];
  return concat([int(1, 8), text(2, 'vitrine'), message(7, ...graph), message(8, int(2, 13))]);
}
