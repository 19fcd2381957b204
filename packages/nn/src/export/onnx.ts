/**
 * ONNX: a network as a graph that other programs run. Nodes have operators of ONNX's own list and read and make values
 * by name; weights are values with a content, the initializers.
 *
 * The numbers of the fields below are those of onnx.proto3, and comments name the fields.
 * Source: github.com/onnx/onnx, onnx/onnx.proto3; docs/Operators.md for the operators.
 */
import { formatShape, sizeOf } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { bytes, float, integer, join, message, sequence, text } from './protobuf.js';
import type { Fields } from './protobuf.js';

/** Version of the file format: onnx 1.12 and later read it. */
export const ONNX_IR_VERSION = 8;
/** Version of the operators' meaning. */
export const ONNX_OPSET = 17;
/** The longest message that readers of protocol buffers take: 2 GiB less one byte. */
const MAX_BYTES = 2 ** 31 - 1;

/** Room for versions, producer, and lengths around the graph. */
const HEADER_BYTES = 64;

/** Length of an axis: a number, or a name for one that every run may choose. */
export type OnnxDim = number | string;

/** A node's attribute, by its kind. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

/** TensorProto.DataType: FLOAT. */
const FLOAT = 1;

/** AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20 (1 FLOAT, 2 INT, 3 STRING, 7 INTS). */
function attributeFields(name: string, value: OnnxAttribute): Fields {
  const typed = (type: number, ...content: readonly Fields[]): Fields =>
    sequence([text(1, name), ...content, integer(20, type)]);
  if ('float' in value) return typed(1, float(2, value.float));
  if ('int' in value) return typed(2, integer(3, value.int));
  if ('text' in value) return typed(3, text(4, value.text));
  return typed(7, ...value.ints.map((item) => integer(8, item)));
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1, dim_param 2 } } } }. */
function valueInfoFields(name: string, dims: readonly OnnxDim[]): Fields {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)));
  return sequence([text(1, name), message(2, message(1, integer(1, FLOAT), message(2, ...shape)))]);
}

/**
 * A graph under construction. Values are float32 and have unique names; a node may read what is there already, so that
 * the order of the calls is an order in which the graph can be run, as ONNX requires.
 *
 *     const graph = new OnnxGraph('double');
 *     const two = graph.initializer('two', [], Float32Array.of(2));
 *     graph.output(graph.node('Mul', [graph.input('x', ['N', 3]), two], 'y'), ['N', 3]);
 *     const file = graph.encode();
 *
 * Throws an Error for a name that is taken or unknown, and a RangeError when more than 2 GiB have come together.
 */
export class OnnxGraph {
  private readonly names = new Set<string>();
  private readonly inputs: Fields[] = [];
  private readonly outputs: Fields[] = [];
  private readonly initializers: Fields[] = [];
  private readonly nodes: Fields[] = [];
  private length = 0;

  constructor(readonly name: string) {}

  /** Declares a value that a run is given. Returns its name. */
  input(name: string, dims: readonly OnnxDim[]): string {
    this.define(name);
    this.add(this.inputs, message(11, valueInfoFields(name, dims)), name); // GraphProto.input
    return name;
  }

  /** Adds a constant. The values are read when the file is encoded. Returns its name. */
  initializer(name: string, shape: Shape, values: Float32Array): string {
    if (sizeOf(shape) !== values.length) {
      const wanted = `${formatShape(shape)}, ${sizeOf(shape)} elements`;
      throw new RangeError(`OnnxGraph.initializer: '${name}' is ${wanted}; got ${values.length}`);
    }
    this.define(name);
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength); // little-endian, as the heap is
    // TensorProto: dims 1, data_type 2, name 8, raw_data 9. GraphProto.initializer is 5.
    const dims = shape.map((length) => integer(1, length));
    this.add(this.initializers, message(5, ...dims, integer(2, FLOAT), text(8, name), bytes(9, raw)), name);
    return name;
  }

  /** Adds an operation with one output. Returns the output's name, which is the node's as well. */
  node(
    op: string, inputs: readonly string[], output: string, attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    for (const input of inputs) this.require(`node ${op}`, input);
    this.define(output);
    // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. GraphProto.node is 1.
    this.add(this.nodes, message(
      1,
      ...inputs.map((input) => text(1, input)),
      text(2, output),
      text(3, output),
      text(4, op),
      ...Object.entries(attributes).map(([name, value]) => message(5, attributeFields(name, value))),
    ), output);
    return output;
  }

  /** Declares a value that a run returns. */
  output(name: string, dims: readonly OnnxDim[]): void {
    this.require('output', name);
    this.add(this.outputs, message(12, valueInfoFields(name, dims)), name); // GraphProto.output
  }

  /**
   * The file. ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 { version 2 }.
   * GraphProto: node 1, name 2, initializer 5, input 11, output 12.
   */
  encode(): Uint8Array<ArrayBuffer> {
    const graph = [...this.nodes, text(2, this.name), ...this.initializers, ...this.inputs, ...this.outputs];
    const opset = message(8, integer(2, ONNX_OPSET));
    return join([integer(1, ONNX_IR_VERSION), text(2, 'vitrine'), message(7, ...graph), opset]);
  }

  private define(name: string): void {
    if (this.names.has(name)) throw new Error(`OnnxGraph: two values are named '${name}'; names are unique`);
    this.names.add(name);
  }

  private require(what: string, name: string): void {
    if (!this.names.has(name)) throw new Error(`OnnxGraph: ${what} reads '${name}', which nothing before it makes`);
  }

  private add(list: Fields[], fields: Fields, name: string): void {
    this.length += fields.length;
    if (this.length > MAX_BYTES - HEADER_BYTES - this.name.length * 3) {
      throw new RangeError(
        `OnnxGraph: with '${name}' the file of '${this.name}' exceeds 2 GiB, which is as much as one ONNX file holds; `
          + 'save the weights as safetensors instead',
      );
    }
    list.push(fields);
  }
}

