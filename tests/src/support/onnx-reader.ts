/**
 * ONNX files undone: protocol buffers, and the messages of onnx.proto3 that a network needs. Shares nothing with the
 * code that writes them.
 */

interface FieldValue {
  readonly field: number;
  /** A varint, as it stands for 64 bits; or four bytes; or so many bytes as its length says. */
  readonly value: bigint | Uint8Array;
}

/** The fields of a message, in order. Throws if they do not end where it ends. */
export function fieldsOf(message: Uint8Array): FieldValue[] {
  const fields: FieldValue[] = [];
  let at = 0;
  const varint = (): bigint => {
    for (let [value, shift] = [0n, 0n]; ; shift += 7n) {
      if (at >= message.length) throw new Error('onnx-reader: a varint runs past the end of its message');
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new Error('onnx-reader: a field runs past the end of its message');
    return message.subarray(at, (at += length));
  };
  while (at < message.length) {
    const key = Number(varint());
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) fields.push({ field, value: varint() });
    else if (type === 2) fields.push({ field, value: take(Number(varint())) });
    else if (type === 5) fields.push({ field, value: take(4) });
    else throw new Error(`onnx-reader: field ${field} has wire type ${type}`);
  }
  return fields;
}

const messages = (of: Uint8Array, field: number): Uint8Array[] =>
  fieldsOf(of).flatMap(({ field: found, value }) => (found === field && typeof value !== 'bigint' ? [value] : []));
const integers = (of: Uint8Array, field: number): number[] =>
  fieldsOf(of).flatMap(({ field: found, value }) =>
    (found === field && typeof value === 'bigint' ? [Number(BigInt.asIntN(64, value))] : []));
const texts = (of: Uint8Array, field: number): string[] =>
  messages(of, field).map((bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

export type AttributeValue = number | string | readonly number[];

export interface ValueInfo {
  readonly name: string;
  /** 1 is float32. */
  readonly type: number;
  readonly dims: readonly (number | string)[];
}

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

export interface OnnxWeight {
  readonly shape: readonly number[];
  readonly type: number;
  readonly data: Float32Array;
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: readonly number[];
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly OnnxNode[];
  readonly weights: ReadonlyMap<string, OnnxWeight>;
}

function attribute(bytes: Uint8Array): [string, AttributeValue] {
  const [name] = texts(bytes, 1);
  const [type] = integers(bytes, 20);
  switch (type) {
    case 1: return [name, floats(messages(bytes, 2)[0])[0]];
    case 2: return [name, integers(bytes, 3)[0]];
    case 3: return [name, texts(bytes, 4)[0]];
    case 7: return [name, integers(bytes, 8)];
    default: throw new Error(`onnx-reader: attribute ${name} has type ${type}`);
  }
}

function valueInfo(bytes: Uint8Array): ValueInfo {
  const [tensor] = messages(messages(bytes, 2)[0], 1);
  const dims = messages(messages(tensor, 2)[0], 1).map((dim) => texts(dim, 2)[0] ?? integers(dim, 1)[0]);
  return { name: texts(bytes, 1)[0], type: integers(tensor, 1)[0], dims };
}

/** Reads a file. The numbers of the fields are those of onnx.proto3. */
export function readOnnx(file: Uint8Array): OnnxModel {
  const [graph] = messages(file, 7);
  return {
    irVersion: integers(file, 1)[0],
    producer: texts(file, 2)[0],
    opsets: messages(file, 8).flatMap((bytes) => integers(bytes, 2)),
    name: texts(graph, 2)[0],
    inputs: messages(graph, 11).map(valueInfo),
    outputs: messages(graph, 12).map(valueInfo),
    nodes: messages(graph, 1).map((bytes) => ({
      op: texts(bytes, 4)[0],
      name: texts(bytes, 3)[0],
      inputs: texts(bytes, 1),
      output: texts(bytes, 2)[0],
      attributes: new Map(messages(bytes, 5).map(attribute)),
    })),
    weights: new Map(messages(graph, 5).map((bytes) => [
      texts(bytes, 8)[0],
      { shape: integers(bytes, 1), type: integers(bytes, 2)[0], data: floats(messages(bytes, 9)[0]) },
    ])),
  };
}
