/**
 * What file formats read and write: an element type, a shape, and elements in C order (last axis fastest).
 * No tensors here: the bytes of a file on one side, typed arrays on the other.
 *
 * Files are little-endian and so, it is assumed, is the machine: elements are read in place, not byte by byte.
 */
import { checkShape, formatShape, sizeOf, type Shape } from '../shape.js';

/** Element types a file may hold, by their safetensors names. F16 is IEEE binary16, BF16 the upper half of an F32. */
export type DType =
  | 'F16' | 'BF16' | 'F32' | 'F64'
  | 'I8' | 'U8' | 'I16' | 'U16' | 'I32' | 'U32' | 'I64' | 'U64'
  | 'BOOL';

/**
 * The typed array that holds each element type in memory. JavaScript computes neither with 16-bit floats nor, as
 * numbers, with 64-bit integers: F16 and BF16 become F32, which is exact; I64 and U64 are kept as float64, exact up
 * to 2^53 − 1 and refused beyond. BOOL is one byte, 0 or 1.
 */
export interface Elements {
  F32: Float32Array;
  F64: Float64Array;
  I8: Int8Array;
  U8: Uint8Array;
  I16: Int16Array;
  U16: Uint16Array;
  I32: Int32Array;
  U32: Uint32Array;
  I64: Float64Array;
  U64: Float64Array;
  BOOL: Uint8Array;
}

/** An array in memory: `data` holds Π shape elements in C order, in the typed array that belongs to `dtype`. */
export type RawArray = {
  [D in keyof Elements]: { readonly dtype: D; readonly shape: Shape; readonly data: Elements[D] };
}[keyof Elements];

/** Bytes an element takes in a file. */
export const elementBytes: Readonly<Record<DType, number>> = {
  F16: 2, BF16: 2, F32: 4, F64: 8, I8: 1, U8: 1, I16: 2, U16: 2, I32: 4, U32: 4, I64: 8, U64: 8, BOOL: 1,
};

export const isDType = (name: string): name is DType => Object.hasOwn(elementBytes, name);

const arrayTypes: Readonly<{ [D in keyof Elements]: new (length: number) => Elements[D] }> = {
  F32: Float32Array, F64: Float64Array, I8: Int8Array, U8: Uint8Array, I16: Int16Array, U16: Uint16Array,
  I32: Int32Array, U32: Uint32Array, I64: Float64Array, U64: Float64Array, BOOL: Uint8Array,
};

/** Axes a file's array may have: as many as NumPy allows. It also bounds the work a hostile header can ask for. */
const maxRank = 64;

/** Bytes that `shape` takes in a file. Throws on a bad axis length, more than 64 axes, or more than 2^53 − 1 bytes. */
export function byteLengthOf(where: string, dtype: DType, shape: Shape): number {
  if (shape.length > maxRank) throw new Error(`${where}: shape has ${shape.length} axes; at most ${maxRank} are read`);
  checkShape(where, shape);
  const bytes = sizeOf(shape) * elementBytes[dtype];
  if (!Number.isSafeInteger(bytes)) throw new Error(`${where}: ${dtype} ${formatShape(shape)} takes over 2^53 bytes`);
  return bytes;
}

/**
 * The array whose elements stand in `bytes`, little-endian, C order.
 * Where memory alignment allows and the type stays the same, `data` is a view of `bytes`: it keeps the file's bytes
 * alive and shows later changes to them. Otherwise it is a copy.
 * Throws when `bytes` is not exactly as long as dtype × shape, when a 64-bit integer is beyond ±(2^53 − 1), and when
 * a BOOL is neither 0 nor 1. `where` begins each message.
 */
export function decodeArray(where: string, dtype: DType, shape: Shape, bytes: Uint8Array): RawArray {
  const expected = byteLengthOf(where, dtype, shape);
  if (bytes.length !== expected) {
    throw new Error(`${where}: ${dtype} ${formatShape(shape)} takes ${expected} bytes; found ${bytes.length}`);
  }
  const count = sizeOf(shape);
  const { buffer, byteOffset } = bytes.byteOffset % elementBytes[dtype] === 0 ? bytes : new Uint8Array(bytes);
  switch (dtype) {
    case 'F16': return { dtype: 'F32', shape, data: fromFloat16(new Uint16Array(buffer, byteOffset, count)) };
    case 'BF16': return { dtype: 'F32', shape, data: fromBfloat16(new Uint16Array(buffer, byteOffset, count)) };
    case 'F32': return { dtype, shape, data: new Float32Array(buffer, byteOffset, count) };
    case 'F64': return { dtype, shape, data: new Float64Array(buffer, byteOffset, count) };
    case 'I8': return { dtype, shape, data: new Int8Array(buffer, byteOffset, count) };
    case 'U8': return { dtype, shape, data: new Uint8Array(buffer, byteOffset, count) };
    case 'I16': return { dtype, shape, data: new Int16Array(buffer, byteOffset, count) };
    case 'U16': return { dtype, shape, data: new Uint16Array(buffer, byteOffset, count) };
    case 'I32': return { dtype, shape, data: new Int32Array(buffer, byteOffset, count) };
    case 'U32': return { dtype, shape, data: new Uint32Array(buffer, byteOffset, count) };
    case 'I64': return { dtype, shape, data: fromBigInts(where, new BigInt64Array(buffer, byteOffset, count)) };
    case 'U64': return { dtype, shape, data: fromBigInts(where, new BigUint64Array(buffer, byteOffset, count)) };
    case 'BOOL': return { dtype, shape, data: checkBooleans(where, new Uint8Array(buffer, byteOffset, count)) };
  }
}

/**
 * The bytes of an array as files hold them: little-endian, C order. A view of `data` except for I64 and U64.
 * Throws when `data` is not the typed array of its dtype or not Π shape long, when an I64 or U64 is not a whole number
 * up to 2^53 − 1 (U64: from 0), and when a BOOL is neither 0 nor 1.
 */
export function encodeArray(where: string, array: RawArray): Uint8Array {
  const { dtype, shape, data } = array;
  if (!Object.hasOwn(arrayTypes, dtype)) {
    const known = Object.keys(arrayTypes).join(', ');
    throw new Error(`${where}: dtype ${String(dtype)} cannot be written; expected one of ${known}`);
  }
  if (!(data instanceof arrayTypes[dtype])) {
    throw new Error(`${where}: ${dtype} elements belong in a ${arrayTypes[dtype].name}; found ${typeName(data)}`);
  }
  byteLengthOf(where, dtype, shape);
  if (data.length !== sizeOf(shape)) {
    throw new Error(`${where}: shape ${formatShape(shape)} has ${sizeOf(shape)} elements; data has ${data.length}`);
  }
  if (dtype === 'BOOL') checkBooleans(where, data);
  if (dtype !== 'I64' && dtype !== 'U64') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const least = dtype === 'U64' ? 0 : Number.MIN_SAFE_INTEGER;
  const words = dtype === 'U64' ? new BigUint64Array(data.length) : new BigInt64Array(data.length);
  for (const [i, value] of data.entries()) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new Error(`${where}: element ${i} is ${value}; ${dtype} takes whole numbers from ${least} to 2^53 − 1`);
    }
    words[i] = BigInt(value);
  }
  return new Uint8Array(words.buffer);
}

const typeName = (value: unknown): string =>
  typeof value === 'object' && value !== null ? value.constructor.name : typeof value;

/** 2^(max(e,1) − 25) for each exponent field e of a binary16: what one step of the fraction is worth. */
const float16Steps = Float64Array.from({ length: 31 }, (_, e) => 2 ** (Math.max(e, 1) - 25));

/**
 * IEEE 754 binary16: sign 1 bit, exponent e 5 bits, fraction f 10 bits. e = 31: infinity or NaN; e = 0: zero and
 * subnormals ±f·2⁻²⁴; else ±(1024 + f)·2^(e − 25). Every value is a float32.
 */
function fromFloat16(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = halves[i] >> 15 ? -1 : 1;
    const e = (halves[i] >> 10) & 31;
    const f = halves[i] & 1023;
    if (e === 31) out[i] = f === 0 ? sign * Infinity : NaN;
    else out[i] = sign * (e === 0 ? f : 1024 + f) * float16Steps[e];
  }
  return out;
}

/** bfloat16 is the upper half of a float32: the lower half is zero. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

function fromBigInts(where: string, words: BigInt64Array | BigUint64Array): Float64Array {
  const out = new Float64Array(words.length);
  for (let i = 0; i < words.length; i++) {
    out[i] = Number(words[i]);
    // Rounding never brings an inexact value back inside the safe range.
    if (!Number.isSafeInteger(out[i])) {
      throw new Error(`${where}: element ${i} is ${words[i]}; only whole numbers up to 2^53 − 1 are exact in float64`);
    }
  }
  return out;
}

function checkBooleans(where: string, bytes: Uint8Array): Uint8Array {
  const bad = bytes.findIndex((byte) => byte > 1);
  if (bad >= 0) throw new Error(`${where}: element ${bad} is ${bytes[bad]}; a BOOL is 0 or 1`);
  return bytes;
}

/** The bytes of a strided view, in reading order: elements of `width` bytes, offset and strides in elements. */
export function gather(
  bytes: Uint8Array, width: number, offset: number, shape: Shape, strides: readonly number[],
): Uint8Array {
  const out = new Uint8Array(width * sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0, from = offset; to < out.length; to += width) {
    for (let b = 0; b < width; b++) out[to + b] = bytes[width * from + b];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
